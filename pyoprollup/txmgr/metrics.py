"""Counters of a transaction manager."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

__all__ = ["TxMetrics"]


@dataclass(slots=True)
class TxMetrics:
    """Counts since the start, and the latest values. Fees are in wei.

    ``published`` counts publications by how they went: ``""`` for success, else a short reason.
    """

    nonce: int = 0
    pending: int = 0
    confirmed: int = 0
    failed: int = 0
    bumps: int = 0
    rpc_errors: int = 0
    fees_paid: int = 0
    tip_cap: int = 0
    base_fee: int = 0
    blob_base_fee: int = 0
    published: Counter[str] = field(default_factory=Counter)
