"""From batcher data to frames, and Holocene's pruning of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.derive.codec.frame import Frame
from pyoprollup.derive.drops import DropReason
from pyoprollup.derive.errors import EndOfData, NotEnoughData
from pyoprollup.derive.frame_queue import FrameQueue, prune_frame_queue
from pyoprollup.errors import Unavailable
from pyoprollup.rollup.config import RollupConfig
from tests.unit.derive.support import ORIGIN, Drops, Feed, config, outcomes, short_frames, show_frame


def pruned(text: str) -> str:
    return " ".join(map(show_frame, prune_frame_queue(short_frames(text))))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("a:2:", "a:2:"),  # the queue does not know what came before
        ("a:2:!", "a:2:!"),
        ("a:0: a:1: a:2:!", "a:0: a:1: a:2:!"),
        # one channel after another
        ("a:2:! b:0:", "a:2:! b:0:"),
        ("a:0:! b:0:! c:0:", "a:0:! b:0:! c:0:"),
        # gaps and repetitions within a channel
        ("a:1: a:3:", "a:1:"),
        ("a:1: a:1:", "a:1:"),
        ("a:1: a:0:", "a:1:"),
        ("a:1: a:3:! a:2: a:3:!", "a:1: a:2: a:3:!"),
        # nothing follows the last frame of a channel, not even its own first
        ("a:1:! a:2:", "a:1:!"),
        ("a:1:! a:0:", "a:1:!"),
        ("a:1:! a:2: b:0: b:1:", "a:1:! b:0: b:1:"),
        # a channel is only entered by its first frame …
        ("a:2:! b:1:", "a:2:!"),
        ("a:1: b:2:!", "a:1:"),
        ("a:1: b:3: a:2:!", "a:1: a:2:!"),
        ("a:1: b:3: b:4: a:2:!", "a:1: a:2:!"),
        # … which takes the place of an unfinished one, all of it
        ("a:1: b:0:", "b:0:"),
        ("a:0: a:1: a:2: b:0: a:3:!", "b:0:"),
        ("c:0:! a:0: a:1: b:0:", "c:0:! b:0:"),
        ("c:0: a:0: b:0:", "b:0:"),
        # all of it together
        (
            "b:1: b:2:! a:0: c:1:! a:1: a:2:! c:0: c:1: d:0: c:2:! e:0:",
            "b:1: b:2:! a:0: a:1: a:2:! e:0:",
        ),
        # numbers have 16 bits, and the one after the highest is 0
        ("a:65534: a:65535: a:0: a:1:!", "a:65534: a:65535: a:0: a:1:!"),
    ],
)
def test_prune(before: str, after: str) -> None:
    assert pruned(before) == after
    assert pruned(after) == after


def prune_slowly(frames: list[Frame]) -> list[Frame]:
    """The rules as the specification has them: neighbour by neighbour, again and again."""
    frames = list(frames)
    at = 0
    while at + 1 < len(frames):
        first, second = frames[at], frames[at + 1]
        if first.id == second.id:
            drop_second = first.is_last or second.number != (first.number + 1) % 65536
            drop_first = False
        else:
            drop_second = second.number != 0
            drop_first = second.number == 0 and not first.is_last
        if drop_first:
            del frames[at]
        elif drop_second:
            del frames[at + 1]
        at = 0 if drop_first or drop_second else at + 1
    return frames


some_frames = st.builds(
    Frame,
    st.sampled_from([b"a" * 16, b"b" * 16, b"c" * 16]),
    st.sampled_from([0, 0, 1, 2, 3, 65535]),
    st.just(b""),
    st.booleans(),
)


@settings(max_examples=200)
@given(st.lists(some_frames, max_size=14))
def test_prune_as_specified(frames: list[Frame]) -> None:
    dropped: list[Frame] = []
    kept = prune_frame_queue(frames, lambda frame, _reason: dropped.append(frame))
    assert kept == prune_slowly(frames)
    assert len(kept) + len(dropped) == len(frames)


def test_prune_names_the_rule() -> None:
    dropped: list[tuple[str, DropReason]] = []
    frames = short_frames("a:0: a:0: b:1: b:0:! b:1: c:0:")
    prune_frame_queue(frames, lambda frame, reason: dropped.append((show_frame(frame), reason)))
    assert dropped == [
        ("a:0:", DropReason.FRAME_NOT_CONSECUTIVE),
        ("b:1:", DropReason.FRAME_NOT_FIRST),
        ("a:0:", DropReason.FRAME_OF_UNCLOSED_CHANNEL),
        ("b:1:", DropReason.FRAME_AFTER_LAST),
    ]


@pytest.mark.parametrize("pattern", ["consecutive", "unclosed", "wrong"])
def test_prune_is_linear(pattern: str) -> None:
    """A hundred thousand frames, of which the last drops all before it, or each is dropped. (By
    neighbours, again and again, this takes minutes.)"""
    count = 100_000
    a, b = b"a" * 16, b"b" * 16
    frames = [Frame(a, number & 0xFFFF, b"", False) for number in range(count)]
    if pattern == "unclosed":
        assert prune_frame_queue([*frames, Frame(b, 0, b"", True)]) == [Frame(b, 0, b"", True)]
    elif pattern == "wrong":
        frames = [Frame(a, 7, b"", False)] * count
        assert len(prune_frame_queue(frames)) == 1
    else:
        assert len(prune_frame_queue(frames)) == count


# --- The stage


def data_of(text: str) -> tuple[bytes, None]:
    return b"\0" + b"".join(frame.encode() for frame in short_frames(text)), None


MIXED = "b:1:x b:2:y! a:0: c:1:! a:1: a:2:!"


@pytest.mark.parametrize(
    ("cfg", "expected"),
    [(config(), MIXED), (config("holocene"), "b:1:x b:2:y! a:0: a:1: a:2:!")],
)
def test_next_frame(cfg: RollupConfig, expected: str) -> None:
    """Holocene prunes what one piece of data holds before any of it is handed on."""
    queue = FrameQueue(cfg, Feed([data_of(MIXED)]))
    assert [show_frame(frame) for frame in outcomes(queue.next_frame)] == expected.split()


def test_holocene_goes_by_the_l1_block() -> None:
    text = "a:1: a:1:"
    for time, count in ((ORIGIN.time, 1), (ORIGIN.time + 1, 2)):
        cfg = config("granite", holocene_time=time)
        assert len(list(outcomes(FrameQueue(cfg, Feed([data_of(text)])).next_frame))) == count


def test_pieces_of_data_are_pruned_apart() -> None:
    """What was handed on cannot be taken back; the next stage orders across pieces of data."""
    queue = FrameQueue(config("holocene"), Feed([data_of("a:0:"), data_of("a:2: b:1:"), data_of("b:0:")]))
    assert [show_frame(frame) for frame in outcomes(queue.next_frame)] == ["a:0:", "a:2:", "b:0:"]


def test_data_without_frames() -> None:
    drops = Drops()
    feed = Feed([(b"", None), (b"\x01commitment", None), data_of("a:0:"), (b"\0cut off", None)])
    queue = FrameQueue(config(), feed, drops)
    got = list(outcomes(queue.next_frame))
    assert got[:2] == [NotEnoughData, NotEnoughData]
    assert show_frame(got[2]) == "a:0:"
    assert got[3:] == [NotEnoughData]
    assert drops.reasons == [DropReason.FRAMES_UNPARSABLE] * 3
    assert {dropped.origin for dropped in drops} == {ORIGIN.id}


def test_errors_of_the_stage_before_pass_through() -> None:
    queue = FrameQueue(config(), Feed([Unavailable("later"), data_of("a:0:")]))
    with pytest.raises(Unavailable):
        queue.next_frame()
    assert show_frame(queue.next_frame()) == "a:0:"
    with pytest.raises(EndOfData):
        queue.next_frame()


def test_reset_and_activation_forget_frames() -> None:
    drops = Drops()
    feed = Feed([data_of("a:0: a:1:"), data_of("b:0: b:1:")])
    queue = FrameQueue(config(), feed, drops)
    queue.next_frame()
    queue.reset(ORIGIN, feed.system_config)
    assert drops == []
    assert show_frame(queue.next_frame()) == "b:0:"
    queue.activate_holocene()
    assert drops.reasons == [DropReason.FORK_ACTIVATION]
    with pytest.raises(EndOfData):
        queue.next_frame()


def test_many_frames() -> None:
    count = 100_000
    data = b"\0" + Frame(b"a" * 16, 0, b"", False).encode() * count
    assert sum(1 for _ in outcomes(FrameQueue(config(), Feed([(data, None)])).next_frame)) == count
