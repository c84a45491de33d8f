from __future__ import annotations

from pyoprollup.derive.compression.prefix_code import build_code
from pyoprollup.derive.compression.unbrotli.bits import BitReader


def reader(data: bytes, end: int | None = None) -> BitReader:
    result = BitReader(data)
    result.end = len(data) if end is None else end
    return result


def test_pulls_no_more_than_a_read_needs() -> None:
    bits = reader(bytes(range(1, 9)))
    assert bits.try_bits(4) == 1
    assert bits.pulled == 1
    assert bits.try_bits(24) == 0x40302 << 4 & 0xFFFFFF | 0
    assert (bits.pos, bits.pulled) == (28, 4)


def test_a_read_that_fails_pulls_all_and_consumes_nothing() -> None:
    bits = reader(bytes(8), 2)
    assert bits.try_bits(17) == -1
    assert (bits.pos, bits.pulled) == (0, 2)
    bits.end = 3
    assert bits.try_bits(17) == 0


def test_a_symbol_needs_only_its_own_bits() -> None:
    """Although fifteen are pulled when they are there."""
    code = build_code(bytes((1, 2, 2)))
    bits = reader(b"\x02\xff", 1)
    assert [bits.try_symbol(code) for _ in range(3)] == [0, 1, 0]
    assert (bits.pos, bits.pulled) == (4, 1)
    bits = reader(bytes(4))
    bits.try_symbol(code)
    assert bits.pulled == 2


def test_a_symbol_that_is_not_all_there() -> None:
    bits = reader(b"\xff\xff", 1)
    code = build_code(bytes([1, *range(2, 10), 10, 10]))
    assert bits.try_symbol(code) == -1
    bits.end = 2
    assert bits.try_symbol(code) == 10


def test_reads_ahead_by_four_bytes() -> None:
    bits = reader(bytes(20))
    for _ in range(3):
        bits.read_ahead()
    assert bits.pulled == 8, "64 bits are enough"
    bits.take(31)
    bits.read_ahead()
    assert bits.pulled == 8
    bits.take(1)
    bits.read_ahead()
    assert bits.pulled == 12


def test_unload_gives_whole_bytes_back() -> None:
    bits = reader(bytes(20))
    bits.read_ahead()
    bits.take(9)
    bits.unload()
    assert bits.pulled == 2


def test_windows_are_made_once_for_a_portion() -> None:
    bits = reader(bytes(range(100)))
    bits.move_to(8 * 10 + 3)
    windows, base = bits.windows(60)
    assert base == 80
    assert windows[0] == int.from_bytes(bytes((10, 11, 12, 13)), "little")
    bits.move_to(8 * 20)
    assert bits.windows(60)[0] is windows
    assert bits.windows(90)[1] == 160
