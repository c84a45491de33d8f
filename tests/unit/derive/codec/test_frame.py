"""Frames on the wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.derive.codec.frame import Frame, FrameError, frame_size, parse_frames
from pyoprollup.derive.params import MAX_FRAME_LENGTH
from pyoprollup.derive.provenance import DataSource
from tests.unit.derive.support import ORIGIN, name_hash

ID = bytes(range(16))

frames = st.builds(
    Frame,
    st.binary(min_size=16, max_size=16),
    st.integers(0, 0xFFFF),
    st.binary(max_size=40),
    st.booleans(),
)


def joined(items: list[Frame]) -> bytes:
    return b"\0" + b"".join(frame.encode() for frame in items)


def without_source(items: list[Frame]) -> list[Frame]:
    return [Frame(frame.id, frame.number, frame.data, frame.is_last) for frame in items]


@given(st.lists(frames, min_size=1, max_size=5))
def test_round_trip(items: list[Frame]) -> None:
    assert without_source(parse_frames(joined(items))) == items


def test_layout() -> None:
    """``channel_id ++ number (uint16) ++ length (uint32) ++ data ++ is_last``, big-endian."""
    frame = Frame(ID, 0x0102, b"data", True)
    assert frame.encode() == ID + bytes.fromhex("010200000004") + b"data" + b"\x01"


@given(st.binary(max_size=120))
def test_arbitrary_bytes(data: bytes) -> None:
    """Parsing is total, and what parses encodes back to the same bytes."""
    try:
        parsed = parse_frames(data)
    except FrameError:
        return
    assert joined(parsed) == data


@given(st.lists(frames, min_size=1, max_size=3), st.data())
def test_cut_or_extended_data_counts_as_a_whole(items: list[Frame], draw: st.DataObject) -> None:
    """A single byte more or less spoils every frame, unless it cuts between frames."""
    data = joined(items)
    ends = {len(joined(items[:count])) for count in range(len(items) + 1)}
    cut = draw.draw(st.integers(0, len(data) - 1))
    if cut in ends - {1}:
        assert len(parse_frames(data[:cut])) < len(items)
    else:
        with pytest.raises(FrameError):
            parse_frames(data[:cut])
    with pytest.raises(FrameError):
        parse_frames(data + draw.draw(st.binary(min_size=1, max_size=22)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",  # no frame
        b"\x01" + Frame(ID, 0, b"x", True).encode(),  # another version
        b"\0" + Frame(ID, 0, b"x", True).encode()[:-1] + b"\x02",  # is_last is neither 0 nor 1
        b"\0" + Frame(ID, 0, b"x", True).encode()[:-1] + b"\xff",
    ],
)
def test_malformed(data: bytes) -> None:
    with pytest.raises(FrameError):
        parse_frames(data)


def test_length_limit() -> None:
    largest = Frame(ID, 0, bytes(MAX_FRAME_LENGTH), False)
    assert len(parse_frames(joined([largest]))[0].data) == MAX_FRAME_LENGTH
    with pytest.raises(FrameError, match="exceeds"):
        parse_frames(joined([Frame(ID, 0, bytes(MAX_FRAME_LENGTH + 1), False)]))


def test_length_is_not_trusted() -> None:
    for length in (2, 1000, MAX_FRAME_LENGTH, 2**32 - 1):
        with pytest.raises(FrameError):
            parse_frames(b"\0" + ID + b"\0\0" + length.to_bytes(4, "big") + b"x\x01")


def test_provenance() -> None:
    """Byte ranges point into the batcher data."""
    items = [Frame(ID, 0, b"one", False), Frame(ID, 1, b"", True), Frame(name_hash(1)[:16], 7, b"2", False)]
    data = joined(items)
    where = DataSource(ORIGIN.id, name_hash("tx"), 3)
    for frame, item in zip(parse_frames(data, where), items, strict=True):
        source = frame.source
        assert source is not None and source.data is where
        assert data[source.start : source.end] == item.encode()
        assert (source.channel_id, source.number, source.is_last) == (item.id, item.number, item.is_last)


def test_frame_size_counts_overhead() -> None:
    assert frame_size(Frame(ID, 0, b"1234", False)) == 204
