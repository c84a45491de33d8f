"""Which channel stage works, before and after Holocene."""

from __future__ import annotations

import pytest

from pyoprollup.derive.channel_assembler import ChannelAssembler
from pyoprollup.derive.channel_bank import ChannelBank
from pyoprollup.derive.channel_mux import ChannelMux
from pyoprollup.derive.drops import DropReason
from pyoprollup.derive.errors import EndOfData, NotEnoughData
from tests.unit.derive.support import Drops, Feed, config, l1_chain, short_frames

REFS = l1_chain(10)
CONFIG = config("granite", holocene_time=REFS[5].time)


def test_reset_decides_by_the_base_block() -> None:
    feed = Feed(origin=REFS[0])
    mux = ChannelMux(CONFIG, feed)
    for index, kind in (
        (0, ChannelBank),
        (4, ChannelBank),
        (5, ChannelAssembler),
        (9, ChannelAssembler),
        (4, ChannelBank),
    ):
        mux.reset(REFS[index], feed.system_config)
        assert type(mux.active) is kind


def test_activation_drops_open_channels() -> None:
    drops = Drops()
    feed = Feed(short_frames("a:0:x b:0:y"), origin=REFS[4])
    mux = ChannelMux(CONFIG, feed, drops)
    mux.reset(REFS[4], feed.system_config)
    for _ in range(2):
        with pytest.raises(NotEnoughData):
            mux.next_data()
    feed.origin = REFS[5]
    mux.activate_holocene()
    assert drops.reasons == [DropReason.FORK_ACTIVATION] * 2
    feed.refill(short_frames("a:1:z! c:0:c!"))
    assert mux.next_data().data == b"c"
    assert mux.origin == REFS[5]


def test_flush_goes_to_the_active_stage() -> None:
    feed = Feed(short_frames("a:0:x"), origin=REFS[6])
    drops = Drops()
    mux = ChannelMux(CONFIG, feed, drops)
    mux.reset(REFS[6], feed.system_config)
    with pytest.raises(EndOfData):
        mux.next_data()
    mux.flush_channel()
    assert drops.reasons == [DropReason.CHANNEL_FLUSHED]
