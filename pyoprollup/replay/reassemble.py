"""Puts channels together from batcher data at hand, and reads all that is in them.

This is derivation without its clock: for looking into data, as the reference's ``batch_decoder
reassemble`` does. Timeouts and size limits of the channel bank are not applied, and whether a batch is
valid on some chain is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pyoprollup.derive.batch_reader import BatchReader
from pyoprollup.derive.channel import Channel, FrameRejected
from pyoprollup.derive.codec.batch import BatchData
from pyoprollup.derive.codec.frame import Frame
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch import SpanBatch, derive_span_batch
from pyoprollup.derive.codec.span_batch_txs import SpanBatchDeriveError
from pyoprollup.derive.compression.decompress import DecompressionError, StreamEnd
from pyoprollup.derive.drops import DropReason
from pyoprollup.derive.provenance import BatchSource
from pyoprollup.errors import DecodeError
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import ZERO_HASH
from pyoprollup.rollup.config import RollupConfig

__all__ = [
    "ChannelContent",
    "DecodedBatch",
    "FrameEntry",
    "ReassembledChannel",
    "read_channel",
    "reassemble",
    "rebuild",
]

Origin = TypeVar("Origin")
"""Whatever a caller knows a frame's input by."""

_NO_BLOCK = L1BlockRef(ZERO_HASH, 0, ZERO_HASH, 0)


@dataclass(frozen=True, slots=True)
class FrameEntry(Generic[Origin]):
    """A frame, the input that it is from, and why its channel did not take it."""

    frame: Frame
    origin: Origin
    rejected: DropReason | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ReassembledChannel(Generic[Origin]):
    """A channel and all frames that name it. ``data`` is ``None`` while it is not complete."""

    id: bytes
    frames: tuple[FrameEntry[Origin], ...]
    data: bytes | None

    @property
    def is_ready(self) -> bool:
        """Whether all frames are there."""
        return self.data is not None

    @property
    def invalid_frames(self) -> bool:
        """Whether a frame was not taken."""
        return any(entry.rejected is not None for entry in self.frames)


@dataclass(frozen=True, slots=True)
class DecodedBatch:
    """A batch. ``span`` are a span batch's blocks; ``fault`` tells why they cannot be rebuilt."""

    source: BatchSource | None
    raw: BatchData
    span: SpanBatch | None = None
    fault: str = ""

    @property
    def block_count(self) -> int:
        """Number of L2 blocks."""
        return 1 if isinstance(self.raw, SingularBatch) else self.raw.block_count

    @property
    def tx_count(self) -> int:
        """Number of transactions in all blocks."""
        return len(self.raw.transactions) if isinstance(self.raw, SingularBatch) else len(self.raw.txs)


@dataclass(frozen=True, slots=True)
class ChannelContent:
    """What is in a channel, as far as it can be read.

    ``size`` is that of the decompressed data in bytes. ``end`` is how the compressed stream ends
    (``None``: it cannot be opened), ``end_detail`` says so in words. ``fault`` tells why reading
    batches stopped before the end of the data.
    """

    compression: str | None
    size: int
    end: StreamEnd | None
    end_detail: str
    batches: tuple[DecodedBatch, ...] = ()
    fault: str = ""

    @property
    def invalid_batches(self) -> bool:
        """Whether anything in the channel is not a good batch."""
        return self.end is None or bool(self.fault) or any(batch.fault for batch in self.batches)


def reassemble(
    frames: Iterable[tuple[Frame, Origin]], require_in_order: bool = False
) -> list[ReassembledChannel[Origin]]:
    """Channels in the order of their first frames.

    ``frames`` are pairs of a frame and where it is from, in the order of L1.
    ``require_in_order`` is Holocene's rule that a channel's frames follow each other.
    """
    channels: dict[bytes, Channel] = {}
    entries: dict[bytes, list[FrameEntry[Origin]]] = {}
    for frame, origin in frames:
        if frame.id not in channels:
            channels[frame.id] = Channel(frame.id, _NO_BLOCK, require_in_order)
        entries.setdefault(frame.id, []).append(_add(channels[frame.id], frame, origin))
    return [
        ReassembledChannel(
            channel.id, tuple(entries[channel.id]), channel.data() if channel.is_ready() else None
        )
        for channel in channels.values()
    ]


def _add(channel: Channel, frame: Frame, origin: Origin) -> FrameEntry[Origin]:
    try:
        channel.add_frame(frame, _NO_BLOCK)
    except FrameRejected as exc:
        return FrameEntry(frame, origin, exc.reason, exc.detail)
    return FrameEntry(frame, origin)


def read_channel(data: bytes, config: RollupConfig, limit: int, brotli_allowed: bool) -> ChannelContent:
    """Read the (compressed) data of a channel.

    ``limit`` is the largest decompressed size in bytes. Nothing about the data makes this raise.
    """
    try:
        reader = BatchReader(data, limit, brotli_allowed)
    except DecompressionError as exc:
        return ChannelContent(None, 0, None, str(exc), fault=str(exc))
    batches: list[DecodedBatch] = []
    fault = ""
    try:
        for raw, source in reader:
            batches.append(rebuild(raw, config, source))
    except DecodeError as exc:
        fault = str(exc)
    return ChannelContent(
        reader.compression, reader.size, reader.end, reader.end_detail, tuple(batches), fault
    )


def rebuild(raw: BatchData, config: RollupConfig, source: BatchSource | None = None) -> DecodedBatch:
    """A batch with the blocks of a span batch rebuilt for the chain of ``config``."""
    if isinstance(raw, SingularBatch):
        return DecodedBatch(source, raw)
    try:
        span = derive_span_batch(raw, config.block_time, config.genesis.l2_time, config.l2_chain_id, source)
    except SpanBatchDeriveError as exc:
        return DecodedBatch(source, raw, None, str(exc))
    return DecodedBatch(source, raw, span)
