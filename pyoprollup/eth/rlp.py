"""RLP: a strict, iterative decoder for hostile input, and small encoders for splicing.

Twin: rlp; held equal by tests/unit/eth/test_rlp.py.

Specification: Ethereum Yellow Paper, appendix B; only canonical encodings are accepted, as in
go-ethereum: a byte below ``0x80`` stands for itself, the long form is for payloads of more than 55
bytes, and a long form's length has no leading zeros.

Decoding is our own because the ``rlp`` package takes quadratic time on long lists and recurses on
nested ones. Encoding of whole trees goes through ``rlp``; the small ``encode_*`` functions here
exist because its generic dispatch costs more than everything else on per-transaction paths. They
are property-tested to equal it.

Every function takes ``bytes`` (not a memoryview) and costs time and memory linear in the input: a
decoded list costs some 60 bytes for each item, whatever the item's size.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from pyoprollup.errors import DecodeError

__all__ = [
    "EMPTY_LIST",
    "EMPTY_STRING",
    "RlpError",
    "RlpItem",
    "decode",
    "decode_bytes",
    "decode_fixed",
    "decode_fixed_list",
    "decode_uint",
    "encode",
    "encode_bytes",
    "encode_list",
    "encode_uint",
    "list_header",
    "read_header",
    "read_item",
    "split_list",
    "split_raw",
    "string_header",
]

RlpItem: TypeAlias = "bytes | list[RlpItem]"
"""A decoded item: a string, or a list of items."""

EMPTY_STRING = b"\x80"
EMPTY_LIST = b"\xc0"


class RlpError(DecodeError):
    """The input is not canonical RLP, or not of the shape that was asked for."""


# --- Decoding


def read_header(data: bytes, pos: int, end: int) -> tuple[bool, int, int]:
    """Read the header of the item at ``pos``: ``(is_list, payload_start, payload_end)``.

    The item must lie within ``data[:end]`` (``end`` at most ``len(data)``); ``payload_end`` is the
    position of what follows it. Raises :class:`RlpError` if it is cut short or not canonical.
    """
    if pos >= end:
        raise RlpError(f"an item is missing at byte {pos}")
    first = data[pos]
    if first < 0x80:
        return False, pos, pos + 1
    start = pos + 1
    if first < 0xB8:
        stop = start + first - 0x80
        if stop > end:
            raise RlpError(f"string at byte {pos} runs past the end of its container")
        if first == 0x81 and data[start] < 0x80:
            raise RlpError(f"byte {data[start]:#04x} at {pos} must be its own encoding")
        return False, start, stop
    if 0xC0 <= first < 0xF8:
        stop = start + first - 0xC0
        if stop > end:
            raise RlpError(f"list at byte {pos} runs past the end of its container")
        return True, start, stop
    is_list = first >= 0xF8
    start, stop = _long_payload(data, pos, end, first - (0xF7 if is_list else 0xB7))
    return is_list, start, stop


def _long_payload(data: bytes, pos: int, end: int, width: int) -> tuple[int, int]:
    """Bounds of the payload of the long-form item at ``pos``, whose length takes ``width`` bytes."""
    start = pos + 1 + width
    if start > end:
        raise RlpError(f"the length of the item at byte {pos} is cut short")
    size = int.from_bytes(data[pos + 1 : start], "big")
    if data[pos + 1] == 0:
        raise RlpError(f"the length of the item at byte {pos} has leading zeros")
    if size < 56:
        raise RlpError(f"the item at byte {pos} has only {size} bytes, too short for the long form")
    if start + size > end:
        raise RlpError(f"the item at byte {pos} runs past the end of its container")
    return start, start + size


def decode(data: bytes) -> RlpItem:
    """Decode one item that takes up the whole of ``data``. Nesting may be of any depth.

    Raises :class:`RlpError`.
    """
    is_list, pos, end = read_header(data, 0, len(data))
    if end != len(data):
        raise RlpError(f"{len(data) - end} bytes follow the item")
    if not is_list:
        return data[pos:end]
    root: list[RlpItem] = []
    items = root
    enclosing: list[tuple[list[RlpItem], int]] = []
    while True:
        if pos == end:
            if not enclosing:
                return root
            items, end = enclosing.pop()
            continue
        if data[pos] < 0x80:
            items.append(data[pos : pos + 1])
            pos += 1
            continue
        is_list, start, stop = read_header(data, pos, end)
        if is_list:
            child: list[RlpItem] = []
            items.append(child)
            enclosing.append((items, end))
            items, pos, end = child, start, stop
        else:
            items.append(data[start:stop])
            pos = stop


def read_item(data: bytes, *, expect_list: bool) -> tuple[int, int]:
    """Payload bounds of the one item that takes up all of ``data`` and must be of the given kind.

    Raises :class:`RlpError`.
    """
    is_list, start, stop = read_header(data, 0, len(data))
    if is_list != expect_list:
        raise RlpError("expected a list" if expect_list else "expected a string, got a list")
    if stop != len(data):
        raise RlpError(f"{len(data) - stop} bytes follow the item")
    return start, stop


def decode_bytes(data: bytes) -> bytes:
    """The string that takes up the whole of ``data``; raises :class:`RlpError`."""
    start, stop = read_item(data, expect_list=False)
    return data[start:stop]


def split_list(data: bytes, start: int = 0) -> tuple[list[bytes], list[int]]:
    """Items of the list that takes up ``data[start:]``, without decoding what is inside them.

    Returns ``(items, lists)``: a string item is its payload, a list item is its whole encoding (to
    be decoded further, or spliced elsewhere); ``lists`` has the indices of the latter, so that one
    comparison checks a structure's shape. Raises :class:`RlpError`.
    """
    total = len(data)
    is_list, pos, end = read_header(data, start, total)
    if not is_list:
        raise RlpError("expected a list")
    if end != total:
        raise RlpError(f"{total - end} bytes follow the list")
    items: list[bytes] = []
    lists: list[int] = []
    append = items.append
    while pos < end:
        first = data[pos]
        if first < 0x80:
            append(data[pos : pos + 1])
            pos += 1
        elif 0x81 < first < 0xB8:  # the commonest header, unrolled
            stop = pos + first - 0x7F
            if stop > end:
                raise RlpError(f"string at byte {pos} runs past the end of its container")
            append(data[pos + 1 : stop])
            pos = stop
        else:
            is_list, inner, stop = read_header(data, pos, end)
            if is_list:
                lists.append(len(items))
                inner = pos
            append(data[inner:stop])
            pos = stop
    return items, lists


def split_raw(data: bytes) -> list[bytes]:
    """Whole encodings, headers included, of the items of the list that takes up ``data``.

    Raises :class:`RlpError`.
    """
    pos, end = read_item(data, expect_list=True)
    items: list[bytes] = []
    while pos < end:
        _, _, stop = read_header(data, pos, end)
        items.append(data[pos:stop])
        pos = stop
    return items


def decode_uint(payload: bytes, bits: int | None = 256) -> int:
    """The integer of a decoded string: big-endian, no leading zeros, at most ``bits`` bits (a
    multiple of 8; ``None``: of any size). Raises :class:`RlpError`.
    """
    if bits is not None and len(payload) * 8 > bits:
        raise RlpError(f"an integer of {len(payload)} bytes does not fit {bits} bits")
    if payload[:1] == b"\0":
        raise RlpError("an integer has leading zeros")
    return int.from_bytes(payload, "big")


def decode_fixed(payload: bytes, size: int) -> bytes:
    """A decoded string that must have exactly ``size`` bytes. Raises :class:`RlpError`."""
    if len(payload) != size:
        raise RlpError(f"expected {size} bytes, got {len(payload)}")
    return payload


def decode_fixed_list(encoded: bytes, size: int) -> tuple[bytes, ...]:
    """The items of an encoded list of strings that have ``size`` bytes each.

    Raises :class:`RlpError`.
    """
    start, stop = read_item(encoded, expect_list=True)
    header = string_header(size)
    if size < 2 or len(header) > 1:
        items, lists = split_list(encoded)
        if lists or any(len(item) != size for item in items):
            raise RlpError(f"expected a list of strings of {size} bytes each")
        return tuple(items)
    # With headers of one byte there is only one way to write such a list: check them all at once.
    step = 1 + size
    count, rest = divmod(stop - start, step)
    if rest or encoded[start::step] != header * count:
        raise RlpError(f"expected a list of strings of {size} bytes each")
    return tuple([encoded[pos : pos + size] for pos in range(start + 1, stop, step)])


# --- Encoding

_SHORT_STRING = [bytes([0x80 + size]) for size in range(56)]
_SHORT_LIST = [bytes([0xC0 + size]) for size in range(56)]
_SMALL_UINT = [EMPTY_STRING, *(bytes([value]) for value in range(1, 0x80))]


def encode(item: RlpItem) -> bytes:
    """Encoding of a tree of byte strings and lists."""
    # Imported at first use: with what it depends on, it takes longer to load than this whole package.
    import rlp

    encoded: bytes = rlp.encode(item)
    return encoded


def string_header(size: int) -> bytes:
    """What stands before a string of ``size`` bytes, unless it is a single byte below ``0x80``."""
    return _SHORT_STRING[size] if size < 56 else _long_header(0xB7, size)


def list_header(size: int) -> bytes:
    """What stands before the ``size`` bytes of encoded items in a list."""
    return _SHORT_LIST[size] if size < 56 else _long_header(0xF7, size)


def encode_bytes(data: bytes) -> bytes:
    """Encoding of one string."""
    size = len(data)
    if size == 1 and data[0] < 0x80:
        return data
    return (_SHORT_STRING[size] if size < 56 else _long_header(0xB7, size)) + data


def encode_uint(value: int) -> bytes:
    """Encoding of an unsigned integer of any size."""
    if value < 0x80:
        return _SMALL_UINT[value]
    size = (value.bit_length() + 7) >> 3
    return encode_bytes(value.to_bytes(size, "big"))


def encode_list(items: Iterable[bytes]) -> bytes:
    """Encoding of a list whose items are encoded already."""
    payload = b"".join(items)
    size = len(payload)
    return (_SHORT_LIST[size] if size < 56 else _long_header(0xF7, size)) + payload


def _long_header(base: int, size: int) -> bytes:
    width = (size.bit_length() + 7) >> 3
    return bytes([base + width]) + size.to_bytes(width, "big")
