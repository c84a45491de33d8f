"""Snappy, as far as :mod:`pyoprollup.eth.signed_payload` does not have it.

The request-response protocol uses the framing format: a stream identifier, then chunks of a type byte, a
3-byte little-endian length and that many bytes, each with a checksum and 64 KiB of content at most.
"""

from __future__ import annotations

from cramjam import CompressionError, DecompressionError, snappy

from pyoprollup.eth.signed_payload import SnappyError

__all__ = ["announced_size", "compress_frames", "decompress_frames"]

_COMPRESSED, _UNCOMPRESSED = 0x00, 0x01
_CHECKSUM_SIZE = 4
_MAX_CHUNK_CONTENT = 1 << 16


def announced_size(data: bytes) -> int:
    """The size that a snappy block claims to have decompressed; raises :class:`SnappyError`."""
    if not data:
        raise SnappyError("not valid snappy: the size is missing")
    try:
        return int(snappy.decompress_raw_len(data))
    except DecompressionError as exc:
        raise SnappyError(f"not valid snappy: {exc}") from exc


def compress_frames(data: bytes) -> bytes:
    """``data`` in the framing format."""
    try:
        return bytes(snappy.compress(data))
    except CompressionError as exc:
        raise SnappyError(str(exc)) from exc


def decompress_frames(data: bytes, limit: int) -> bytes:
    """The inverse of :func:`compress_frames`.

    What the chunks announce together is compared with ``limit`` before anything is allocated. Raises
    :class:`SnappyError`.
    """
    size = _announced_by_frames(data)
    if size > limit:
        raise SnappyError(f"the decompressed size of {size} bytes exceeds {limit}")
    try:
        return bytes(snappy.decompress(data))
    except (DecompressionError, OSError) as exc:
        raise SnappyError(f"not valid snappy frames: {exc}") from exc


def _announced_by_frames(data: bytes) -> int:
    total, position = 0, 0
    while position < len(data):
        if position + 4 > len(data):
            raise SnappyError("a chunk's header is cut short")
        kind, length = data[position], int.from_bytes(data[position + 1 : position + 4], "little")
        position += 4
        if position + length > len(data):
            raise SnappyError("a chunk is cut short")
        if kind in (_COMPRESSED, _UNCOMPRESSED):
            total += _content_size(kind, data, position, length)
        position += length
    return total


def _content_size(kind: int, data: bytes, position: int, length: int) -> int:
    if length < _CHECKSUM_SIZE:
        raise SnappyError("a chunk has no room for its checksum")
    if kind == _UNCOMPRESSED:
        size = length - _CHECKSUM_SIZE
    else:
        # The size takes at most 5 bytes, at the start.
        start = position + _CHECKSUM_SIZE
        size = announced_size(data[start : min(start + 5, position + length)])
    if size > _MAX_CHUNK_CONTENT:
        raise SnappyError(f"a chunk of {size} bytes is too large")
    return size
