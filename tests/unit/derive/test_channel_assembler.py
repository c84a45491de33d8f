"""Putting channels together from Holocene on: one at a time, in order."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from pyoprollup.derive.channel_assembler import ChannelAssembler
from pyoprollup.derive.codec.frame import Frame
from pyoprollup.derive.drops import DropReason
from pyoprollup.derive.errors import EndOfData, NotEnoughData, PipelineError
from pyoprollup.errors import Unavailable
from tests.unit.derive.support import Drops, Feed, config, l1_chain, outcomes, short_frames

TIMEOUT = 50
REFS = l1_chain(200)
NOT_CONSECUTIVE, REPLACED = DropReason.FRAME_NOT_CONSECUTIVE, DropReason.CHANNEL_REPLACED


class Scene:
    def __init__(self, frames: str | Iterable[Frame | PipelineError] = "") -> None:
        items = short_frames(frames) if isinstance(frames, str) else frames
        self.feed = Feed(items, origin=REFS[0])
        self.drops = Drops()
        self.stage = ChannelAssembler(config("holocene"), self.feed, self.drops)

    def read_all(self) -> list[bytes | type]:
        return list(outcomes(lambda: self.stage.next_data().data))


@pytest.mark.parametrize(
    ("frames", "data", "drops"),
    [
        ("a:0:x!", [b"x"], []),
        ("a:0:x a:1:y a:2:z! b:0:b!", [b"xyz", b"b"], []),
        # not in the middle of a channel
        ("a:1:y a:2:z!", [], [DropReason.FRAME_WITHOUT_CHANNEL] * 2),
        ("a:0:x! a:1:y!", [b"x"], [DropReason.FRAME_WITHOUT_CHANNEL]),
        # wrong frames are passed over
        ("a:0:x a:2:z a:1:y!", [b"xy"], [NOT_CONSECUTIVE]),
        ("a:0:x a:2:z! a:1:y a:1:y a:2:z!", [b"xyz"], [NOT_CONSECUTIVE, DropReason.FRAME_DUPLICATE]),
        ("a:0:x b:1:b! a:1:y!", [b"xy"], [DropReason.FRAME_OF_OTHER_CHANNEL]),
        # a first frame starts over, also of the same channel
        ("a:0:x b:0:b a:1:y! b:1:c!", [b"bc"], [REPLACED, DropReason.FRAME_OF_OTHER_CHANNEL]),
        ("a:0:x a:0:new a:1:y!", [b"newy"], [REPLACED]),
        ("a:0:x a:1:y a:0:z!", [b"z"], [REPLACED]),
    ],
)
def test_order(frames: str, data: list[bytes], drops: list[DropReason]) -> None:
    scene = Scene(frames)
    assert scene.read_all() == data
    assert scene.drops.reasons == drops


def test_provenance() -> None:
    channel = Scene("a:0:x a:1:y!").stage.next_data()
    assert channel.source is not None
    assert (channel.source.opened, channel.source.size) == (REFS[0], 2)


def test_channel_goes_on_in_later_blocks() -> None:
    scene = Scene([*short_frames("a:0:x"), EndOfData("next block"), *short_frames("a:1:y!")])
    with pytest.raises(EndOfData):
        scene.stage.next_data()
    scene.feed.origin = REFS[TIMEOUT]
    channel = scene.stage.next_data()
    assert channel.data == b"xy"
    assert channel.source is not None and channel.source.opened == REFS[0]


def test_timeout() -> None:
    """Granite's timeout counts, not the chain's own."""
    scene = Scene([*short_frames("a:0:x"), EndOfData("next block"), *short_frames("a:1:y! a:0:new!")])
    with pytest.raises(EndOfData):
        scene.stage.next_data()
    scene.feed.origin = REFS[TIMEOUT + 1]
    assert scene.stage.next_data().data == b"new"
    assert scene.drops.reasons == [DropReason.CHANNEL_TIMED_OUT, DropReason.FRAME_WITHOUT_CHANNEL]


def test_errors_of_the_stage_before_pass_through() -> None:
    """The channel so far stays."""
    first, second = short_frames("a:0:x a:1:y!")
    scene = Scene([first, Unavailable("later"), NotEnoughData("no frame"), second])
    assert scene.read_all() == [Unavailable, NotEnoughData, b"xy"]


def test_size_limit() -> None:
    """A channel of more than the limit, overhead included, is dropped at the frame that exceeds it,
    and the rest of it finds no channel."""
    limit = 100_000_000
    half = Frame(b"a" * 16, 0, bytes(limit // 2), False)
    exact = Frame(b"a" * 16, 1, bytes(limit // 2 - 400), True)
    scene = Scene([half, exact])
    assert len(scene.stage.next_data().data) == limit - 400

    over = Frame(b"a" * 16, 1, bytes(limit // 2 - 399), False)
    scene = Scene([half, over, Frame(b"a" * 16, 2, b"", True), Frame(b"b" * 16, 0, b"b", True)])
    assert scene.read_all() == [b"b"]
    assert scene.drops.reasons == [DropReason.CHANNEL_TOO_LARGE, DropReason.FRAME_WITHOUT_CHANNEL]


def test_too_large_with_its_last_frame() -> None:
    frames = [
        Frame(b"a" * 16, 0, bytes(50_000_000), False),
        Frame(b"a" * 16, 1, bytes(50_000_000), True),
        Frame(b"b" * 16, 0, b"b", True),
    ]
    assert Scene(frames).read_all() == [b"b"]


def test_flush_and_reset() -> None:
    scene = Scene([*short_frames("a:0:x"), EndOfData("next block"), *short_frames("a:1:y! b:0:b!")])
    with pytest.raises(EndOfData):
        scene.stage.next_data()
    scene.stage.flush_channel()
    assert scene.read_all() == [b"b"]
    assert scene.drops.reasons == [DropReason.CHANNEL_FLUSHED, DropReason.FRAME_WITHOUT_CHANNEL]
    scene.stage.flush_channel()
    assert len(scene.drops) == 2

    scene = Scene("a:0:x")
    assert scene.read_all() == []
    scene.stage.reset(REFS[0], scene.feed.system_config)
    assert scene.drops == []
    scene.feed.refill(short_frames("a:1:y!"))
    assert scene.read_all() == []


def test_replaced_over_and_over() -> None:
    """Twenty thousand first frames, each of which starts a channel."""
    frames = [Frame(index.to_bytes(16, "big"), 0, b"x", False) for index in range(20_000)]
    scene = Scene(frames)
    assert scene.read_all() == []
    assert len(scene.drops) == len(frames) - 1
