"""Reads the header of a metablock.

Specification: RFC 7932, sections 7.3, 9.2 and 10.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

from pyoprollup.derive.compression.prefix_code import PrefixCode
from pyoprollup.derive.compression.unbrotli.bits import BitReader, FaultError
from pyoprollup.derive.compression.unbrotli.codes import read_code
from pyoprollup.derive.compression.unbrotli.tables import BLOCK_LENGTHS, DISTANCE_SYMBOLS

__all__ = ["BlockTypes", "Extent", "Metablock", "read_extent", "read_metablock", "read_window_bits"]

_LITERALS = 256
_COMMANDS = 704
_UNLIMITED = 1 << 24
_LITERAL_CONTEXTS, _DISTANCE_CONTEXTS = 64, 4


@dataclass(frozen=True, slots=True)
class Extent:
    """What a metablock is: ``length`` bytes of data, or of metadata to be skipped."""

    last: bool
    length: int
    metadata: bool = False
    uncompressed: bool = False


@dataclass(slots=True)
class BlockTypes:
    """Which of ``count`` block types is ``current``, and how many elements (``left``) it still has."""

    count: int = 1
    left: int = _UNLIMITED
    current: int = 0
    previous: int = 1
    type_code: PrefixCode | None = None
    length_code: PrefixCode | None = None

    def switch(self, symbol: int, length: int) -> None:
        if symbol == 0:
            chosen = self.previous
        elif symbol == 1:
            chosen = self.current + 1
        else:
            chosen = symbol - 2
        self.previous, self.current = self.current, chosen % self.count
        self.left = length


@dataclass(slots=True)
class Metablock:
    """Block types, contexts and codes of a compressed metablock."""

    literals: BlockTypes = field(default_factory=BlockTypes)
    commands: BlockTypes = field(default_factory=BlockTypes)
    distances: BlockTypes = field(default_factory=BlockTypes)
    postfix_bits: int = 0
    direct_codes: int = 0
    context_modes: list[int] = field(default_factory=list)
    literal_map: list[int] = field(default_factory=list)
    distance_map: list[int] = field(default_factory=list)
    literal_codes: list[PrefixCode] = field(default_factory=list)
    command_codes: list[PrefixCode] = field(default_factory=list)
    distance_codes: list[PrefixCode] = field(default_factory=list)


def read_window_bits(reader: BitReader) -> Generator[None, None, int]:
    """The stream header: 10 to 24."""
    while not reader.warm_up():
        yield
    if not reader.take(1):
        return 16
    if bits := reader.take(3):
        return 17 + bits
    bits = reader.take(3)
    if bits == 1:
        raise FaultError("large window")
    return 8 + bits if bits else 17


def read_extent(reader: BitReader) -> Generator[None, None, Extent]:
    """The first part of a metablock's header; the reader is at a byte boundary for raw data."""
    yield from reader.bits(1)
    last = bool(reader.take(1))
    if last:
        yield from reader.bits(1)
        if reader.take(1):
            return Extent(last, 0)
    yield from reader.bits(2)
    nibbles = reader.take(2) + 4
    if nibbles == 7:
        return (yield from _read_metadata_extent(reader, last))
    length = 0
    for i in range(nibbles):
        yield from reader.bits(4)
        nibble = reader.take(4)
        if i == nibbles - 1 and nibbles > 4 and nibble == 0:
            raise FaultError("metablock length has a needless nibble")
        length |= nibble << 4 * i
    uncompressed = False
    if not last:
        yield from reader.bits(1)
        uncompressed = bool(reader.take(1))
        if uncompressed:
            reader.align("metablock")
    return Extent(last, length + 1, uncompressed=uncompressed)


def _read_metadata_extent(reader: BitReader, last: bool) -> Generator[None, None, Extent]:
    yield from reader.bits(1)
    if reader.take(1):
        raise FaultError("reserved bit is set")
    yield from reader.bits(2)
    width = reader.take(2)
    length = 0
    for i in range(width):
        yield from reader.bits(8)
        byte = reader.take(8)
        if i == width - 1 and width > 1 and byte == 0:
            raise FaultError("metadata length has a needless byte")
        length |= byte << 8 * i
    reader.align("metadata")
    return Extent(last, length + 1 if width else 0, metadata=True)


def read_metablock(reader: BitReader) -> Generator[None, None, Metablock]:
    """The rest of the header of a compressed metablock."""
    block = Metablock()
    for types in (block.literals, block.commands, block.distances):
        yield from _read_block_types(reader, types)
    yield from reader.bits(6)
    block.postfix_bits = reader.take(2)
    block.direct_codes = reader.take(4) << block.postfix_bits
    for _ in range(block.literals.count):
        yield from reader.bits(2)
        block.context_modes.append(reader.take(2))
    size = block.literals.count * _LITERAL_CONTEXTS
    literal_codes, block.literal_map = yield from _read_context_map(reader, size)
    size = block.distances.count * _DISTANCE_CONTEXTS
    distance_codes, block.distance_map = yield from _read_context_map(reader, size)
    distances = (DISTANCE_SYMBOLS - 16 << block.postfix_bits) + 16 + block.direct_codes
    for codes, count, alphabet in (
        (block.literal_codes, literal_codes, _LITERALS),
        (block.command_codes, block.commands.count, _COMMANDS),
        (block.distance_codes, distance_codes, distances),
    ):
        for _ in range(count):
            codes.append((yield from read_code(reader, alphabet)))
    return block


def _read_count(reader: BitReader) -> Generator[None, None, int]:
    """A number from 1 to 256."""
    yield from reader.bits(1)
    if not reader.take(1):
        return 1
    yield from reader.bits(3)
    width = reader.take(3)
    if not width:
        return 2
    yield from reader.bits(width)
    return (1 << width) + reader.take(width) + 1


def _read_block_types(reader: BitReader, types: BlockTypes) -> Generator[None, None, None]:
    types.count = yield from _read_count(reader)
    if types.count == 1:
        return
    types.type_code = yield from read_code(reader, types.count + 2)
    types.length_code = yield from read_code(reader, len(BLOCK_LENGTHS))
    while (symbol := reader.try_symbol(types.length_code)) < 0:
        yield
    base, extra = BLOCK_LENGTHS[symbol]
    yield from reader.bits(extra)
    types.left = base + reader.take(extra)


def _read_context_map(reader: BitReader, size: int) -> Generator[None, None, tuple[int, list[int]]]:
    """How many codes there are, and which of them goes with each context."""
    codes = yield from _read_count(reader)
    if codes == 1:
        return 1, [0] * size
    yield from reader.bits(5)
    longest_run = reader.take(1)
    if longest_run:
        longest_run += reader.take(4)
    code = yield from read_code(reader, codes + longest_run)
    result: list[int] = []
    while len(result) < size:
        while (symbol := reader.try_symbol(code)) < 0:
            yield
        if symbol == 0 or symbol > longest_run:
            result.append(max(symbol - longest_run, 0))
            continue
        yield from reader.bits(symbol)
        count = (1 << symbol) + reader.take(symbol)
        if len(result) + count > size:
            raise FaultError("context map is too long")
        result += [0] * count
    yield from reader.bits(1)
    if reader.take(1):
        _undo_move_to_front(result)
    return codes, result


def _undo_move_to_front(values: list[int]) -> None:
    order = list(range(256))
    for i, index in enumerate(values):
        values[i] = value = order.pop(index)
        order.insert(0, value)
