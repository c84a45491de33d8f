"""The order in which a block takes transactions from the pool.

The account whose next transaction tips best comes first, the older of equal ones; the transactions of one
account follow in the order of their nonces. One that is rejected ends its account's turn, since the next
nonces cannot follow without it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence

from pyoprollup.evm.errors import InvalidTransaction, TxFault
from pyoprollup.execution.pool.admission import PooledTransaction
from pyoprollup.execution.pool.config import PoolConfig

__all__ = ["Selection"]

_Entry = tuple[int, int, int]
"""Negative tip, order of arrival, number of the account: smallest first."""


class Selection(Iterator[bytes]):
    """Candidates for one block, best first. Tell of each that was :meth:`rejected` before the next.

    ``runs`` are, for each account, its executable transactions in the order of their nonces;
    ``base_fee`` is the block's, in wei.
    """

    def __init__(
        self, config: PoolConfig, runs: Iterable[Sequence[PooledTransaction]], base_fee: int
    ) -> None:
        self._config = config
        self._base_fee = base_fee
        self._accounts = [run for each in runs if (run := self._includable(each))]
        self._next = [0] * len(self._accounts)
        self._heap = [self._entry(account) for account in range(len(self._accounts))]
        heapq.heapify(self._heap)
        self._current: int | None = None
        self._da_size = 0

    def _includable(self, run: Sequence[PooledTransaction]) -> Sequence[PooledTransaction]:
        """The transactions up to the first that may not be included now."""
        config = self._config
        for index, pooled in enumerate(run):
            too_large = 0 < config.max_da_tx_size < pooled.da_size
            if too_large or pooled.tip(self._base_fee) < config.min_inclusion_tip:
                return run[:index]
        return run

    def _entry(self, account: int) -> _Entry:
        pooled = self._accounts[account][self._next[account]]
        return -pooled.tip(self._base_fee), pooled.sequence, account

    def __next__(self) -> bytes:
        self._settle()
        limit = self._config.max_da_block_size
        while self._heap:
            account = heapq.heappop(self._heap)[2]
            pooled = self._accounts[account][self._next[account]]
            if limit and self._da_size + pooled.da_size > limit:
                continue
            self._current = account
            return pooled.raw
        raise StopIteration

    def _settle(self) -> None:
        """Count the last candidate, which was included, and bring in its account's next one."""
        account = self._current
        if account is None:
            return
        self._current = None
        self._da_size += self._accounts[account][self._next[account]].da_size
        self._advance(account)

    def _advance(self, account: int) -> None:
        self._next[account] += 1
        if self._next[account] < len(self._accounts[account]):
            heapq.heappush(self._heap, self._entry(account))

    def rejected(self, error: InvalidTransaction) -> None:
        """The last candidate is not in the block."""
        account, self._current = self._current, None
        if account is not None and error.fault is TxFault.NONCE_TOO_LOW:
            # It is in the chain already; the next one may follow.
            self._advance(account)
