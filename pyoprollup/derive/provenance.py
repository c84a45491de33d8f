"""The way back: where on L1 a piece of derived data came from.

Each value points at the one before it, so a payload's attributes lead to their batch, channel,
frames, L1 transactions and byte ranges.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.eth.refs import BlockID, L1BlockRef
from pyoprollup.eth.types import Hash32

__all__ = ["BatchSource", "ChannelSource", "DataSource", "FrameSource"]


@dataclass(frozen=True, slots=True)
class DataSource:
    """One piece of batcher data: the calldata of an L1 transaction, or one of its blobs."""

    block: BlockID
    tx_hash: Hash32
    tx_index: int
    blob_index: int | None = None
    """Index of the blob among all blobs of the L1 block; ``None`` for calldata."""
    blob_hash: Hash32 | None = None
    alt_da_commitment: bytes | None = None
    """Set when the transaction held only a commitment and the data came from a DA server."""


@dataclass(frozen=True, slots=True)
class FrameSource:
    """One frame and the bytes ``[start, end)`` that it takes in its batcher data (the version
    byte of the data is byte 0)."""

    data: DataSource | None
    channel_id: bytes
    number: int
    is_last: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ChannelSource:
    """A channel: the L1 block that opened it and the frames that make it up, in order."""

    id: bytes
    opened: L1BlockRef
    frames: tuple[FrameSource | None, ...]
    size: int
    """Bytes of (compressed) channel data."""


@dataclass(frozen=True, slots=True)
class BatchSource:
    """A batch: its channel, its position, and the bytes ``[start, end)`` of the decompressed
    channel. ``span_index`` is the block's position inside a span batch."""

    channel: ChannelSource | None
    index: int
    start: int
    end: int
    compression: str
    inclusion: BlockID | None
    """L1 block at which the batch was read."""
    span_index: int | None = None

    def at_span_index(self, index: int) -> BatchSource:
        """The same source, narrowed down to one block of a span batch."""
        return BatchSource(
            self.channel, self.index, self.start, self.end, self.compression, self.inclusion, index
        )
