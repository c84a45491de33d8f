"""Filling a block with transactions of a pool, within a time.

A transaction is executed whole, or its changes are undone. One that takes very long would hold up the chain:
it is set aside for those of others, and in the end it leaves the pool.
"""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.eth.transactions import tx_hash
from pyoprollup.eth.types import Hash32
from pyoprollup.evm.block import BlockBuilder, ExecutedBlock
from pyoprollup.evm.errors import ExecutionInterrupted, InvalidTransaction, TxFault
from pyoprollup.execution.pace import Pace
from pyoprollup.execution.pool.pool import TxPool

__all__ = ["LONGEST_TRANSACTION", "Fill", "SlowTransactions"]

LONGEST_TRANSACTION = 4.0
"""Seconds that may be spent on a transaction, in all attempts, before it leaves the pool; and those that the
last transaction may take beyond the time of its block."""
_SET_ASIDE = 0.5
"""Seconds after which a transaction that was interrupted is not begun again before those of others."""
_KEPT = 1000

_DONE = InvalidTransaction(TxFault.NONCE_TOO_LOW, "in the block already")
_ASIDE = InvalidTransaction(TxFault.BLOCK_GAS_LIMIT, "takes too long")


class SlowTransactions:
    """Time that was spent on transactions in vain; ``on_dropped`` is told of those that leave the pool."""

    def __init__(self) -> None:
        self.on_dropped: Callable[[Hash32, float], None] = lambda _hash, _seconds: None
        self._spent: dict[bytes, float] = {}

    def wasted(self, raw: bytes, seconds: float, pool: TxPool) -> None:
        """An attempt was ended after so long."""
        if len(self._spent) >= _KEPT:
            del self._spent[next(iter(self._spent))]
        spent = self._spent[raw] = self._spent.pop(raw, 0.0) + seconds
        if spent >= LONGEST_TRANSACTION:
            del self._spent[raw]
            pool.drop(tx_hash(raw))
            self.on_dropped(tx_hash(raw), spent)


class Fill:
    """One block's. Without a ``pace`` there is neither a clock nor anything else to do."""

    def __init__(
        self,
        builder: BlockBuilder,
        pool: TxPool,
        base_fee: int,
        slow: SlowTransactions,
        pace: Pace | None = None,
    ) -> None:
        self._builder, self._pool, self._base_fee = builder, pool, base_fee
        self._slow, self._pace = slow, pace
        self._included: set[bytes] = set()
        self._rejected: list[tuple[bytes, InvalidTransaction]] = []
        self._candidates = pool.select(base_fee)
        self._exhausted = self._begun = False

    def in_between(self, end: float) -> bool:
        """Go on until somebody wants something else, or until ``end``; whether to go on later."""
        pace = self._pace
        assert pace is not None

        def checkpoint() -> None:
            if pace.is_wanted() or pace.now() > end + LONGEST_TRANSACTION:
                raise ExecutionInterrupted("something else goes first")

        if not self._begun:
            # Not before: others may have come into the pool.
            self._candidates, self._begun = self._pool.select(self._base_fee), True
        while not pace.is_wanted() and pace.now() < end:
            if not self._next(checkpoint):
                return False
        return pace.now() < end

    def at_the_end(self, seconds: float) -> bool:
        """The block is asked for. Whether it has transactions of the pool.

        It gets those that came since the last look. If it had no time for any, or there are such, some are
        still taken for ``seconds``.
        """
        if self._included and not self._exhausted:
            return True
        self._candidates = self._pool.select(self._base_fee, self._candidates.taken)
        self._begun, self._exhausted = True, False
        pace = self._pace
        if pace is None:
            while self._next(None):
                pass
            return bool(self._included)
        end = pace.now() + seconds

        def checkpoint() -> None:
            pace.checkpoint()
            if pace.now() > end + LONGEST_TRANSACTION:
                raise ExecutionInterrupted("the block is due")

        while self._next(checkpoint) and pace.now() < end:
            pass
        return bool(self._included)

    def seal(self) -> ExecutedBlock:
        """The block as it is now."""
        return self._builder.seal(tuple(self._rejected))

    def _next(self, checkpoint: Callable[[], None] | None) -> bool:
        """Try one candidate; whether there may be more."""
        raw = next(self._candidates, None) if self._builder.has_room else None
        if raw is None:
            self._exhausted = True
            return False
        if raw in self._included:
            self._candidates.rejected(_DONE)
            return True
        started = 0.0 if self._pace is None else self._pace.now()
        try:
            self._builder.add(raw, checkpoint)
        except InvalidTransaction as exc:
            self._rejected.append((raw, exc))
            self._candidates.rejected(exc)
        except ExecutionInterrupted:
            spent = 0.0 if self._pace is None else self._pace.now() - started
            self._slow.wasted(raw, spent, self._pool)
            if spent > _SET_ASIDE:
                self._candidates.rejected(_ASIDE)
            else:
                self._candidates.put_back()
        else:
            self._included.add(raw)
        return True
