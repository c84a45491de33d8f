"""Varints, singly and in columns."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.derive.codec.uvarint import (
    UvarintError,
    encode_uvarint,
    read_uvarint,
    read_uvarint_column,
    read_uvarint_rlp_column,
)
from pyoprollup.eth.rlp import encode_uint
from pyoprollup.eth.types import U64_MAX

u64 = st.integers(0, U64_MAX) | st.integers(0, 300)


def read_slowly(data: bytes, pos: int, end: int) -> tuple[int, int]:
    """The format as it is specified, one byte after another."""
    value = 0
    for index in range(10):
        if pos + index >= end:
            raise UvarintError("cut off")
        byte = data[pos + index]
        value += (byte % 128) * 128**index
        if byte < 128:
            if value > U64_MAX:
                break
            return value, pos + index + 1
    raise UvarintError("too large")


def overlong(value: int, extra: int) -> bytes:
    """A longer encoding than needed: the groups above the highest are zero."""
    shortest = encode_uvarint(value)
    if not extra or len(shortest) + extra > 10:
        return shortest
    return shortest[:-1] + bytes([shortest[-1] | 0x80]) + b"\x80" * (extra - 1) + b"\0"


@given(u64, st.integers(0, 9))
def test_round_trip(value: int, extra: int) -> None:
    data = overlong(value, extra)
    assert read_uvarint(b"??" + data + b"??", 2, 2 + len(data)) == (value, 2 + len(data))


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, "00"),
        (1, "01"),
        (127, "7f"),
        (128, "8001"),
        (300, "ac02"),
        (16384, "808001"),
        (U64_MAX, "ffffffffffffffffff01"),
    ],
)
def test_known_encodings(value: int, encoded: str) -> None:
    assert encode_uvarint(value).hex() == encoded
    assert read_uvarint(bytes.fromhex(encoded), 0, len(encoded) // 2)[0] == value


@pytest.mark.parametrize(
    "data", ["", "80", "ff", "80808080808080808080", "ffffffffffffffffff02", "ff" * 9 + "80"]
)
def test_malformed(data: str) -> None:
    """Cut off, or of more than 64 bits; an eleventh byte is never looked at."""
    raw = bytes.fromhex(data)
    with pytest.raises(UvarintError):
        read_uvarint(raw, 0, len(raw))
    with pytest.raises(UvarintError):
        read_uvarint_rlp_column(raw, 0, len(raw), 1)
    if len(raw) >= 10:
        with pytest.raises(UvarintError):
            read_uvarint(raw + b"\0" * 5, 0, len(raw) + 5)


@given(st.binary(max_size=14), st.integers(0, 14))
def test_arbitrary_bytes(data: bytes, end: int) -> None:
    end = min(end, len(data))
    for pos in range(end + 1):
        try:
            expected = read_slowly(data, pos, end)
        except UvarintError:
            with pytest.raises(UvarintError):
                read_uvarint(data, pos, end)
        else:
            assert read_uvarint(data, pos, end) == expected


hostile = st.lists(
    st.builds(overlong, u64, st.integers(0, 9)) | st.binary(max_size=3) | st.just(b"\x80" * 9), max_size=12
).map(b"".join)


@given(hostile, st.integers(0, 14), st.integers(0, 4))
def test_columns_equal_single_reads(data: bytes, count: int, cut: int) -> None:
    """Both kinds of column read what reading one by one reads, up to the same position, and fail
    where that fails."""
    end = max(0, len(data) - cut)
    values: list[int] = []
    pos = 0
    try:
        for _ in range(count):
            value, pos = read_slowly(data, pos, end)
            values.append(value)
    except UvarintError:
        with pytest.raises(UvarintError):
            read_uvarint_rlp_column(data, 0, end, count)
        with pytest.raises(UvarintError):
            read_uvarint_column(data, 0, end, count, 2**32 - 1)
        return
    assert read_uvarint_rlp_column(data, 0, end, count) == (list(map(encode_uint, values)), pos)
    if max(values, default=0) < 2**32:
        column, after = read_uvarint_column(data, 0, end, count, 2**32 - 1)
        assert (list(column), after) == (values, pos)
    else:
        with pytest.raises(UvarintError):
            read_uvarint_column(data, 0, end, count, 2**32 - 1)


def test_column_starts_and_ends_within_the_data() -> None:
    data = b"\x80\x80" + encode_uvarint(300) + b"\x05\x06"
    assert read_uvarint_column(data, 2, 5, 2, 1000)[0].tolist() == [300, 5]
    with pytest.raises(UvarintError):
        read_uvarint_column(data, 2, 5, 3, 1000)


def test_limit() -> None:
    data = encode_uvarint(10) + encode_uvarint(11)
    assert read_uvarint_column(data, 0, 2, 1, 10)[0].tolist() == [10]
    with pytest.raises(UvarintError, match="exceeds"):
        read_uvarint_column(data, 0, 2, 2, 10)


def test_long_columns() -> None:
    """Beyond a window, with values of every length."""
    values = [1 << (index % 64) for index in range(200_000)]
    data = b"".join(map(encode_uvarint, values))
    column, pos = read_uvarint_rlp_column(data, 0, len(data), len(values))
    assert column == list(map(encode_uint, values))
    assert pos == len(data)


def test_long_columns_of_small_values() -> None:
    values = [index % 128 for index in range(200_000)]
    values[150_000] = 1000
    data = b"".join(map(encode_uvarint, values))
    column, pos = read_uvarint_column(b"?" + data + b"?", 1, 1 + len(data), len(values), 1000)
    assert (column.tolist(), pos) == (values, 1 + len(data))
    with pytest.raises(UvarintError):
        read_uvarint_column(data, 0, len(data), len(values), 126)
    with pytest.raises(UvarintError):
        read_uvarint_column(data, 0, len(data) - 1, len(values), 1000)


@pytest.mark.parametrize("tail", [b"", b"\0", b"\x80\x01"])
def test_run_of_continuation_bytes(tail: bytes) -> None:
    """A megabyte of them: no reader may try every start again."""
    data = b"\x80" * 1_000_000 + tail
    with pytest.raises(UvarintError):
        read_uvarint(data, 0, len(data))
    for count in (1, 1000, 900_000):
        with pytest.raises(UvarintError):
            read_uvarint_rlp_column(data, 0, len(data), count)
        with pytest.raises(UvarintError):
            read_uvarint_column(data, 0, len(data), count, 100)


def test_counts_are_not_trusted() -> None:
    tracemalloc.start()
    try:
        for count in (10_000_000, 2**62):
            with pytest.raises(UvarintError):
                read_uvarint_column(b"\x01" * 100, 0, 100, count, 100)
            with pytest.raises(UvarintError):
                read_uvarint_rlp_column(b"\x01" * 100, 0, 100, count)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_no_values() -> None:
    assert read_uvarint_rlp_column(b"", 0, 0, 0) == ([], 0)
    assert read_uvarint_column(b"x", 1, 1, 0, 5)[0].tolist() == []
