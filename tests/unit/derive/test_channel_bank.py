"""Putting channels together before Holocene."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.derive.channel import Channel, FrameRejected
from pyoprollup.derive.channel_bank import ChannelBank
from pyoprollup.derive.codec.frame import Frame
from pyoprollup.derive.drops import DropReason
from pyoprollup.derive.errors import EndOfData, NotEnoughData
from pyoprollup.derive.provenance import ChannelSource
from pyoprollup.errors import Unavailable
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.rollup.config import RollupConfig
from tests.unit.derive.support import (
    Drops,
    Feed,
    config,
    l1_chain,
    outcome,
    outcomes,
    short_frame,
    short_frames,
)

TIMEOUT = 20
REFS = l1_chain(200)
BEDROCK, CANYON = config(channel_timeout=TIMEOUT), config("canyon", channel_timeout=TIMEOUT)


class Scene:
    def __init__(self, cfg: RollupConfig = BEDROCK, frames: str = "") -> None:
        self.feed = Feed(list(short_frames(frames)), origin=REFS[0])
        self.drops = Drops()
        self.bank = ChannelBank(cfg, self.feed, self.drops)

    def add(self, frames: str) -> None:
        for frame in short_frames(frames):
            self.bank.ingest_frame(frame)

    def at(self, index: int) -> None:
        self.feed.origin = REFS[index]

    def read(self) -> bytes | None:
        channel = self.bank.read()
        return None if channel is None else channel.data

    def read_all(self) -> list[bytes | None]:
        return list(outcomes(self.read))


def test_one_channel() -> None:
    scene = Scene(frames="a:0:first a:2:third! a:1:second")
    for _ in range(3):
        with pytest.raises(NotEnoughData):
            scene.bank.next_data()
    channel = scene.bank.next_data()
    assert channel.data == b"firstsecondthird"
    assert channel.source is not None and channel.source.opened == REFS[0]
    with pytest.raises(EndOfData):
        scene.bank.next_data()


def test_before_canyon_the_oldest_channel_comes_first() -> None:
    scene = Scene(BEDROCK)
    scene.add("a:0:x b:1:second! b:0:first")
    with pytest.raises(EndOfData):
        scene.read()
    scene.add("a:1:y!")
    assert scene.read_all() == [b"xy", b"firstsecond"]


def test_from_canyon_the_first_ready_channel_comes_first() -> None:
    scene = Scene(CANYON)
    scene.add("a:0:x b:1:second! b:0:first")
    assert scene.read() == b"firstsecond"
    with pytest.raises(EndOfData):
        scene.read()
    scene.add("a:1:y!")
    assert scene.read() == b"xy"


def test_ready_channels_come_in_the_order_in_which_they_were_opened() -> None:
    scene = Scene(CANYON)
    scene.add("a:0: b:0: c:0: c:1:c! b:1:b! a:1:a!")
    assert scene.read_all() == [b"a", b"b", b"c"]


def test_canyon_goes_by_the_l1_block() -> None:
    scene = Scene(config(canyon_time=REFS[1].time))
    scene.add("a:0: b:0:b!")
    with pytest.raises(EndOfData):
        scene.read()
    scene.at(1)
    assert scene.read() == b"b"


def test_frames_that_do_not_fit() -> None:
    scene = Scene()
    scene.add("a:0:first a:0:altfirst a:1:second a:1:altsecond a:2:third! a:2:altthird! a:3:more")
    assert scene.read() == b"firstsecondthird"
    assert scene.drops.reasons == [
        DropReason.FRAME_DUPLICATE,
        DropReason.FRAME_DUPLICATE,
        DropReason.FRAME_SECOND_LAST,
        DropReason.FRAME_BEYOND_END,
    ]


def test_last_frame_displaces_those_beyond_it() -> None:
    scene = Scene()
    scene.add("a:0:x a:5:far a:1:y!")
    assert scene.drops.reasons == [DropReason.FRAME_PRUNED_BY_END]
    assert scene.read() == b"xy"


def test_reading_comes_before_taking_a_frame() -> None:
    """One at a time: the order decides what a full bank drops."""
    scene = Scene(frames="a:0:a! b:0:b! c:0:c!")
    got = list(outcomes(lambda: scene.bank.next_data().data))
    assert got == [NotEnoughData, b"a", NotEnoughData, b"b", NotEnoughData, b"c"]


def test_errors_of_the_stage_before_pass_through() -> None:
    scene = Scene()
    scene.feed.refill([Unavailable("later"), NotEnoughData("nothing"), short_frame("a:0:a!")])
    got = list(outcomes(lambda: scene.bank.next_data().data))
    assert got == [Unavailable, NotEnoughData, NotEnoughData, b"a"]


# --- Timeouts


def test_channel_times_out() -> None:
    """It may stay open for the timeout, and not one L1 block longer."""
    scene = Scene()
    scene.add("a:0:x")
    scene.at(TIMEOUT)
    scene.add("a:1:y!")
    assert scene.read() == b"xy"

    scene = Scene()
    scene.add("a:0:x")
    scene.at(TIMEOUT + 1)
    scene.add("a:1:y!")
    assert scene.drops.reasons == [DropReason.FRAME_CHANNEL_TIMED_OUT]
    assert scene.read() is None
    assert scene.drops.reasons[1:] == [DropReason.CHANNEL_TIMED_OUT]
    with pytest.raises(EndOfData):
        scene.read()
    # The same id may then be used by a new channel.
    scene.add("a:0:new!")
    assert scene.read() == b"new"


def test_ready_channel_times_out_unread() -> None:
    """Before Canyon it may have to wait too long for the channel in front of it."""
    scene = Scene()
    scene.add("a:0:")
    scene.at(5)
    scene.add("b:0:b!")
    scene.at(TIMEOUT + 5)
    assert scene.read_all() == [None, b"b"]
    scene = Scene()
    scene.add("a:0:")
    scene.add("b:0:b!")
    scene.at(TIMEOUT + 1)
    assert scene.read_all() == [None, None]


def test_all_timed_out_channels_go_one_by_one() -> None:
    scene = Scene(CANYON, frames="d:0:d!")
    scene.add("a:0: b:0: c:0:")
    scene.at(TIMEOUT + 1)
    got = list(outcomes(lambda: scene.bank.next_data().data))
    assert got == [NotEnoughData] * 4 + [b"d"]
    assert scene.drops.reasons == [DropReason.CHANNEL_TIMED_OUT] * 3


def test_granite_shortens_the_timeout() -> None:
    cfg = config("fjord", channel_timeout=100, granite_time=REFS[60].time)
    scene = Scene(cfg)
    scene.add("a:0:x")
    scene.at(59)
    with pytest.raises(EndOfData):
        scene.read()
    scene.at(60)
    assert scene.read() is None


# --- Size


def test_full_bank_drops_its_oldest_channels() -> None:
    scene = Scene()
    half = 50_000_000
    scene.bank.ingest_frame(Frame(b"a" * 16, 0, bytes(half), False))
    scene.bank.ingest_frame(Frame(b"b" * 16, 0, bytes(half - 400), False))
    assert scene.drops == []  # exactly full
    scene.bank.ingest_frame(Frame(b"c" * 16, 0, b"", True))
    assert scene.drops.reasons == [DropReason.CHANNEL_BANK_FULL]
    (dropped,) = scene.drops
    assert isinstance(dropped.subject, ChannelSource)
    assert (dropped.subject.id, dropped.subject.size) == (b"a" * 16, half)
    # The id of the dropped channel opens a new one, which now is the youngest.
    scene.bank.ingest_frame(Frame(b"a" * 16, 1, b"", True))
    scene.bank.ingest_frame(Frame(b"b" * 16, 1, b"", True))
    data = scene.read()
    assert data is not None and len(data) == half - 400
    assert scene.read() == b""


def test_fjord_raises_the_limit() -> None:
    frame = Frame(b"a" * 16, 0, bytes(100_000_000), False)
    for forks, dropped in (("ecotone", 1), ("fjord", 0)):
        scene = Scene(config(forks))
        scene.bank.ingest_frame(frame)
        assert len(scene.drops) == dropped


def test_one_channel_may_fill_the_bank_alone() -> None:
    scene = Scene()
    scene.bank.ingest_frame(Frame(b"a" * 16, 0, bytes(100_000_000), True))
    assert scene.drops.reasons == [DropReason.CHANNEL_BANK_FULL]
    with pytest.raises(EndOfData):
        scene.read()


# --- Resets


def test_reset() -> None:
    scene = Scene()
    scene.add("a:0: b:0:b!")
    scene.bank.reset(REFS[0], scene.feed.system_config)
    with pytest.raises(EndOfData):
        scene.read()
    assert scene.drops == []
    scene.add("b:0:b!")
    assert scene.read() == b"b"


def test_flush_does_nothing() -> None:
    """Invalid batches do not reach back to channels before Holocene."""
    scene = Scene()
    scene.add("a:0:a!")
    scene.bank.flush_channel()
    assert scene.read() == b"a"


# --- Against a slow model


class SlowBank:
    """The bank as it is specified, with a search wherever something is needed."""

    def __init__(self, limit: int, any_ready: bool) -> None:
        self.limit, self.any_ready = limit, any_ready
        self.channels: list[Channel] = []

    def ingest(self, frame: Frame, origin: L1BlockRef) -> None:
        found = next((channel for channel in self.channels if channel.id == frame.id), None)
        if found is None:
            found = Channel(frame.id, origin)
            self.channels.append(found)
        if found.open_block.number + TIMEOUT < origin.number:
            return
        try:
            found.add_frame(frame, origin)
        except FrameRejected:
            return
        while sum(channel.size for channel in self.channels) > self.limit:
            self.channels.pop(0)

    def read(self, origin: L1BlockRef) -> bytes | None:
        if not self.channels:
            raise EndOfData("empty")
        if self.channels[0].open_block.number + TIMEOUT < origin.number:
            self.channels.pop(0)
            return None
        for channel in self.channels if self.any_ready else self.channels[:1]:
            if channel.is_ready() and channel.open_block.number + TIMEOUT >= origin.number:
                self.channels.remove(channel)
                return channel.data()
        raise EndOfData("none ready")


steps = st.lists(
    st.one_of(
        st.builds(
            Frame,
            st.sampled_from([bytes([name]) * 16 for name in b"abcdef"]),
            st.integers(0, 3),
            st.binary(max_size=3),
            st.booleans(),
        ),
        st.sampled_from(["read", "advance", "jump"]),
    ),
    max_size=60,
)


@settings(max_examples=150)
@given(steps, st.booleans())
def test_as_specified(script: list[Frame | str], any_ready: bool) -> None:
    cfg = CANYON if any_ready else BEDROCK
    scene = Scene(cfg)
    limit = 1200
    prune = scene.bank._prune
    scene.bank._prune = lambda _limit: prune(limit)  # type: ignore[method-assign]
    slow = SlowBank(limit, any_ready)
    position = 0
    for step in script:
        origin = REFS[position]
        if isinstance(step, Frame):
            scene.bank.ingest_frame(step)
            slow.ingest(step, origin)
        elif step == "read":
            assert outcome(scene.read) == outcome(lambda: slow.read(origin))  # noqa: B023
        else:
            position = min(position + (1 if step == "advance" else TIMEOUT), len(REFS) - 1)
            scene.at(position)


# --- Quantities


def ids(count: int) -> list[bytes]:
    return [index.to_bytes(16, "big") for index in range(count)]


def test_many_open_channels() -> None:
    """Tens of thousands of channels that never end, read after every frame."""
    scene = Scene(CANYON)
    scene.feed.refill(Frame(channel, 0, b"", False) for channel in ids(30_000))
    for _ in range(30_000):
        with pytest.raises(NotEnoughData):
            scene.bank.next_data()


def test_many_ready_channels_at_canyon() -> None:
    """They waited for one channel in front of them; with Canyon all can be read."""
    count = 30_000
    scene = Scene(config(canyon_time=REFS[1].time))
    scene.bank.ingest_frame(Frame(b"\xff" * 16, 0, b"", False))
    for channel in ids(count):
        scene.bank.ingest_frame(Frame(channel, 0, channel, True))
    with pytest.raises(EndOfData):
        scene.read()
    scene.at(1)
    assert scene.read_all() == ids(count)


def test_many_frames_of_one_channel() -> None:
    scene = Scene(CANYON)
    for number in range(65_536):
        scene.bank.ingest_frame(Frame(b"a" * 16, number, b"x", number == 65_535))
    data = scene.read()
    assert data == b"x" * 65_536
