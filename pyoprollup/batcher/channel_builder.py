"""Builds one channel: blocks in, frames out, and the reasons for which it ends.

Specification: protocol/batcher.md; protocol/derivation.md, Channel format.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from pyoprollup.batcher.block import SizedBlock
from pyoprollup.batcher.channel_config import ChannelConfig
from pyoprollup.batcher.compressors import new_compressor
from pyoprollup.batcher.errors import BlockRejected
from pyoprollup.batcher.tx_data import FrameData
from pyoprollup.derive.channel_out import ChannelFull, SingularChannelOut, SpanChannelOut, TooManyRLPBytes
from pyoprollup.derive.codec.span_batch_builder import SpanBatchBuildError
from pyoprollup.derive.params import FRAME_V0_OVERHEAD, SPAN_BATCH_TYPE
from pyoprollup.eth.refs import BlockID
from pyoprollup.rollup.config import RollupConfig

__all__ = ["ChannelBuilder", "ChannelOut", "ChannelOutFactory", "FullReason", "new_channel_out"]

_MAX_FRAME_NUMBER = 0xFFFF

ChannelOut = SingularChannelOut | SpanChannelOut
ChannelOutFactory = Callable[[ChannelConfig, RollupConfig, bytes], ChannelOut]
"""Makes the channel with a configuration and an id; :func:`new_channel_out` is one."""


class FullReason(StrEnum):
    """Why a channel takes no more blocks."""

    COMPRESSOR_FULL = "compressor is full"
    MAX_RLP_BYTES = "batch would cause RLP bytes to go over limit"
    MAX_FRAME_INDEX = "max frame index reached (uint16)"
    MAX_DURATION = "max channel duration reached"
    CHANNEL_TIMEOUT = "close to channel timeout"
    SEQ_WINDOW = "close to sequencer window timeout"
    TERMINATED = "channel terminated"


def new_channel_out(config: ChannelConfig, rollup: RollupConfig, channel_id: bytes) -> ChannelOut:
    """A channel of the kind of batches that the configuration says."""
    if config.batch_type == SPAN_BATCH_TYPE:
        return SpanChannelOut(
            rollup,
            config.target_output_size,
            config.compression_algo,
            channel_id,
            config.max_blocks_per_span_batch,
        )
    return SingularChannelOut(rollup, new_compressor(config), channel_id)


class ChannelBuilder:
    """A channel in the making. ``last_origin`` is the L1 origin of the channel before it, from which the
    channel's duration counts."""

    def __init__(self, config: ChannelConfig, channel_out: ChannelOut, last_origin: int) -> None:
        self.config = config
        self.blocks: list[SizedBlock] = []
        self.full_reason: FullReason | None = None
        self.timeout: int | None = None
        """The L1 block at which the channel has to end."""
        self.output_bytes = 0
        self._timeout_reason = FullReason.MAX_DURATION
        self._out = channel_out
        self._closed = False
        self._frames: list[FrameData] = []
        self._cursor = 0
        if config.max_channel_duration:
            self._update_timeout(last_origin + config.max_channel_duration, FullReason.MAX_DURATION)

    # --- what it is

    @property
    def id(self) -> bytes:
        """Channel id, 16 bytes."""
        return self._out.id

    @property
    def is_full(self) -> bool:
        return self.full_reason is not None

    @property
    def input_bytes(self) -> int:
        """Size before compression."""
        return self._out.input_bytes

    @property
    def latest_l1_origin(self) -> BlockID | None:
        """The youngest L1 origin of the blocks."""
        return self.blocks[-1].ref.l1_origin if self.blocks else None

    @property
    def oldest_l1_origin(self) -> BlockID | None:
        return self.blocks[0].ref.l1_origin if self.blocks else None

    @property
    def latest_l2(self) -> BlockID | None:
        """The last block."""
        return self.blocks[-1].ref.id if self.blocks else None

    @property
    def oldest_l2(self) -> BlockID | None:
        return self.blocks[0].ref.id if self.blocks else None

    # --- blocks

    def add_block(self, block: SizedBlock) -> bool:
        """Append a block; whether it is part of the channel now.

        It is not if the channel is full, which is then certain. A block that no channel could take
        raises :class:`BlockRejected`.
        """
        if self.is_full:
            return False
        try:
            self._out.add_singular_batch(block.batch, block.ref.sequence_number)
        except (ChannelFull, TooManyRLPBytes) as error:
            if not self.blocks:
                raise BlockRejected(f"block {block.ref} does not fit a channel: {error}") from error
            full = isinstance(error, ChannelFull)
            self.full_reason = FullReason.COMPRESSOR_FULL if full else FullReason.MAX_RLP_BYTES
            return False
        except SpanBatchBuildError as error:
            raise BlockRejected(f"block {block.ref}: {error}") from error
        self.blocks.append(block)
        config = self.config
        window_end = block.ref.l1_origin.number + config.seq_window_size
        self._update_timeout(window_end - config.sub_safety_margin, FullReason.SEQ_WINDOW)
        if self._out.is_full():
            self.full_reason = FullReason.COMPRESSOR_FULL
        return True

    def close(self) -> None:
        """Take no more blocks."""
        self.full_reason = self.full_reason or FullReason.TERMINATED

    # --- timeouts

    def frame_published(self, l1_number: int) -> None:
        """A frame was included in this L1 block: the others must follow in time."""
        config = self.config
        timeout = l1_number + config.channel_timeout - config.sub_safety_margin
        self._update_timeout(timeout, FullReason.CHANNEL_TIMEOUT)

    def _update_timeout(self, number: int, reason: FullReason) -> None:
        if self.timeout is None or number < self.timeout:
            self.timeout, self._timeout_reason = number, reason

    def check_timeout(self, l1_number: int) -> None:
        """End the channel if L1 has come to its timeout."""
        if not self.is_full and self.timeout is not None and l1_number >= self.timeout:
            self.full_reason = self._timeout_reason

    # --- frames

    def output_frames(self) -> None:
        """Make the frames that can be made: all of them once the channel is full."""
        if self._closed:
            return
        while not self.is_full and self._out.ready_bytes() + FRAME_V0_OVERHEAD >= self.config.max_frame_size:
            self._output_frame()
        if self.is_full:
            self._closed = True
            self._out.close()
            while not self._output_frame():
                pass

    def _output_frame(self) -> bool:
        """Make a frame; whether it is the last."""
        frame = self._out.output_frame(self.config.max_frame_size)
        data = FrameData.of(frame)
        self._frames.append(data)
        self.output_bytes += len(data.data)
        if frame.number == _MAX_FRAME_NUMBER:
            self.full_reason = self.full_reason or FullReason.MAX_FRAME_INDEX
            return True
        return frame.is_last

    @property
    def total_frames(self) -> int:
        """Frames made so far."""
        return len(self._frames)

    @property
    def pending_frames(self) -> int:
        """Frames to be sent, for the first time or again."""
        return len(self._frames) - self._cursor

    def next_frame(self) -> FrameData:
        """The next frame to be sent; there must be one."""
        frame = self._frames[self._cursor]
        self._cursor += 1
        return frame

    def rewind_frame_cursor(self, number: int) -> None:
        """Send all frames from this one on again, if they were sent: their order matters since Holocene."""
        self._cursor = min(self._cursor, number)
