"""What the methods ask of a transaction pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from pyoprollup.eth.transactions import Transaction
from pyoprollup.eth.types import Address, Hash32

__all__ = ["Pool", "Pooled"]


class Pooled(Protocol):
    """A transaction in the pool."""

    @property
    def raw(self) -> bytes: ...

    @property
    def tx(self) -> Transaction: ...

    @property
    def sender(self) -> Address: ...


class Pool(Protocol):
    """A pool, as :class:`~pyoprollup.execution.pool.TxPool` is one."""

    def add(self, raw: bytes, /) -> Hash32:
        """Take a transaction; raises an error of the library, whose text is for the client."""
        ...

    def get(self, tx_hash: Hash32, /) -> Pooled | None: ...

    def next_nonce(self, account: Address, /) -> int:
        """The nonce that the account's next transaction should have."""
        ...

    def pending(self) -> Mapping[Address, Sequence[Pooled]]:
        """Transactions that can be executed, by sender."""
        ...

    def queued(self) -> Mapping[Address, Sequence[Pooled]]:
        """Transactions that wait behind a gap, by sender."""
        ...
