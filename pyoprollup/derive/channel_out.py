"""Channels the other way round: batches in, frames out.

Two kinds, for singular batches (:class:`SingularChannelOut`, compressed as they come) and for span
batches (:class:`SpanChannelOut`, compressed as a whole once the target size may be reached).

Specification: protocol/batcher.md; protocol/derivation.md, Channel Format and Frame Format.
"""

from __future__ import annotations

from pyoprollup.derive.codec.batch import encode_batch
from pyoprollup.derive.codec.frame import Frame
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch_builder import SpanBatchBuilder
from pyoprollup.derive.compression.channel_compressor import ChannelCompressor, CompressionAlgo, Compressor
from pyoprollup.derive.params import FRAME_V0_OVERHEAD
from pyoprollup.errors import RollupError
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.time import L1Time

__all__ = [
    "ChannelFull",
    "ChannelOutClosed",
    "ChannelOutError",
    "SingularChannelOut",
    "SpanChannelOut",
    "TooManyRLPBytes",
]

_MAX_FRAME_NUMBER = 0xFFFF


class ChannelOutError(RollupError):
    """A channel cannot take a batch or give a frame."""


class ChannelOutClosed(ChannelOutError):
    """The channel was closed before."""


class ChannelFull(ChannelOutError):
    """The channel has reached its target size."""


class TooManyRLPBytes(ChannelOutError):
    """The decompressed channel would exceed what derivation reads of it."""


class _Frames:
    """Numbers the frames of one channel. ``channel_id`` must be 16 unpredictable bytes,
    so that no two channels of a chain share it."""

    def __init__(self, channel_id: bytes) -> None:
        self.id = channel_id
        self._next_frame = 0

    def _frame(
        self, compressor: Compressor | ChannelCompressor, ready: int, closed: bool, max_size: int
    ) -> Frame:
        if max_size < FRAME_V0_OVERHEAD:
            raise ChannelOutError(f"frames of {max_size} bytes have no room for their header")
        if self._next_frame > _MAX_FRAME_NUMBER:
            raise ChannelOutError(f"channel {self.id.hex()} has no frame number left")
        room = max_size - FRAME_V0_OVERHEAD
        is_last = closed and room >= ready
        frame = Frame(self.id, self._next_frame, compressor.read(min(room, ready)), is_last)
        self._next_frame += 1
        return frame


class SingularChannelOut(_Frames):
    """A channel of singular batches."""

    def __init__(self, config: RollupConfig, compressor: Compressor, channel_id: bytes) -> None:
        super().__init__(channel_id)
        self._config = config
        self._compressor = compressor
        self._closed = False
        self.input_bytes = 0
        """Size of the channel before compression."""

    def add_singular_batch(self, batch: SingularBatch, _sequence_number: int = 0) -> None:
        """Compress one more batch.

        Raises :class:`ChannelFull` and :class:`TooManyRLPBytes`, and then it was not added.
        """
        if self._closed:
            raise ChannelOutClosed(f"channel {self.id.hex()} is closed")
        encoded = encode_batch(batch)
        _check_size(self._config, self.input_bytes + len(encoded), batch)
        if self._compressor.is_full():
            raise ChannelFull(f"channel {self.id.hex()} is full")
        self.input_bytes += len(encoded)
        self._compressor.write(encoded)

    def is_full(self) -> bool:
        return self._compressor.is_full()

    def ready_bytes(self) -> int:
        """Compressed bytes that can go into frames now."""
        return len(self._compressor)

    def flush(self) -> None:
        self._compressor.flush()

    def close(self) -> None:
        """End the channel; all of it can go into frames then."""
        if self._closed:
            raise ChannelOutClosed(f"channel {self.id.hex()} is closed")
        self._closed = True
        self._compressor.close()

    def output_frame(self, max_size: int) -> Frame:
        """The next frame, of at most ``max_size`` bytes with its header."""
        return self._frame(self._compressor, self.ready_bytes(), self._closed, max_size)


class SpanChannelOut(_Frames):
    """A channel of span batches.

    ``target_size`` is the compressed size in bytes at which the channel is full, and
    ``max_blocks_per_span`` the length at which a new span batch begins (0: never).
    """

    def __init__(
        self,
        config: RollupConfig,
        target_size: int,
        algo: CompressionAlgo,
        channel_id: bytes,
        max_blocks_per_span: int = 0,
    ) -> None:
        super().__init__(channel_id)
        self._config = config
        self._target = target_size
        self._compressor = ChannelCompressor(algo)
        self._max_blocks = max_blocks_per_span
        self._sealed = b""
        self._builder = self._new_builder()
        self._compressed_size = 0
        self._full = False
        self._closed = False
        self.input_bytes = 0
        """Size of the channel before compression."""

    def _new_builder(self) -> SpanBatchBuilder:
        return SpanBatchBuilder(self._config.genesis.l2_time, self._config.l2_chain_id)

    def add_singular_batch(self, batch: SingularBatch, sequence_number: int) -> None:
        """Append a block; ``sequence_number`` is its distance from the first of its epoch.

        Raises :class:`ChannelFull` when the block did not fit any more (it is not part of the
        channel then), and :class:`TooManyRLPBytes`.
        """
        if self._closed:
            raise ChannelOutClosed(f"channel {self.id.hex()} is closed")
        if self._full:
            raise ChannelFull(f"channel {self.id.hex()} is full")
        self._seal_long_span()
        undo = self._builder.checkpoint()
        size_before = self.input_bytes
        self._builder.add_singular_batch(batch, sequence_number)
        size = len(self._sealed) + self._builder.rlp_size()
        try:
            _check_size(self._config, size, batch)
        except TooManyRLPBytes:
            self._builder.restore(undo)
            raise
        self.input_bytes = size
        if len(self._compressor) + size - self._compressed_size < self._target:
            return
        self._compress()
        if not self._full or (not self._sealed and len(self._builder) == 1):
            return
        if len(self._compressor) == self._target:
            return
        # One block too many: the channel ends before it.
        self._builder.restore(undo)
        self.input_bytes = size_before
        self._compress()
        raise ChannelFull(f"channel {self.id.hex()} is full")

    def _seal_long_span(self) -> None:
        if self._max_blocks and len(self._builder) >= self._max_blocks:
            self._sealed = self._encode()
            self._builder = self._new_builder()

    def _encode(self) -> bytes:
        if not len(self._builder):
            return self._sealed
        return self._sealed + encode_batch(self._builder.raw_span_batch())

    def _compress(self) -> None:
        encoded = self._encode()
        self._compressor.reset()
        self._compressor.write(encoded)
        self._compressor.close()
        self._compressed_size = len(encoded)
        self._full = self._full or len(self._compressor) >= self._target

    def is_full(self) -> bool:
        return self._full

    def ready_bytes(self) -> int:
        """Compressed bytes that can go into frames now: none before the channel is complete."""
        return len(self._compressor) if self._closed or self._full else 0

    def flush(self) -> None:
        """Nothing to flush: a span batch is compressed as a whole."""

    def close(self) -> None:
        """End the channel; all of it can go into frames then."""
        if self._closed:
            raise ChannelOutClosed(f"channel {self.id.hex()} is closed")
        self._closed = True
        if not self._full:
            self._compress()

    def output_frame(self, max_size: int) -> Frame:
        """The next frame, of at most ``max_size`` bytes with its header."""
        return self._frame(self._compressor, self.ready_bytes(), self._closed, max_size)


def _check_size(config: RollupConfig, size: int, batch: SingularBatch) -> None:
    # The L1 block that will include the channel is not known yet; the block's own time stands in.
    limit = config.schedule.at_l1(L1Time(batch.timestamp)).max_rlp_bytes_per_channel
    if size > limit:
        raise TooManyRLPBytes(f"channel of {size} bytes, derivation reads {limit}")
