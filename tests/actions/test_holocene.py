"""Holocene: everything in order or not at all, and a bad block costs only its transactions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.derive import CompressionAlgo, DropReason, SingularBatch, SpanChannelOut
from pyoprollup.engine.events import DepositsOnlyPayloadAttributesRequestEvent
from pyoprollup.rollup import Fork
from tests.actions.batcher import Batcher, stage
from tests.actions.harness import up_to

FORKS = pytest.mark.parametrize("fork", [Fork.GRANITE, Fork.HOLOCENE, Fork.ISTHMUS])
SPAN = pytest.mark.parametrize("span", [False, True], ids=["singular", "span"])


@FORKS
@SPAN
@pytest.mark.parametrize(
    ("order", "before", "after"),
    [
        ([1, 2, 3], 3, 3),
        ([1, 3, 2], 3, 1),
        ([2, 1, 3], 3, 0),
        ([1, 1, 2, 3], 3, 3),
        ([2, 2, 1, 3], 3, 0),
    ],
)
def test_order_of_batches(fork: Fork, span: bool, order: list[int], before: int, after: int) -> None:
    """Test_ProgramAction_HoloceneBatches: strict order of batches in a channel."""
    world, miner, sequencer, verifier, batcher = stage(fork)
    sequencer.act_build_l2_blocks(3)
    batcher.span = False
    if span:
        batcher.channel = SpanChannelOut(
            world.config, 1 << 20, CompressionAlgo.ZLIB, world.new_channel_id(), max_blocks_per_span=1
        )
    for number in order:
        batcher.act_add_block(number)
    batcher.act_channel_close()
    batcher.act_submit()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == (before if fork is Fork.GRANITE else after)
    assert verifier.l2_safe == sequencer.ref(verifier.l2_safe.number)


@FORKS
@pytest.mark.parametrize(
    ("order", "before", "after"),
    [
        ([0, 1, 2], 3, 3),
        ([2, 1, 0], 3, 0),
        ([0, 1, 0, 2], 3, 0),
        ([0, 1, 1, 2], 3, 3),
    ],
)
def test_order_of_frames(fork: Fork, order: list[int], before: int, after: int) -> None:
    """Test_ProgramAction_HoloceneFrames: strict order of frames."""
    _world, miner, sequencer, verifier, batcher = stage(fork)
    sequencer.act_build_l2_blocks(3)
    batcher.act_buffer_all()
    frames = batcher.all_frames(3)
    batcher.act_submit_each(frames[number] for number in order)
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == (before if fork is Fork.GRANITE else after)


@FORKS
@SPAN
def test_invalid_payload(fork: Fork, span: bool) -> None:
    """Test_ProgramAction_HoloceneInvalidBatch/InvalidPayload: the second of three blocks has a transaction
    that cannot be. With Holocene the block stays, without its transactions."""
    world, miner, sequencer, verifier, batcher = stage(fork)
    world.alice.act_deposit(world.bob.address)
    miner.act_l1_block()
    sequencer.act_build_l2_blocks(3)
    batcher.span = span
    bad = world.alice.sign_l2(99)
    batcher.act_buffer()
    batcher.act_buffer(modify=lambda batch: replace(batch, transactions=(bad,)))
    batcher.act_buffer()
    batcher.act_channel_close()
    batcher.act_submit()
    miner.act_l1_block()
    verifier.act_sync()
    asked = verifier.recorder.of(DepositsOnlyPayloadAttributesRequestEvent)
    if fork is Fork.GRANITE:
        assert verifier.l2_safe.number == (0 if span else 1)
        assert asked == []
        return
    assert verifier.l2_safe.number == 2
    assert verifier.l2_safe == verifier.l2_unsafe
    assert len(asked) == 1
    assert asked[0].parent.number == 1
    assert verifier.user_txs(2) == ()
    assert verifier.hash(2) == sequencer.hash(2), "the sequencer's block was empty anyway"
    flushed = DropReason.SPAN_FLUSHED if span else DropReason.CHANNEL_FLUSHED
    assert flushed in verifier.drop_reasons

    # The rest comes in a new channel.
    sequencer.act_sync()
    batcher.reset()
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.ref(3)


def test_bad_tx_in_batch() -> None:
    """Test_ProgramAction_BadTxInBatch: a batch with a transaction that cannot be, and then a good one."""
    for fork in (Fork.GRANITE, Fork.ISTHMUS):
        world, miner, sequencer, verifier, batcher = stage(fork)
        lost = world.alice.act_send_l2(sequencer.pool)
        sequencer.act_build_l2_block()
        batcher.span = False
        bad = world.alice.sign_l2(99)
        batcher.act_submit_all(lambda batch, bad=bad: replace(batch, transactions=(bad,)))
        miner.act_l1_block()
        verifier.act_sync()
        if fork is Fork.GRANITE:
            assert verifier.l2_safe.number == 0
        else:
            assert verifier.l2_safe.number == 1
            assert verifier.user_txs(1) == ()
        batcher.reset()
        batcher.act_submit_all()
        miner.act_l1_block()
        verifier.act_sync()
        assert verifier.l2_safe.number == 1
        assert verifier.knows_tx(lost) is (fork is Fork.GRANITE)


@FORKS
@SPAN
def test_invalid_parent_hash(fork: Fork, span: bool) -> None:
    """Test_ProgramAction_HoloceneInvalidBatch/InvalidParentHash: a singular batch with another parent."""
    _world, miner, sequencer, verifier, batcher = stage(fork)
    sequencer.act_build_l2_blocks(3)
    batcher.span = span

    def other_parent(batch: SingularBatch) -> SingularBatch:
        return replace(batch, parent_hash=bytes(32))

    batcher.act_buffer(modify=other_parent if span else lambda batch: batch)
    batcher.act_buffer(modify=other_parent)
    batcher.act_buffer()
    batcher.act_channel_close()
    batcher.act_submit()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == (0 if span else 1)
    assert DropReason.BATCH_PARENT_MISMATCH in verifier.drop_reasons


@FORKS
def test_future_l1_origin_in_span(fork: Fork) -> None:
    """Test_ProgramAction_HoloceneInvalidBatch/FutureL1Origin: the third block of a span names an L1 block
    that is later than it. With Holocene the blocks before it count."""
    _world, miner, sequencer, verifier, batcher = stage(fork)
    miner.act_l1_empty_blocks(2)
    sequencer.act_build_l2_blocks(3)
    origin = miner.block(1).ref

    def later_origin(batch: SingularBatch) -> SingularBatch:
        return replace(batch, epoch_num=origin.number, epoch_hash=origin.hash)

    batcher.act_buffer(2)
    batcher.act_buffer(modify=later_origin)
    batcher.act_channel_close()
    batcher.act_submit()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == (0 if fork is Fork.GRANITE else 2)
    assert DropReason.BATCH_BEFORE_L1_ORIGIN in verifier.drop_reasons


@FORKS
def test_two_channels_at_once(fork: Fork) -> None:
    """A new channel ends one that is not closed, with Holocene; before, both live side by side."""
    world, miner, sequencer, verifier, one = stage(fork)
    sequencer.act_build_l2_blocks(4)
    other = Batcher(world, sequencer)
    one.act_add_block(1)
    one.act_add_block(2)
    other.act_add_block(3)
    other.act_add_block(4)
    (a0, a1), (b0, b1) = one.all_frames(2), other.all_frames(2)
    one.act_submit_each([a0, b0, a1, b1])
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == (4 if fork is Fork.GRANITE else 0)
    if fork is not Fork.GRANITE:
        one.act_submit_each([a0, a1, b0, b1])
        miner.act_l1_block()
        verifier.act_sync()
        assert verifier.l2_safe == sequencer.ref(4)


def test_steady_batch_derivation() -> None:
    """A batch that is too old does not end its channel; one from the future does, and later ones with it."""
    world, miner, sequencer, verifier, _ = stage(Fork.HOLOCENE)
    batcher = Batcher(world, sequencer, span=False)
    sequencer.act_build_l2_blocks(4)
    for number in (1, 2):
        batcher.act_add_block(number)
    batcher.act_channel_close()
    batcher.act_submit()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == 2
    for number in (1, 2, 3, 1, 4):
        batcher.act_add_block(number)
    batcher.act_channel_close()
    batcher.act_submit()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.ref(4)
    assert verifier.drop_reasons == [DropReason.BATCH_PAST] * 3


@FORKS
def test_sequencer_drift_in_span(fork: Fork) -> None:
    """Test_ProgramAction_HoloceneInvalidBatch/SequencerDrift: a span that stays on its origin beyond the
    drift. With Holocene what is within counts."""
    _world, miner, sequencer, verifier, batcher = stage(fork, block_time=60)
    miner.act_l1_empty_blocks(3)
    sequencer.act_l1_head_signal()
    for _ in range(33):
        sequencer.act_l2_keep_l1_origin()
        sequencer.act_build_l2_block()
    assert sequencer.l2_unsafe.l1_origin.number == 0
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == (0 if fork is Fork.GRANITE else 30)
    assert DropReason.BATCH_DRIFT_EMPTY in verifier.drop_reasons


def test_activation_drops_what_is_half_done() -> None:
    """Test_ProgramAction_HoloceneActivation: a channel that is open when L1 gets to Holocene is lost; frames
    and batches out of order were fine before, and are not after."""
    _world, miner, sequencer, verifier, batcher = stage(up_to(Fork.GRANITE, {Fork.HOLOCENE: 30}))
    sequencer.act_build_l2_blocks(2)
    batcher.act_buffer_all()
    batcher.act_submit_each(reversed(batcher.all_frames(3)))
    miner.act_l1_block()
    for node in (sequencer, verifier):
        node.act_sync()
        assert node.l2_safe.number == 2

    sequencer.act_build_l2_blocks(3)
    batcher.act_buffer_all()
    first, second = batcher.all_frames(2)
    batcher.act_submit_raw(first)
    assert miner.act_l1_block().time < sequencer.config.schedule.times[Fork.HOLOCENE]
    batcher.act_submit_raw(second)
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == 2
    assert verifier.drop_reasons == [DropReason.FORK_ACTIVATION, DropReason.FRAME_WITHOUT_CHANNEL]

    batcher.act_submit_each([second, first])
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == 2
    batcher.act_submit_each([first, second])
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe
