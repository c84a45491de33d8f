"""Bit lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.derive.codec.bitlist import bits_to_bytes, bits_to_text, count_ones, read_bits
from pyoprollup.errors import DecodeError


@given(st.lists(st.booleans(), max_size=70))
def test_round_trip(bits: list[bool]) -> None:
    data = bits_to_bytes(bits)
    assert len(data) == (len(bits) + 7) // 8
    raw, pos = read_bits(b"?" + data + b"?", 1, 1 + len(data), len(bits))
    assert (raw, pos) == (data, 1 + len(data))
    assert [char == "1" for char in bits_to_text(raw, len(bits))] == bits
    assert count_ones(raw) == sum(bits)


@pytest.mark.parametrize(
    ("bits", "encoded"),
    [("", ""), ("1", "01"), ("01", "02"), ("00000001", "80"), ("000000001", "0100"), ("1" * 9, "01ff")],
)
def test_layout(bits: str, encoded: str) -> None:
    """Element 0 is the lowest bit of the last byte."""
    assert bits_to_bytes(char == "1" for char in bits).hex() == encoded


@given(st.binary(max_size=6), st.integers(0, 50))
def test_arbitrary_bytes(data: bytes, count: int) -> None:
    """Read as one big-endian number; bits beyond the count are an error, and so is too little data."""
    size = (count + 7) // 8
    if size <= len(data) and int.from_bytes(data[:size], "big") < 1 << count:
        raw, pos = read_bits(data, 0, len(data), count)
        assert (raw, pos) == (data[:size], size)
        text = bits_to_text(raw, count)
        assert sum(1 << index for index, bit in enumerate(text) if bit == "1") == int.from_bytes(raw, "big")
    else:
        with pytest.raises(DecodeError):
            read_bits(data, 0, len(data), count)


def test_bits_beyond_the_count() -> None:
    for count in range(1, 8):
        read_bits(bytes([(1 << count) - 1]), 0, 1, count)
        with pytest.raises(DecodeError, match="beyond"):
            read_bits(bytes([1 << count]), 0, 1, count)


def test_end_is_respected() -> None:
    with pytest.raises(DecodeError):
        read_bits(bytes(10), 0, 1, 9)


def test_huge_counts() -> None:
    with pytest.raises(DecodeError):
        read_bits(bytes(10), 0, 10, 2**62)


def test_long_lists() -> None:
    """Linear in the number of bits."""
    count = 3_000_000
    raw = b"\x55" * (count // 8)
    assert bits_to_text(raw, count) == "10" * (count // 2)
    assert bits_to_bytes(map(int, "10" * (count // 2))) == raw
