"""The constants of the brotli format, spelled as rules where the specification has tables.

Specification: RFC 7932, sections 3.5, 4, 5, 6 and 7.1.
"""

from __future__ import annotations

from functools import cache

__all__ = [
    "BLOCK_LENGTHS",
    "CODE_LENGTH_CODE",
    "CODE_LENGTH_ORDER",
    "COMMANDS",
    "CONTEXT_TABLES",
    "DISTANCE_SYMBOLS",
    "SHORT_DISTANCES",
    "distance_ranges",
]

CODE_LENGTH_ORDER = (1, 2, 3, 4, 0, 5, 17, 6, 16, 7, 8, 9, 10, 11, 12, 13, 14, 15)

CODE_LENGTH_CODE = (
    (2, 0), (2, 4), (2, 3), (3, 2), (2, 0), (2, 4), (2, 3), (4, 1),
    (2, 0), (2, 4), (2, 3), (3, 2), (2, 0), (2, 4), (2, 3), (4, 5),
)  # fmt: skip
"""``(bits used, length)`` by the next four bits: the fixed code of the code length code's lengths."""

DISTANCE_SYMBOLS = 16 + 48
"""Distance symbols without direct codes and postfix bits; each postfix bit doubles the 48."""

SHORT_DISTANCES = (
    (1, 0), (2, 0), (3, 0), (4, 0),
    (1, -1), (1, 1), (1, -2), (1, 2), (1, -3), (1, 3),
    (2, -1), (2, 1), (2, -2), (2, 2), (2, -3), (2, 3),
)  # fmt: skip
"""``(which of the last distances, what to add)`` for distance symbols 0 to 15."""


def _ranges(first: int, extra_bits: str) -> tuple[tuple[int, int], ...]:
    """``(base, extra bits)`` of symbols whose ranges follow one another without a gap."""
    rows = []
    for extra in map(int, extra_bits.split()):
        rows.append((first, extra))
        first += 1 << extra
    return tuple(rows)


BLOCK_LENGTHS = _ranges(1, "2 2 2 2 3 3 3 3 4 4 4 4 5 5 5 5 6 6 7 8 9 10 11 12 13 24")

_INSERTS = _ranges(0, "0 0 0 0 0 0 1 1 2 2 3 3 4 4 5 5 6 7 8 9 10 12 14 24")
_COPIES = _ranges(2, "0 0 0 0 0 0 0 0 1 1 2 2 3 3 4 4 5 5 6 7 8 9 10 24")
_CELLS = ((0, 0), (0, 8), (0, 0), (0, 8), (8, 0), (8, 8), (0, 16), (16, 0), (8, 16), (16, 8), (16, 16))
"""First insert and copy code of each 64 command symbols; the first two reuse the last distance."""


def _command(symbol: int) -> tuple[int, int, int, int, bool, int]:
    insert, copy = _CELLS[symbol >> 6]
    insert_base, insert_extra = _INSERTS[insert + (symbol >> 3 & 7)]
    copy_base, copy_extra = _COPIES[copy + (symbol & 7)]
    return insert_base, insert_extra, copy_base, copy_extra, symbol < 128, min(copy_base - 2, 3)


COMMANDS = tuple(_command(symbol) for symbol in range(704))
"""``(insert base, extra bits, copy base, extra bits, last distance again, distance context)``."""


def _utf8_classes() -> tuple[bytes, bytes]:
    last, before = bytearray(256), bytearray(256)
    for byte in range(33, 127):
        char = chr(byte)
        if char.isdigit():
            last[byte], before[byte] = 44, 2
        elif char.isalpha():
            consonant = 0 if char in "AEIOUaeiou" else 4
            last[byte] = (48 if char.isupper() else 56) + consonant
            before[byte] = 2 if char.isupper() else 3
        else:
            last[byte], before[byte] = 12, 1
    for value, chars in {
        4: "\t\n\r", 8: " ", 16: "\"'", 20: "%", 24: "(<[{", 28: ")>]}", 32: ",:;", 36: ".", 40: "=",
    }.items():  # fmt: skip
        for char in chars:
            last[ord(char)] = value
    for byte in range(128, 256):
        last[byte] = byte & 1 | byte >> 5 & 2
        before[byte] = 2 if byte >= 224 else 0
    return bytes(last), bytes(before)


def _signed_classes() -> tuple[bytes, bytes]:
    steps = (1, 16, 64, 128, 192, 240, 255)
    classes = [sum(byte >= step for step in steps) for byte in range(256)]
    return bytes(c << 3 for c in classes), bytes(classes)


CONTEXT_TABLES = (
    (bytes(byte & 63 for byte in range(256)), bytes(256)),
    (bytes(byte >> 2 for byte in range(256)), bytes(256)),
    _utf8_classes(),
    _signed_classes(),
)
"""By context mode: what the last byte and the byte before it add to the literal's context."""


@cache
def distance_ranges(postfix_bits: int, direct_codes: int) -> tuple[tuple[int, int], ...]:
    """``(least distance, extra bits)`` of distance symbols from 16 on; the extra bits count in steps
    of ``1 << postfix_bits``."""
    rows = [(1 + direct, 0) for direct in range(direct_codes)]
    for index in range(48):
        extra = (index >> 1) + 1
        offset = ((2 + (index & 1)) << extra) - 4
        first = 1 + direct_codes + (offset << postfix_bits)
        rows += [(first + postfix, extra) for postfix in range(1 << postfix_bits)]
    return tuple(rows)
