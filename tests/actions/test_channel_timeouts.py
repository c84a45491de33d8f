"""Channels that take too long."""

from __future__ import annotations

import pytest

from pyoprollup.derive import DropReason
from pyoprollup.rollup import Fork
from tests.actions.batcher import Batcher, Stage, stage

TIMEOUT = 50
"""L1 blocks, from Granite on."""


def opened(fork: Fork, **options: int) -> tuple[Stage, Batcher, bytes]:
    """Ten blocks, the first five of them in a frame on L1, in a channel that is not closed."""
    cast = stage(fork, **options)
    cast.sequencer.act_build_l2_blocks(10)
    batcher = Batcher(cast.world, cast.sequencer, span=False)
    batcher.act_buffer(5)
    assert batcher.channel is not None
    batcher.channel.flush()
    first = batcher.next_frame()
    batcher.act_submit_raw(first)
    cast.miner.act_l1_block()
    cast.verifier.act_sync()
    assert cast.verifier.l2_safe.number == 0
    assert cast.verifier.drops == []
    return cast, batcher, first


@pytest.mark.parametrize("fork", [Fork.GRANITE, Fork.ISTHMUS])
def test_channel_timeout(fork: Fork) -> None:
    """Test_ProgramAction_ChannelTimeout/HonestClaim: a channel times out, and is sent again."""
    cast, batcher, first = opened(fork)
    _world, miner, sequencer, verifier, _ = cast
    miner.act_l1_empty_blocks(TIMEOUT + 1)
    verifier.act_sync()
    assert verifier.l2_safe.number == 0
    if fork is Fork.GRANITE:
        assert verifier.drop_reasons == [DropReason.CHANNEL_TIMED_OUT]

    batcher.act_submit_raw(first)
    miner.act_l1_block()
    batcher.act_buffer(5)
    batcher.act_channel_close()
    batcher.act_submit()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe == sequencer.ref(10)
    # Only one channel was lost on the way.
    assert verifier.drop_reasons == [DropReason.CHANNEL_TIMED_OUT]


@pytest.mark.parametrize("fork", [Fork.GRANITE, Fork.ISTHMUS])
def test_close_channel_late(fork: Fork) -> None:
    """Test_ProgramAction_ChannelTimeout/CloseChannelLate: the last frame comes after the time-out."""
    cast, batcher, first = opened(fork)
    _world, miner, sequencer, verifier, _ = cast
    miner.act_l1_empty_blocks(TIMEOUT + 1)
    batcher.act_buffer(5)
    batcher.act_channel_close()
    final = batcher.next_frame()
    batcher.act_submit_raw(final)
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == 0
    assert DropReason.CHANNEL_TIMED_OUT in verifier.drop_reasons

    for frame in (first, final):
        batcher.act_submit_raw(frame)
        miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.ref(10)


@pytest.mark.parametrize(
    ("fork", "timeout"), [(Fork.CANYON, 8), (Fork.FJORD, 8), (Fork.GRANITE, TIMEOUT), (Fork.ISTHMUS, TIMEOUT)]
)
@pytest.mark.parametrize("late", [False, True])
def test_last_block_of_a_channel(fork: Fork, timeout: int, late: bool) -> None:
    """The channel may be closed just as many L1 blocks after its first frame as the time-out says."""
    cast, batcher, _first = opened(fork, channel_timeout=8)
    _world, miner, sequencer, verifier, _ = cast
    batcher.act_buffer(5)
    batcher.act_channel_close()
    miner.act_l1_empty_blocks(timeout - 1 + late)
    batcher.act_submit()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == (0 if late else 10)
    assert (DropReason.CHANNEL_TIMED_OUT in verifier.drop_reasons) is late
    if not late:
        assert verifier.l2_safe == sequencer.l2_unsafe


def test_channel_timeout_in_force_is_that_of_the_l1_block() -> None:
    """Granite shortens a channel that is open: what was in time before is too late then."""
    cast = stage(
        {fork: 0 for fork in Fork if fork <= Fork.FJORD} | {Fork.GRANITE: 55 * 12}, channel_timeout=80
    )
    _world, miner, sequencer, verifier, _ = cast
    sequencer.act_build_l2_blocks(4)
    batcher = Batcher(cast.world, sequencer, span=False)
    batcher.act_buffer_all()
    first, second = batcher.all_frames(2)
    batcher.act_submit_raw(first)
    miner.act_l1_block()
    miner.act_l1_empty_blocks(60)
    batcher.act_submit_raw(second)
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.l1_origin.number < 3
    assert DropReason.CHANNEL_TIMED_OUT in verifier.drop_reasons
