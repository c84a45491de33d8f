"""Putting one channel together from its frames."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.derive.channel import Channel, FrameRejected
from pyoprollup.derive.codec.frame import Frame
from pyoprollup.derive.drops import DropReason
from tests.unit.derive.support import ORIGIN, l1_chain, short_frame, short_frames, show_frame

ID = short_frame("a:0:").id
REFS = l1_chain(4)


def channel(in_order: bool = False) -> Channel:
    return Channel(ID, ORIGIN, in_order)


def rejection(target: Channel, text: str) -> DropReason | None:
    """Why the channel does not take a frame; it must be as it was then."""
    before = (len(target), target.size, target.closed, target.is_ready())
    try:
        target.add_frame(short_frame(text), ORIGIN)
    except FrameRejected as exc:
        assert (len(target), target.size, target.closed, target.is_ready()) == before
        return exc.reason
    return None


@pytest.mark.parametrize(
    "order",
    ["a:0:x a:1:y a:2:z!", "a:2:z! a:1:y a:0:x", "a:1:y a:2:z! a:0:x", "a:0:x a:2:z! a:1:y"],
)
def test_frames_in_any_order(order: str) -> None:
    target = channel()
    frames = short_frames(order)
    for count, frame in enumerate(frames):
        assert not target.is_ready()
        assert target.size == sum(len(frame.data) + 200 for frame in frames[:count])
        assert target.add_frame(frame, ORIGIN) == []
    assert target.is_ready()
    assert target.data() == b"xyz"


@pytest.mark.parametrize(
    ("before", "frame", "reason"),
    [
        ("", "b:0:", DropReason.FRAME_OF_OTHER_CHANNEL),
        ("a:0:x", "a:0:x", DropReason.FRAME_DUPLICATE),
        ("a:0:x", "a:0:other", DropReason.FRAME_DUPLICATE),
        ("a:0:x", "a:0:other!", DropReason.FRAME_DUPLICATE),
        ("a:2:!", "a:1:!", DropReason.FRAME_SECOND_LAST),
        ("a:2:!", "a:2:!", DropReason.FRAME_SECOND_LAST),
        ("a:2:!", "a:3:", DropReason.FRAME_BEYOND_END),
        ("a:2:!", "a:65535:", DropReason.FRAME_BEYOND_END),
    ],
)
def test_rejected_frames(before: str, frame: str, reason: DropReason) -> None:
    target = channel()
    for item in short_frames(before):
        target.add_frame(item, ORIGIN)
    assert rejection(target, frame) is reason


def test_strict_order() -> None:
    target = channel(in_order=True)
    assert rejection(target, "a:1:") is DropReason.FRAME_NOT_CONSECUTIVE
    assert rejection(target, "a:0:x") is None
    assert rejection(target, "a:0:x") is DropReason.FRAME_DUPLICATE
    assert rejection(target, "a:2:") is DropReason.FRAME_NOT_CONSECUTIVE
    assert rejection(target, "a:1:y!") is None
    assert target.data() == b"xy"


def test_last_frame_prunes_what_is_beyond_it() -> None:
    target = channel()
    for frame in short_frames("a:0:x a:2:zzz a:5:uuuuuu"):
        target.add_frame(frame, ORIGIN)
    displaced = target.add_frame(short_frame("a:1:y!"), ORIGIN)
    assert sorted(map(show_frame, displaced)) == ["a:2:zzz", "a:5:uuuuuu"]
    assert target.is_ready()
    assert target.data() == b"xy"


def test_size_after_pruning_is_that_of_the_last_frame() -> None:
    """The size of every frame is subtracted, kept or not: all nodes count like this, and the size
    decides what a full bank drops."""
    target = channel()
    for frame in short_frames("a:0:xx a:5:yyyy"):
        target.add_frame(frame, ORIGIN)
    target.add_frame(short_frame("a:1:z!"), ORIGIN)
    assert target.size == 201
    target = channel()
    target.add_frame(short_frame("a:5:yyyy"), ORIGIN)
    target.add_frame(short_frame("a:4:!"), ORIGIN)
    assert target.size == 200


def test_pruning_a_frame_of_the_last_ones_number() -> None:
    """The last frame displaces a frame above it, but one with its own number is there first."""
    target = channel()
    for frame in short_frames("a:3: a:7:"):
        target.add_frame(frame, ORIGIN)
    assert rejection(target, "a:3:!") is DropReason.FRAME_DUPLICATE


def test_gap_is_not_ready() -> None:
    target = channel()
    for frame in short_frames("a:0: a:3:!"):
        target.add_frame(frame, ORIGIN)
    assert not target.is_ready()
    target.add_frame(short_frame("a:1:"), ORIGIN)
    assert not target.is_ready()
    target.add_frame(short_frame("a:2:"), ORIGIN)
    assert target.is_ready()


def test_highest_block() -> None:
    target = Channel(ID, REFS[1])
    for number, ref in ((0, REFS[1]), (1, REFS[3]), (2, REFS[2])):
        target.add_frame(Frame(ID, number, b"", False), ref)
    assert target.open_block == REFS[1]
    assert target.highest_block == REFS[3]


def test_provenance() -> None:
    target = channel()
    for frame in short_frames("a:1:yy! a:0:x"):
        target.add_frame(frame, ORIGIN)
    source = target.source()
    assert (source.id, source.opened, source.size, len(source.frames)) == (ID, ORIGIN, 3, 2)


@given(st.permutations(range(6)), st.lists(st.integers(0, 8), max_size=6))
def test_data_does_not_depend_on_the_order(order: list[int], more: list[int]) -> None:
    """Whatever arrives in between, the channel ends up the same or never becomes ready."""
    frames = [Frame(ID, number, bytes([number]), number == 5) for number in range(6)]
    target = channel()
    for at, number in enumerate(order):
        for extra in more[at : at + 1]:
            with contextlib.suppress(FrameRejected):
                target.add_frame(Frame(ID, extra, bytes([extra]), False), ORIGIN)
        with contextlib.suppress(FrameRejected):
            target.add_frame(frames[number], ORIGIN)
    if target.is_ready():
        assert target.data() == bytes(range(6))
    else:
        assert 5 in more  # a frame of the last one's number came first
