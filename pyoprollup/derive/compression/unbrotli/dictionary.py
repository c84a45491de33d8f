"""The words of brotli's built-in dictionary, which the C library has; no need to ship them again.

A stream of one command is made for each word wanted: 322 literals (of no bits each) followed by a copy
from further back than there is data, which means a word. Its next command would need eight more
bits, so the library stops behind the word and hands it over.

Specification: RFC 7932, section 8.
"""

from __future__ import annotations

from functools import lru_cache

import brotli

from pyoprollup.derive.compression.unbrotli.bits import FaultError
from pyoprollup.derive.compression.unbrotli.tables import COMMANDS

__all__ = ["MAX_WORD_LENGTH", "MIN_WORD_LENGTH", "dictionary_word"]

MIN_WORD_LENGTH, MAX_WORD_LENGTH = 4, 24

_MAX_ADDRESS = 121 << 11
"""There are 121 transforms and at most 2048 words of a length."""

_LITERALS = 322
"""The least insert length whose symbol has eight extra bits."""


@lru_cache(maxsize=1 << 14)
def dictionary_word(length: int, address: int) -> bytes:
    """The transformed word for a copy of ``length`` bytes, ``address`` beyond the oldest data.

    Raises :class:`FaultError` if there is none.
    """
    if not MIN_WORD_LENGTH <= length <= MAX_WORD_LENGTH:
        raise FaultError("no dictionary words of this length")
    if address >= _MAX_ADDRESS:
        raise FaultError("no such transform")
    try:
        return bytes(brotli.Decompressor().process(_stream(length, address))[_LITERALS:])
    except brotli.error as exc:
        raise FaultError("no such transform") from exc


def _stream(length: int, address: int) -> bytes:
    command, copy_extra, copy_rest = _command(length)
    distance = _LITERALS + 1 + address
    scaled = distance + 3
    extra = scaled.bit_length() - 2
    distance_symbol = 16 + 2 * (extra - 1) + (scaled >> extra & 1)
    fields = [
        (4, 0b1011),  # a window of 22 bits
        (1 + 2, 0),  # not the last metablock, length in four nibbles
        (16, 0xFFFF),
        (1, 0),  # compressed
        (3, 0),  # one block type each
        (6 + 2 + 2, 0),  # no postfix, no direct codes, one context mode and code each
        (4 + 8, 0b0001),  # the only literal is 0
        (4 + 10, 0b0001 | command << 4),
        (4 + 6, 0b0001 | distance_symbol << 4),
        (8, 0),
        (copy_extra, copy_rest),
        (extra, scaled & (1 << extra) - 1),
    ]
    bits = at = 0
    for width, value in fields:
        bits |= value << at
        at += width
    return bits.to_bytes((at + 7) // 8, "little")


@lru_cache(maxsize=32)
def _command(length: int) -> tuple[int, int, int]:
    """The command symbol of 322 literals and a copy: symbol, extra bits of the copy, their value."""
    for symbol, (insert, _, copy, extra, again, _) in enumerate(COMMANDS):
        if insert == _LITERALS and not again and copy <= length < copy + (1 << extra):
            return symbol, extra, length - copy
    raise AssertionError(length)
