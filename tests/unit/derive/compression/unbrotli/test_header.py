from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

import pytest

from pyoprollup.derive.compression.unbrotli.bits import BitReader, FaultError
from pyoprollup.derive.compression.unbrotli.header import (
    BlockTypes,
    Extent,
    read_extent,
    read_metablock,
    read_window_bits,
)
from tests.bit_writer import BitWriter, BrotliWriter

T = TypeVar("T")


def read(steps: Generator[None, None, T], reader: BitReader) -> T:
    """Give the reader its input byte by byte."""
    try:
        while True:
            next(steps)
            assert reader.pulled == reader.end, "it has looked at all there is"
            assert reader.end < len(reader.data), "it wants more than there is"
            reader.end += 1
    except StopIteration as result:
        value: T = result.value
        return value


def written(*fields: tuple[int, int]) -> BitReader:
    writer = BitWriter()
    for field in fields:
        writer.put(*field)
    writer.align()
    return BitReader(writer.getvalue())


@pytest.mark.parametrize("bits", range(10, 25))
def test_window_bits(bits: int) -> None:
    reader = BitReader(BrotliWriter(bits).getvalue())
    assert read(read_window_bits(reader), reader) == bits


@pytest.mark.parametrize(
    ("fields", "extent"),
    [
        ([(2, 3)], Extent(True, 0)),
        ([(2, 1), (2, 0), (16, 0)], Extent(True, 1)),
        ([(1, 0), (2, 0), (16, 99), (1, 0)], Extent(False, 100)),
        ([(1, 0), (2, 1), (20, 0x10000), (1, 0)], Extent(False, 0x10001)),
        ([(1, 0), (2, 2), (24, 0xFFFFFF), (1, 0)], Extent(False, 1 << 24)),
        ([(1, 0), (2, 0), (16, 99), (1, 1)], Extent(False, 100, uncompressed=True)),
        ([(1, 0), (2, 3), (1, 0), (2, 0)], Extent(False, 0, metadata=True)),
        ([(2, 1), (2, 3), (1, 0), (2, 0)], Extent(True, 0, metadata=True)),
        ([(1, 0), (2, 3), (1, 0), (2, 1), (8, 0)], Extent(False, 1, metadata=True)),
        ([(1, 0), (2, 3), (1, 0), (2, 3), (24, 0x10000)], Extent(False, 0x10001, metadata=True)),
    ],
)
def test_extents(fields: list[tuple[int, int]], extent: Extent) -> None:
    reader = written(*fields)
    assert read(read_extent(reader), reader) == extent
    aligned = extent.metadata or extent.uncompressed
    assert reader.pos == (len(reader.data) * 8 if aligned else sum(width for width, _ in fields))


@pytest.mark.parametrize(
    "fields",
    [
        [(1, 0), (2, 1), (20, 0xFFFF)],
        [(1, 0), (2, 2), (24, 0xFFFFF)],
        [(1, 0), (2, 3), (1, 1)],
        [(1, 0), (2, 3), (1, 0), (2, 2), (16, 0xFF)],
        [(1, 0), (2, 0), (16, 99), (1, 1), (1, 1)],
        [(1, 0), (2, 3), (1, 0), (2, 0), (1, 1)],
    ],
    ids=["nibble", "nibbles", "reserved", "byte", "padding", "metadata padding"],
)
def test_faulty_extents(fields: list[tuple[int, int]]) -> None:
    reader = written(*fields)
    with pytest.raises(FaultError):
        read(read_extent(reader), reader)


def simple(*symbols: int, width: int) -> list[tuple[int, int]]:
    return [(2, 1), (2, len(symbols) - 1), *((width, symbol) for symbol in symbols)]


TAIL = [*simple(7, width=8), *simple(130, width=10), *simple(3, width=6)]


def test_the_plainest_metablock() -> None:
    reader = written((3 + 6 + 2 + 2, 0), *TAIL)
    block = read(read_metablock(reader), reader)
    assert (block.literals.count, block.commands.count, block.distances.count) == (1, 1, 1)
    assert block.literal_map == [0] * 64
    assert block.distance_map == [0] * 4
    assert [code.find(0) >> 4 for code in block.literal_codes] == [7]
    assert [code.find(0) >> 4 for code in block.command_codes] == [130]
    assert [code.find(0) >> 4 for code in block.distance_codes] == [3]


def test_block_types_contexts_and_postfix() -> None:
    types = [(1, 1), (3, 0)]  # two of them
    code = [*simple(0, 1, width=2), *simple(0, width=5), (2, 3)]  # each block has four elements
    # Two codes, runs of zeros allowed: one of 64 + 63 elements (symbol 6), then a 1.
    context_map = [(1, 1), (3, 0), (1, 1), (4, 5), *simple(6, 7, width=3), (1, 0), (6, 63), (1, 1)]
    reader = written(
        *(types + code),
        *[(1, 0), (1, 0)],
        *[(2, 1), (4, 3)],
        *[(2, 2), (2, 3)],
        *context_map,
        *[(1, 0), (1, 0)],
        *simple(1, width=8),
        *simple(2, width=8),
        *simple(130, width=10),
        *simple(3, width=7),
    )
    block = read(read_metablock(reader), reader)
    assert block.literals.count == 2
    assert block.literals.left == 4
    assert (block.postfix_bits, block.direct_codes) == (1, 6)
    assert block.context_modes == [2, 3]
    assert block.literal_map == [0] * 127 + [1]


def test_a_run_may_not_leave_the_context_map() -> None:
    reader = written((3 + 6 + 2, 0), (1, 1), (3, 0), (1, 1), (4, 6), *simple(7, width=4), (7, 1))
    with pytest.raises(FaultError, match="context map"):
        read(read_metablock(reader), reader)


def test_block_switches() -> None:
    types = BlockTypes(count=4)
    seen = []
    for symbol in (1, 0, 0, 5, 1, 1, 0):
        types.switch(symbol, 9)
        seen.append(types.current)
    assert seen == [1, 0, 1, 3, 0, 1, 0]
    assert types.left == 9
