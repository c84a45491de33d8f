"""The order in which a block takes transactions from a pool, on L2 and on the embedded L1.

The account whose next transaction tips best comes first, the older of equal ones; the transactions of one
account follow in the order of their nonces. One that is rejected ends its account's turn, since the next
nonces cannot follow without it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Generic, TypeVar

from pyoprollup.evm.errors import InvalidTransaction, TxFault
from pyoprollup.execution.pool.admission import Pooled

__all__ = ["Selection"]

_Entry = tuple[int, int, int]
"""Negative tip, order of arrival, number of the account: smallest first."""


T = TypeVar("T", bound=Pooled)


class Selection(Iterator[bytes], Generic[T]):
    """Candidates for one block, best first. Tell of each that was :meth:`rejected` before the next.

    ``runs`` are, for each account, its executable transactions in the order of their nonces;
    ``base_fee`` is the block's, in wei. An account's run ends before the first that is not welcome. All
    that are included have a size of at most ``max_size`` together, unless that is 0; ``taken`` of it is gone.
    """

    def __init__(
        self,
        runs: Iterable[Sequence[T]] = (),
        base_fee: int = 0,
        *,
        is_welcome: Callable[[T], bool] = lambda _: True,
        size: Callable[[T], int] = lambda _: 0,
        max_size: int = 0,
        taken: int = 0,
    ) -> None:
        self._base_fee = base_fee
        self._size, self._max_size = size, max_size
        self._accounts = [run for each in runs if (run := list(takewhile(is_welcome, each)))]
        self._next = [0] * len(self._accounts)
        self._heap = [self._entry(account) for account in range(len(self._accounts))]
        heapq.heapify(self._heap)
        self._current: int | None = None
        self._taken = taken

    def _entry(self, account: int) -> _Entry:
        pooled = self._accounts[account][self._next[account]]
        return -pooled.tip(self._base_fee), pooled.sequence, account

    def __next__(self) -> bytes:
        self._settle()
        while self._heap:
            account = heapq.heappop(self._heap)[2]
            pooled = self._accounts[account][self._next[account]]
            if self._max_size and self._taken + self._size(pooled) > self._max_size:
                continue
            self._current = account
            return pooled.raw
        raise StopIteration

    @property
    def taken(self) -> int:
        """The size of what was included."""
        self._settle()
        return self._taken

    def put_back(self) -> None:
        """The last candidate comes again, as it could not be tried now."""
        account, self._current = self._current, None
        if account is not None:
            heapq.heappush(self._heap, self._entry(account))

    def _settle(self) -> None:
        """Count the last candidate, which was included, and bring in its account's next one."""
        account = self._current
        if account is None:
            return
        self._current = None
        self._taken += self._size(self._accounts[account][self._next[account]])
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
