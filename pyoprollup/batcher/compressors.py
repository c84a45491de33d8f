"""Compressors that know when a channel of singular batches is full.

The size of a compressed stream is known only after a flush, and flushing costs compression. The ratio
compressor guesses from what goes in; the shadow compressor flushes a copy of the stream.
"""

from __future__ import annotations

import zlib

from pyoprollup.batcher.channel_config import ChannelConfig, CompressorKind
from pyoprollup.derive.channel_out import ChannelFull
from pyoprollup.derive.compression.channel_compressor import ChannelCompressor, CompressionAlgo, Compressor

__all__ = [
    "CLOSE_OVERHEAD_ZLIB",
    "NonCompressor",
    "RatioCompressor",
    "ShadowCompressor",
    "new_compressor",
]

CLOSE_OVERHEAD_ZLIB = 9
"""Bytes that ending a flushed zlib stream adds: an empty block and the checksum."""

_SAFE_OVERHEAD = 51
"""Bytes by which compression may at worst grow 128 KiB of data: header, checksum, block headers."""


def new_compressor(config: ChannelConfig) -> Compressor:
    """The compressor that the configuration asks for."""
    target, algo = config.target_output_size, config.compression_algo
    match config.compressor:
        case CompressorKind.SHADOW:
            return ShadowCompressor(target, algo)
        case CompressorKind.RATIO:
            return RatioCompressor(target, config.approx_compr_ratio, algo)
        case CompressorKind.NONE:
            return NonCompressor(target)


class RatioCompressor(ChannelCompressor):
    """Full when so much went in that, at the usual ratio, the target size came out."""

    def __init__(self, target_size: int, ratio: float, algo: CompressionAlgo) -> None:
        super().__init__(algo)
        self.input_threshold = int(target_size / ratio)
        """Bytes in, at which it is full."""
        self._input = 0

    def write(self, data: bytes) -> None:
        """Compress more input; raises :class:`ChannelFull` once the target is reached."""
        if self.is_full():
            raise ChannelFull("the input target is reached")
        self._input += len(data)
        super().write(data)

    def reset(self) -> None:
        super().reset()
        self._input = 0

    def is_full(self) -> bool:
        return self._input >= self.input_threshold


class ShadowCompressor(ChannelCompressor):
    """Full when another write would take it over the target size.

    That write is refused if compressed bytes of the writes before are ready. Otherwise it is the last one:
    a block larger than the target goes out in several frames. (zlib's header is there with the first write;
    brotli keeps much back, so that a channel can end up with some blocks over its target.)
    """

    def __init__(self, target_size: int, algo: CompressionAlgo) -> None:
        self._target = target_size
        self._shadow = ChannelCompressor(algo)
        self._full = False
        self._bound = _SAFE_OVERHEAD
        super().__init__(algo)

    def write(self, data: bytes) -> None:
        """Raises :class:`ChannelFull`, and then ``data`` was not written."""
        if self._full:
            raise ChannelFull("the target size is reached")
        self._shadow.write(data)
        bound = self._bound + len(data)
        if bound > self._target:
            # Only now may it be too much, and only a flush can tell.
            self._shadow.flush()
            bound = len(self._shadow) + CLOSE_OVERHEAD_ZLIB
            if bound > self._target:
                self._full = True
                if len(self) > self.static_size:
                    raise ChannelFull("the target size is reached")
        self._bound = bound
        super().write(data)

    def reset(self) -> None:
        super().reset()
        self._shadow.reset()
        self._full = False
        self._bound = _SAFE_OVERHEAD

    def is_full(self) -> bool:
        return self._full


class NonCompressor:
    """zlib without compression, for tests: what was written is readable after the next write."""

    def __init__(self, target_size: int) -> None:
        self._target = target_size
        self._full = False
        self._ready = bytearray()
        self._stream = zlib.compressobj(zlib.Z_NO_COMPRESSION)

    def write(self, data: bytes) -> None:
        self.flush()
        self._ready += self._stream.compress(data)
        self._full = self._full or len(self._ready) > self._target

    def flush(self) -> None:
        self._ready += self._stream.flush(zlib.Z_SYNC_FLUSH)

    def close(self) -> None:
        # The reference's library ends a stream with a block of its own, empty here.
        self._ready += self._stream.flush(zlib.Z_BLOCK)
        self._ready += self._stream.flush()

    def read(self, size: int) -> bytes:
        taken = bytes(self._ready[:size])
        del self._ready[:size]
        return taken

    def is_full(self) -> bool:
        return self._full

    def reset(self) -> None:
        self._ready.clear()
        self._stream = zlib.compressobj(zlib.Z_NO_COMPRESSION)
        self._full = False

    def __len__(self) -> int:
        return len(self._ready)
