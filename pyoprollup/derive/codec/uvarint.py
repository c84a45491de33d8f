"""Unsigned varints (protobuf's, as Go's ``encoding/binary`` reads them), singly and in columns.

Seven bits a byte, least significant first, the top bit set on all bytes but the last; at most ten
bytes and 64 bits. Encodings that are longer than they need be are legal.

Columns are cut up by one bounded regular expression. The bound matters: an unbounded
``[\\x80-\\xff]*`` backtracks quadratically on a long run of continuation bytes.

Twin: pyoprollup.derive.codec.uvarint:read_uvarint; held equal by tests/unit/derive/codec/test_uvarint.py.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator

from pyoprollup.errors import DecodeError
from pyoprollup.eth.rlp import encode_uint

__all__ = [
    "UvarintError",
    "encode_uvarint",
    "read_uvarint",
    "read_uvarint_column",
    "read_uvarint_rlp_column",
]

MAX_LENGTH = 10
_TOKEN = re.compile(rb"[\x80-\xff]{0,9}[\x00-\x7f]|[\x80-\xff]{10}")
_WINDOW = 1 << 16
"""Values per step, so that a hostile column of millions costs no more than its array."""


class UvarintError(DecodeError):
    """A varint is cut off or does not fit 64 bits."""


def encode_uvarint(value: int) -> bytes:
    """Shortest encoding of ``value`` (0 … 2^64 - 1)."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_uvarint(data: bytes, pos: int, end: int) -> tuple[int, int]:
    """``(value, next position)`` of the varint at ``pos`` within ``data[:end]``."""
    value = shift = 0
    for index in range(pos, min(end, pos + MAX_LENGTH)):
        byte = data[index]
        if byte < 0x80:
            if shift == 63 and byte > 1:
                break
            return value | byte << shift, index + 1
        value |= (byte & 0x7F) << shift
        shift += 7
    else:
        if end - pos < MAX_LENGTH:
            raise UvarintError(f"varint at byte {pos} is cut off")
    raise UvarintError(f"varint at byte {pos} does not fit 64 bits")


def _tokens(data: bytes, pos: int, end: int, count: int) -> Iterator[tuple[list[bytes], int]]:
    """Windows of raw varints, ``count`` in all, each with the position after it."""
    if end - pos < count:
        raise UvarintError(f"{end - pos} bytes cannot hold {count} varints")
    while count:
        wanted = min(count, _WINDOW)
        # Three bytes a value is typical; a window that turns out short is simply followed by another.
        tokens = _TOKEN.findall(data, pos, min(end, pos + 3 * wanted + 16))
        del tokens[wanted:]
        if not tokens:
            raise UvarintError(f"varint at byte {pos} is cut off")
        pos += sum(map(len, tokens))
        count -= len(tokens)
        yield tokens, pos


class _Values(dict[bytes, int]):
    """Raw varint → value, remembered while one column is read."""

    def __missing__(self, token: bytes) -> int:
        value, _ = read_uvarint(token, 0, len(token))
        if len(self) < _WINDOW:
            self[token] = value
        return value


class _RlpValues(dict[bytes, bytes]):
    """Raw varint → RLP of its value, remembered while one column is read."""

    def __missing__(self, token: bytes) -> bytes:
        # Two and three bytes are by far the most common misses.
        if len(token) == 3:
            value = token[0] & 0x7F | (token[1] & 0x7F) << 7 | token[2] << 14
        else:
            value, _ = read_uvarint(token, 0, len(token))
        encoded = encode_uint(value)
        if len(self) < _WINDOW:
            self[token] = encoded
        return encoded


def read_uvarint_column(data: bytes, pos: int, end: int, count: int, limit: int) -> tuple[array[int], int]:
    """``count`` values, none above ``limit`` (below 2^32), and the position after them.

    Raises :class:`UvarintError`.
    """
    values = array("I")
    lookup = _Values()
    # Counts of transactions mostly fit one byte, and a few bytes may claim millions of them.
    while _WINDOW <= count <= end - pos and (chunk := data[pos : pos + _WINDOW]).isascii():
        if max(chunk) > limit:
            raise UvarintError(f"value {max(chunk)} exceeds {limit}")
        values.extend(chunk)
        pos += _WINDOW
        count -= _WINDOW
    for tokens, after in _tokens(data, pos, end, count):
        window = list(map(lookup.__getitem__, tokens))
        if max(window) > limit:
            raise UvarintError(f"value {max(window)} exceeds {limit}")
        values.extend(window)
        pos = after
    return values, pos


def read_uvarint_rlp_column(data: bytes, pos: int, end: int, count: int) -> tuple[list[bytes], int]:
    """``count`` values as RLP integers, the form in which transactions need them, and the
    position after them. Raises :class:`UvarintError`."""
    values: list[bytes] = []
    lookup = _RlpValues()
    for tokens, after in _tokens(data, pos, end, count):
        values.extend(map(lookup.__getitem__, tokens))
        pos = after
    return values, pos
