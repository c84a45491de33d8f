"""Constants of the derivation protocol that no fork has changed.

Limits that depend on a fork live in :mod:`pyoprollup.rollup.rules`.
Specification: protocol/derivation.md (frame format, batch format), protocol/delta/span-batches.md.
"""

from __future__ import annotations

__all__ = [
    "CHANNEL_ID_LENGTH",
    "CHANNEL_VERSION_BROTLI",
    "DERIVATION_VERSION_0",
    "DERIVATION_VERSION_ALT_DA",
    "FRAME_OVERHEAD",
    "FRAME_V0_OVERHEAD",
    "MAX_FRAME_LENGTH",
    "MAX_SPAN_BATCH_ELEMENT_COUNT",
    "SINGULAR_BATCH_TYPE",
    "SPAN_BATCH_TYPE",
]

DERIVATION_VERSION_0 = 0
"""First byte of batcher data that holds frames."""

DERIVATION_VERSION_ALT_DA = 1
"""First byte of batcher data that holds a commitment to data kept elsewhere."""

CHANNEL_ID_LENGTH = 16
FRAME_V0_OVERHEAD = CHANNEL_ID_LENGTH + 2 + 4 + 1
"""Bytes of a frame around its data: channel id, number, length, is_last."""

MAX_FRAME_LENGTH = 1_000_000
"""Largest data length of a frame, in bytes."""

FRAME_OVERHEAD = 200
"""Bytes that each buffered frame counts in addition to its data (channel bank and assembler)."""

CHANNEL_VERSION_BROTLI = 1
"""First byte of a brotli-compressed channel."""

SINGULAR_BATCH_TYPE = 0
SPAN_BATCH_TYPE = 1

MAX_SPAN_BATCH_ELEMENT_COUNT = 10_000_000
"""Limit of a span batch's blocks, of its transactions, and of the bytes of one of them."""
