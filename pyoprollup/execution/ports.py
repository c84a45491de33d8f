"""What the in-process engine asks of a transaction pool."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from pyoprollup.evm.errors import InvalidTransaction
from pyoprollup.execution.pool.head import PoolHead

__all__ = ["Candidates", "TransactionSource"]


class Candidates(Iterator[bytes], Protocol):
    """Transactions for one block, best first."""

    def rejected(self, error: InvalidTransaction, /) -> None:
        """The last one is not in the block."""


class TransactionSource(Protocol):
    """A pool, as :class:`~pyoprollup.execution.pool.pool.TxPool` is one. None of it may raise but for
    ``ExecutionError`` (missing state)."""

    def select(self, base_fee: int, /) -> Candidates:
        """Candidates for a block with this base fee, in wei."""
        ...

    def reset(self, head: PoolHead, dropped: Iterable[bytes] = (), /) -> None:
        """There is a new head; ``dropped`` are the transactions of blocks that are canonical no more."""
