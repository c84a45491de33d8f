"""The transactions of one account in the pool, by nonce."""

from __future__ import annotations

from pyoprollup.execution.pool.admission import PooledTransaction

__all__ = ["PoolAccount"]


class PoolAccount:
    """Transactions by nonce. Those that follow the account's own nonce without a gap are pending, the
    others are queued."""

    def __init__(self, nonce: int) -> None:
        self.nonce = nonce
        """The account's at the head."""
        self.by_nonce: dict[int, PooledTransaction] = {}
        self.last_change = 0.0

    def next_nonce(self) -> int:
        """The first nonce that no pending transaction has."""
        nonce = self.nonce
        while nonce in self.by_nonce:
            nonce += 1
        return nonce

    def pending(self) -> list[PooledTransaction]:
        """Transactions that can be executed, in order."""
        return [self.by_nonce[nonce] for nonce in range(self.nonce, self.next_nonce())]

    def queued(self) -> list[PooledTransaction]:
        """Transactions behind a gap, in order."""
        first = self.next_nonce()
        return [self.by_nonce[nonce] for nonce in sorted(self.by_nonce) if nonce > first]

    def is_gapped(self, nonce: int) -> bool:
        """Whether a transaction of this nonce would have to wait."""
        return nonce > self.next_nonce()
