"""What reads of the chain ask of a pool: what is in no block yet."""

from __future__ import annotations

from typing import Protocol

from pyoprollup.eth.transactions import Transaction
from pyoprollup.eth.types import Address, Hash32

__all__ = ["PoolReader", "Waiting"]


class Waiting(Protocol):
    """A transaction in a pool."""

    @property
    def raw(self) -> bytes: ...

    @property
    def tx(self) -> Transaction: ...

    @property
    def sender(self) -> Address: ...


class PoolReader(Protocol):
    """A pool, of L2 or of the embedded L1."""

    def get(self, tx_hash: Hash32, /) -> Waiting | None: ...

    def next_nonce(self, account: Address, /) -> int:
        """The first nonce that no executable transaction of the account has."""
        ...
