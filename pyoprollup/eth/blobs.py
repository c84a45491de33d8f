"""Packing of data into EIP-4844 blobs.

Specification: protocol/ecotone/derivation.md, Blob Encoding. A blob has 4096 field elements of 32
bytes, whose two top bits must be zero. Data goes in rounds of 127 bytes per 4 elements:

====== ====================== =====================================================================
offset bytes of the round     where they go
====== ====================== =====================================================================
0      31 bytes, then ``x``   bytes 1..31 of element 0
32     31 bytes, then ``y``   bytes 1..31 of element 1
64     31 bytes, then ``z``   bytes 1..31 of element 2
96     31 bytes               bytes 1..31 of element 3
====== ====================== =====================================================================

The 24 bits of ``x``, ``y`` and ``z`` fill the low six bits of the four elements' first bytes:
``x`` bits 0-5; ``y`` bits 0-3 and ``x`` bits 6-7; ``z`` bits 0-5; ``y`` bits 4-7 and ``z`` bits 6-7. The
first four bytes of the packed data are the version (0) and the length of the rest (24 bits).

Every step below handles one column of 1024 bytes at a time, as one large integer or one strided slice.
"""

from __future__ import annotations

import struct
from functools import lru_cache

from pyoprollup.errors import DecodeError

__all__ = ["BLOB_SIZE", "MAX_BLOB_DATA_SIZE", "BlobError", "blob_from_data", "blob_to_data"]

BLOB_SIZE = 4096 * 32
MAX_BLOB_DATA_SIZE = (4 * 31 + 3) * 1024 - 4
"""Bytes of data that fit a blob: 130,044."""

_ROUNDS = 1024
_ROUND_DATA, _ROUND_BLOB = 127, 128
_HEADER_SIZE = 4
_ZEROS = bytes(BLOB_SIZE)


class BlobError(DecodeError):
    """A blob holds no data in this packing, or data does not fit a blob."""


def blob_to_data(blob: bytes) -> bytes:
    """The data packed in a blob; raises :class:`BlobError`.

    Only the rounds that the length calls for are unpacked. The rest of the blob, and of the last
    round, must be zero.
    """
    if len(blob) != BLOB_SIZE:
        raise BlobError(f"a blob has {BLOB_SIZE} bytes, not {len(blob)}")
    if blob[1] != 0:
        raise BlobError(f"blob encoding version {blob[1]} is not supported")
    size = int.from_bytes(blob[2:5], "big")
    if size > MAX_BLOB_DATA_SIZE:
        raise BlobError(f"a blob cannot hold {size} bytes")
    rounds = max(1, -(-(size + _HEADER_SIZE) // _ROUND_DATA))
    used = rounds * _ROUND_BLOB
    packed = bytearray(blob[:used])
    _unpack_rounds(packed, rounds)
    if any(packed[_HEADER_SIZE + size :]) or blob[used:] != _ZEROS[used:]:
        raise BlobError(f"bytes after the {size} bytes of data are not zero")
    return bytes(memoryview(packed)[_HEADER_SIZE : _HEADER_SIZE + size])


def _unpack_rounds(packed: bytearray, rounds: int) -> None:
    """Turn 128 bytes a round into 127, in place: put x, y, z where they belong, drop the first byte."""
    a, b, c, d = (int.from_bytes(packed[offset::_ROUND_BLOB], "big") for offset in (0, 32, 64, 96))
    mask = _repeated(0x01, rounds)
    # The reference does not look at the two top bits of the very first element.
    first_free = mask * 0xC0 & ~(0xC0 << 8 * (rounds - 1))
    if a & first_free or (b | c | d) & mask * 0xC0:
        raise BlobError("a field element has one of its two top bits set")
    x = a & mask * 0x3F | (b & mask * 0x30) << 2
    y = b & mask * 0x0F | (d & mask * 0x0F) << 4
    z = c & mask * 0x3F | (d & mask * 0x30) << 2
    for offset, column in ((32, x), (64, y), (96, z)):
        packed[offset::_ROUND_BLOB] = column.to_bytes(rounds, "big")
    del packed[::_ROUND_BLOB]


def blob_from_data(data: bytes) -> bytes:
    """A blob that holds ``data``; raises :class:`BlobError` if it does not fit."""
    size = len(data)
    if size > MAX_BLOB_DATA_SIZE:
        raise BlobError(f"a blob cannot hold {size} bytes")
    if not size:
        return _ZEROS
    rounds = -(-(size + _HEADER_SIZE) // _ROUND_DATA)
    packed = (size.to_bytes(_HEADER_SIZE, "big") + data).ljust(rounds * _ROUND_DATA, b"\0")
    x, y, z = (int.from_bytes(packed[offset::_ROUND_DATA], "big") for offset in (31, 63, 95))
    mask = _repeated(0x01, rounds)
    heads = (
        x & mask * 0x3F,
        y & mask * 0x0F | (x & mask * 0xC0) >> 2,
        z & mask * 0x3F,
        (y & mask * 0xF0) >> 4 | (z & mask * 0xC0) >> 2,
    )
    used = rounds * _ROUND_BLOB
    # Of the ways to cut the data into rounds, struct is the quickest by far.
    blob = bytearray(1).join((b"", *_round_cutter(rounds).unpack(packed)))
    for element, head in enumerate(heads):
        # Bytes x, y and z were copied along, to where the heads of the next elements go.
        blob[32 * element :: _ROUND_BLOB] = head.to_bytes(rounds, "big")
    return bytes(blob) + _ZEROS[used:]


@lru_cache(maxsize=8)
def _round_cutter(rounds: int) -> struct.Struct:
    return struct.Struct(f"{_ROUND_DATA}s" * rounds)


def _repeated(byte: int, count: int) -> int:
    return int.from_bytes(bytes((byte,)) * count, "big")
