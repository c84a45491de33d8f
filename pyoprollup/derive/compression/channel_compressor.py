"""Compressors of channels: zlib, and brotli from Fjord on.

A zlib channel is the plain stream, which begins with a byte whose low nibble is 8; a brotli
channel is a version byte, 1, and the stream. Compressed bytes are not part of consensus and may
differ between implementations.

Specification: protocol/derivation.md, Channel format; protocol/fjord/derivation.md, Brotli channel
compression.
"""

from __future__ import annotations

import zlib
from enum import StrEnum
from typing import Any, Protocol

import brotli

from pyoprollup.derive.params import CHANNEL_VERSION_BROTLI
from pyoprollup.errors import ConfigError

__all__ = ["ChannelCompressor", "CompressionAlgo", "Compressor"]


class CompressionAlgo(StrEnum):
    """How a channel is compressed; brotli with its quality."""

    ZLIB = "zlib"
    BROTLI_9 = "brotli-9"
    BROTLI_10 = "brotli-10"
    BROTLI_11 = "brotli-11"

    @classmethod
    def parse(cls, name: str) -> CompressionAlgo:
        """The algorithm of this name; ``brotli`` means quality 10. Raises :class:`ConfigError`."""
        try:
            return cls.BROTLI_10 if name == "brotli" else cls(name)
        except ValueError:
            names = ", ".join(cls)
            raise ConfigError(f"compression algorithm {name!r}: must be one of {names}") from None

    @property
    def is_brotli(self) -> bool:
        return self is not CompressionAlgo.ZLIB


class Compressor(Protocol):
    """A compressor that also knows when the channel is full."""

    def write(self, data: bytes) -> None: ...

    def flush(self) -> None:
        """Make all that was written readable, at some cost in size."""
        ...

    def close(self) -> None:
        """End the stream; everything is readable then."""
        ...

    def read(self, size: int) -> bytes: ...

    def is_full(self) -> bool: ...

    def reset(self) -> None: ...

    def __len__(self) -> int:
        """Compressed bytes that are ready and not read yet."""
        ...


class ChannelCompressor:
    """Compresses without a limit. zlib works at its best level, 9."""

    def __init__(self, algo: CompressionAlgo = CompressionAlgo.ZLIB) -> None:
        self.algo = algo
        self._stream: Any = None
        self._ready = bytearray()
        self.reset()

    def reset(self) -> None:
        """Forget everything and start a new stream."""
        self._ready = bytearray()
        if self.algo.is_brotli:
            quality = int(self.algo.value.removeprefix("brotli-"))
            self._stream = brotli.Compressor(quality=quality)
            self._ready.append(CHANNEL_VERSION_BROTLI)
        else:
            self._stream = zlib.compressobj(zlib.Z_BEST_COMPRESSION)

    def write(self, data: bytes) -> None:
        compress = self._stream.process if self.algo.is_brotli else self._stream.compress
        self._ready += compress(data)

    def flush(self) -> None:
        if self.algo.is_brotli:
            self._ready += self._stream.flush()
        else:
            self._ready += self._stream.flush(zlib.Z_SYNC_FLUSH)

    def close(self) -> None:
        self._ready += self._stream.finish() if self.algo.is_brotli else self._stream.flush()

    def read(self, size: int) -> bytes:
        """Take up to ``size`` bytes of what is ready."""
        taken = bytes(self._ready[:size])
        del self._ready[:size]
        return taken

    def is_full(self) -> bool:
        return False

    @property
    def static_size(self) -> int:
        """Bytes that were ready before anything was written: brotli's version byte."""
        return 1 if self.algo.is_brotli else 0

    def __len__(self) -> int:
        return len(self._ready)
