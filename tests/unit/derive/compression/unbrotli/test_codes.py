from __future__ import annotations

import pytest

from pyoprollup.derive.compression.prefix_code import PrefixCode
from pyoprollup.derive.compression.unbrotli.bits import BitReader, FaultError
from pyoprollup.derive.compression.unbrotli.codes import read_code
from tests.bit_writer import BitWriter

LENGTH_FIELDS = {0: (2, 0), 1: (4, 7), 2: (3, 3), 3: (2, 2), 4: (2, 1), 5: (4, 15)}
"""How the lengths of the code length code are written."""


def read(alphabet: int, *fields: tuple[int, int]) -> PrefixCode:
    writer = BitWriter()
    for field in fields:
        writer.put(*field)
    reader = BitReader(writer.getvalue() + bytes(8))
    reader.end = len(reader.data)
    try:
        next(read_code(reader, alphabet))
    except StopIteration as result:
        code: PrefixCode = result.value
        return code
    raise AssertionError("wants more input")


def words(code: PrefixCode) -> dict[int, int]:
    """Symbol → length."""
    return {code.find(bits) >> 4: code.find(bits) & 15 for bits in range(1 << 15)}


@pytest.mark.parametrize(
    ("fields", "lengths"),
    [
        ([(2, 1), (2, 0), (8, 9)], {9: 0}),
        ([(2, 1), (2, 1), (8, 9), (8, 3)], {9: 1, 3: 1}),
        ([(2, 1), (2, 2), (8, 9), (8, 3), (8, 1)], {9: 1, 3: 2, 1: 2}),
        ([(2, 1), (2, 3), (8, 9), (8, 3), (8, 1), (8, 0), (1, 0)], dict.fromkeys((9, 3, 1, 0), 2)),
        ([(2, 1), (2, 3), (8, 9), (8, 3), (8, 1), (8, 0), (1, 1)], {9: 1, 3: 2, 1: 3, 0: 3}),
    ],
)
def test_simple_codes(fields: list[tuple[int, int]], lengths: dict[int, int]) -> None:
    assert words(read(256, *fields)) == lengths


def test_equal_lengths_are_in_the_order_of_the_symbols() -> None:
    code = read(256, (2, 1), (2, 1), (8, 9), (8, 3))
    assert [code.find(0) >> 4, code.find(1) >> 4] == [3, 9]


@pytest.mark.parametrize(
    "fields",
    [
        [(2, 1), (2, 1), (5, 3), (5, 3)],
        [(2, 1), (2, 0), (5, 26)],
        [(2, 0), *[LENGTH_FIELDS[0]] * 18],
        [(2, 0), LENGTH_FIELDS[1], LENGTH_FIELDS[2], *[LENGTH_FIELDS[0]] * 16],
        [(2, 0), LENGTH_FIELDS[1], LENGTH_FIELDS[2], LENGTH_FIELDS[1]],
    ],
    ids=["twice", "outside", "no lengths", "not complete", "too many"],
)
def test_faults(fields: list[tuple[int, int]]) -> None:
    with pytest.raises(FaultError):
        read(26, *fields)


def test_all_lengths_the_same() -> None:
    """A length code of one symbol takes no bits: here 8, for all of 256."""
    order = (1, 2, 3, 4, 0, 5, 17, 6, 16, 7, 8)
    fields = [LENGTH_FIELDS[4 if symbol == 8 else 0] for symbol in order] + [LENGTH_FIELDS[0]] * 7
    assert words(read(256, (2, 0), *fields)) == dict.fromkeys(range(256), 8)
    with pytest.raises(FaultError, match="not complete"):
        read(255, (2, 0), *fields)


def complex_fields(lengths: dict[int, int]) -> list[tuple[int, int]]:
    """A length code in which 17 and one other symbol have one bit."""
    order = (1, 2, 3, 4, 0, 5, 17, 6, 16, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    fields = [LENGTH_FIELDS[lengths.get(symbol, 0)] for symbol in order]
    last = max(i for i, symbol in enumerate(order) if lengths.get(symbol))
    return [(2, 0), *fields[: last + 1]]


def test_repeats_multiply() -> None:
    """Of zeros (17): 3 + 7, then 8 x (10 - 2) + 3 + 5 in all; then 1 and 1."""
    fields = complex_fields({1: 1, 17: 1})
    code = read(256, *fields, (1, 1), (3, 7), (1, 1), (3, 5), (1, 0), (1, 0))
    assert words(code) == {72: 1, 73: 1}


def test_repeats_of_a_length() -> None:
    """A 2, then three more of them (16)."""
    fields = complex_fields({2: 1, 16: 1})
    assert words(read(256, *fields, (1, 0), (1, 1), (2, 0))) == dict.fromkeys(range(4), 2)


def test_repeats_stay_within_the_alphabet() -> None:
    fields = complex_fields({1: 1, 17: 1})
    with pytest.raises(FaultError, match="more code lengths"):
        read(26, *fields, *[(1, 1), (3, 7)] * 2)
