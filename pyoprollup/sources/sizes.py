"""How much memory data of L1 take, about: for caches that are bounded in bytes."""

from __future__ import annotations

from collections.abc import Sequence

from pyoprollup.eth.receipts import Receipt

__all__ = ["receipts_size", "transactions_size"]


def receipts_size(receipts: Sequence[Receipt]) -> int:
    """Bytes that receipts take, about."""
    return sum(
        500 + sum(250 + 80 * len(log.topics) + len(log.data) for log in receipt.logs) for receipt in receipts
    )


def transactions_size(transactions: Sequence[bytes]) -> int:
    """Bytes that transactions, or blobs, take, about."""
    return sum(80 + len(raw) for raw in transactions)
