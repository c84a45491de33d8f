"""FastLZ (level 1), written out: compression to real bytes, position by position, and decompression.

The twin of :mod:`pyoprollup.evm.fastlz`, which only counts the bytes. That what it writes decompresses to the
input is what makes it one.
"""

from __future__ import annotations

MAX_DISTANCE = 8192
LONGEST = 262
"""Bytes that one match instruction can stand for."""


def _key(data: bytes, at: int) -> int:
    return (2654435769 * int.from_bytes(data[at : at + 3], "little") & 0xFFFFFFFF) >> 19


def _literals(out: bytearray, run: bytes) -> None:
    for start in range(0, len(run), 32):
        part = run[start : start + 32]
        out.append(len(part) - 1)
        out += part


def _match(out: bytearray, length: int, distance: int) -> None:
    """``length`` counts from the third byte that matches."""
    high, low = distance - 1 >> 8, distance - 1 & 255
    while length > LONGEST:
        out += bytes([7 << 5 | high, LONGEST - 9, low])
        length -= LONGEST
    if length < 7:
        out += bytes([length << 5 | high, low])
    else:
        out += bytes([7 << 5 | high, length - 7, low])


def _find(data: bytes, table: list[int], at: int, limit: int) -> tuple[int, int] | None:
    """The next position whose three bytes stood somewhere before, and where; ``None`` at the end."""
    while True:
        key = _key(data, at)
        earlier, table[key] = table[key], at
        is_match = at - earlier < MAX_DISTANCE and data[earlier : earlier + 3] == data[at : at + 3]
        if at >= limit:
            return None
        at += 1
        if is_match:
            return None if at >= limit else (at - 1, earlier)


def compress(data: bytes) -> bytes:
    out, table = bytearray(), [0] * 8192
    limit, bound = len(data) - 13, len(data) - 4
    anchor, at = 0, 2
    while at < limit:
        found = _find(data, table, at, limit)
        if found is None:
            break
        at, earlier = found
        _literals(out, data[anchor:at])
        length = 0
        while at + 3 + length < bound:
            length += 1
            if data[earlier + 2 + length] != data[at + 2 + length]:
                break
        _match(out, length, at - earlier)
        at += length
        for _ in range(2):
            table[_key(data, at)] = at
            at += 1
        anchor = at
    _literals(out, data[anchor:])
    return bytes(out)


def decompress(data: bytes) -> bytes:
    out, at = bytearray(), 0
    while at < len(data):
        control = data[at]
        at += 1
        if control < 32:
            out += data[at : at + control + 1]
            at += control + 1
            continue
        length, distance = (control >> 5) + 2, (control & 31) << 8
        if control >> 5 == 7:
            length += data[at]
            at += 1
        distance += data[at] + 1
        at += 1
        for _ in range(length):
            out.append(out[-distance])
    return bytes(out)
