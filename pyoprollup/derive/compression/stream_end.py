"""How the decompressed data of a channel ends, and the error for channels that cannot be opened."""

from __future__ import annotations

from enum import Enum

from pyoprollup.errors import DecodeError

__all__ = ["DecompressionError", "StreamEnd"]


class DecompressionError(DecodeError):
    """The channel cannot be opened for reading at all: not one byte comes out of it."""


class StreamEnd(Enum):
    """What a reader meets behind the last byte of a channel's data.

    After ``CLEAN``, ``TRUNCATED`` and ``CLIPPED`` a reader that stands between two batches sees
    nothing but the end; the other kinds are errors to it there as well.
    """

    CLEAN = "clean"
    """The compressed stream is complete. Data behind a zlib stream is ignored."""

    TRUNCATED = "truncated"
    """The compressed stream breaks off."""

    CORRUPT = "corrupt"
    """The compressed stream, or its checksum, is wrong."""

    EXCESS = "excess"
    """Data follows a complete brotli stream."""

    CLIPPED = "clipped"
    """The size limit is reached; more data, or a fault, lies behind it."""
