"""Limits of the transaction pool, with the reference's defaults."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SLOT_SIZE", "PoolConfig"]

SLOT_SIZE = 32 * 1024
"""Bytes of one slot, the unit that the pool's size is counted in."""


@dataclass(frozen=True, slots=True)
class PoolConfig:
    """Sizes in bytes, times in seconds, prices in wei. A limit of 0 for DA sizes means none."""

    price_limit: int = 1
    """Least tip of a transaction that is let in."""
    price_bump: int = 10
    """Per cent that a replacement must pay more, in tip and in fee cap."""
    account_queue: int = 64
    """Transactions of one account that may wait behind a gap in its nonces."""
    global_slots: int = 4096 + 1024
    """Slots for transactions that can be executed."""
    global_queue: int = 1024
    """Slots for transactions that wait behind a gap."""
    lifetime: float = 3 * 3600
    """How long transactions behind a gap are kept while nothing happens on their account."""
    max_tx_size: int = 4 * SLOT_SIZE
    min_inclusion_tip: int = 0
    """Least tip of a transaction that is taken into a block."""
    max_da_tx_size: int = 0
    """Estimated bytes on L1 of a transaction that is taken into a block (``miner_setMaxDASize``)."""
    max_da_block_size: int = 0
    """The same, summed over a block's transactions from the pool."""

    @property
    def capacity(self) -> int:
        """Slots in all."""
        return self.global_slots + self.global_queue
