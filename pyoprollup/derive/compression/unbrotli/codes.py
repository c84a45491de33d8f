"""Reads the prefix codes of a metablock's header.

All functions that read are generators: they yield when they need more input.

Specification: RFC 7932, sections 3.4 and 3.5.
"""

from __future__ import annotations

from collections.abc import Generator

from pyoprollup.derive.compression.prefix_code import PrefixCode, build_code, single_symbol
from pyoprollup.derive.compression.unbrotli.bits import BitReader, FaultError
from pyoprollup.derive.compression.unbrotli.tables import CODE_LENGTH_CODE, CODE_LENGTH_ORDER

__all__ = ["read_code"]

_REPEAT_PREVIOUS = 16
_FULL = 1 << 15
_SHORT_INPUT = 4
"""Bytes that must be left to be pulled for reading ahead."""


def read_code(reader: BitReader, alphabet: int) -> Generator[None, None, PrefixCode]:
    """A prefix code over the symbols ``0 .. alphabet - 1``."""
    yield from reader.bits(2)
    kind = reader.take(2)
    if kind == 1:
        return (yield from _simple_code(reader, alphabet))
    code = yield from _length_code(reader, kind)
    return build_code((yield from _lengths(reader, code, alphabet)))


def _simple_code(reader: BitReader, alphabet: int) -> Generator[None, None, PrefixCode]:
    yield from reader.bits(2)
    count = reader.take(2) + 1
    width = (alphabet - 1).bit_length()
    symbols: list[int] = []
    for _ in range(count):
        yield from reader.bits(width)
        symbols.append(reader.take(width))
        if symbols[-1] >= alphabet:
            raise FaultError("simple code has a symbol outside its alphabet")
    if len(set(symbols)) < count:
        raise FaultError("simple code has a symbol twice")
    shape: tuple[int, ...] = ((0,), (1, 1), (1, 2, 2), (2, 2, 2, 2))[count - 1]
    if count == 4:
        yield from reader.bits(1)
        if reader.take(1):
            shape = (1, 2, 3, 3)
    if count == 1:
        return single_symbol(symbols[0])
    lengths = bytearray(max(symbols) + 1)
    for symbol, length in zip(symbols, shape, strict=True):
        lengths[symbol] = length
    return build_code(lengths)


def _length_code(reader: BitReader, skip: int) -> Generator[None, None, PrefixCode]:
    """The code in which the code lengths are written; ``skip`` of its own lengths are left out."""
    lengths = bytearray(18)
    space, used = 32, 0
    for symbol in CODE_LENGTH_ORDER[skip:]:
        while True:
            reader.pull(4)
            width, length = CODE_LENGTH_CODE[reader.peek() & 15]
            if reader.pos + width <= 8 * reader.end:
                break
            yield
        reader.pos += width
        if length:
            lengths[symbol] = length
            used += 1
            space -= 32 >> length
            if space <= 0:
                break
    if used == 1:
        return single_symbol(next(symbol for symbol in range(18) if lengths[symbol]))
    if space:
        raise FaultError("code of the code lengths is not complete")
    return build_code(lengths)


def _lengths(reader: BitReader, code: PrefixCode, alphabet: int) -> Generator[None, None, bytearray]:
    lengths = bytearray(alphabet)
    at, space = 0, _FULL
    previous, repeat, repeated = 8, 0, 0
    ahead = reader.warm_up()
    while at < alphabet and space:
        ahead = ahead and reader.end - reader.pulled >= _SHORT_INPUT
        if ahead:
            reader.read_ahead()
        entry = code.find(reader.peek())
        symbol, width = entry >> 4, entry & 15
        extra = symbol - 14 if symbol >= _REPEAT_PREVIOUS else 0
        if not ahead and not reader.pull(width + extra):
            yield
            ahead = reader.warm_up()
            continue
        reader.pos += width
        if not extra:
            lengths[at] = symbol
            repeat = 0
            at += 1
            if symbol:
                previous = symbol
                space -= _FULL >> symbol
            continue
        value = previous if symbol == _REPEAT_PREVIOUS else 0
        if value != repeated:
            repeat, repeated = 0, value
        before = repeat
        repeat = ((repeat - 2) << extra if repeat else 0) + reader.take(extra) + 3
        count = repeat - before
        if at + count > alphabet:
            raise FaultError("more code lengths than symbols")
        if value:
            lengths[at : at + count] = bytes((value,)) * count
            space -= count << (15 - value)
        at += count
    if space:
        raise FaultError("prefix code is not complete")
    return lengths
