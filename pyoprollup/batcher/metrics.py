"""Counters of the batcher."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pyoprollup.batcher.channel_builder import FullReason

__all__ = ["BatcherMetrics"]


@dataclass(slots=True)
class BatcherMetrics:
    """Counts since the start; bytes of channels that ended, before and after compression."""

    blocks_loaded: int = 0
    channels_opened: int = 0
    channels_closed: int = 0
    channels_submitted: int = 0
    channels_timed_out: int = 0
    full_reasons: Counter[FullReason] = field(default_factory=Counter)
    da_switches: int = 0
    input_bytes: int = 0
    output_bytes: int = 0
    txs_sent: int = 0
    txs_confirmed: int = 0
    txs_failed: int = 0
    unknown_txs: int = 0
    """Transactions that came back after their channel was forgotten."""
    cancellations: int = 0
    blobs_sent: int = 0
    calldata_bytes_sent: int = 0
    l2_reorgs: int = 0
    clears: int = 0
    da_errors: int = 0
    publish_errors: int = 0
    source_errors: int = 0
    pending_da_bytes: int = 0
    """Estimated bytes on L1 of what has not arrived there; known only while throttling is set up."""

    @property
    def compression_ratio(self) -> float:
        """Compressed by uncompressed size; 0 before a channel has ended."""
        return self.output_bytes / self.input_bytes if self.input_bytes else 0.0
