"""What happens when batches come late, or not at all."""

from __future__ import annotations

import pytest

from pyoprollup.derive import DropReason
from pyoprollup.rollup import Fork
from tests.actions.batcher import BATCH_TYPES, stage
from tests.actions.harness import SLOT


@BATCH_TYPES
def test_l2_verifier_sequence_window(forks: Fork) -> None:
    """TestL2Verifier_SequenceWindow: without batches L2 follows L1 at the distance of the window; reorgs of
    L1 are followed too."""
    window = 8
    _world, miner, _sequencer, verifier, _batcher = stage(
        forks, seq_window_size=window, max_sequencer_drift=10
    )
    while miner.head.number < 2 * window:
        miner.act_l1_empty_block()
        verifier.act_l2_pipeline_full()
        forced = max(miner.head.number - window, 0)
        assert verifier.l2_safe.l1_origin.number == forced
        assert miner.block(forced).ref.time <= verifier.l2_unsafe.time
    tip = verifier.l2_safe

    miner.act_l1_rewind(window)
    verifier.act_l2_pipeline_full()
    assert verifier.l2_safe == tip, "a shorter L1 is no news"
    new = miner.act_l1_empty_block()
    verifier.act_l2_pipeline_full()
    assert verifier.l2_safe == tip
    miner.act_l1_empty_blocks(window)
    assert miner.head.number == 2 * window + 1
    verifier.act_l2_pipeline_full()
    assert verifier.l2_safe.l1_origin == new.id
    verifier.check_engine()


@BATCH_TYPES
def test_sequence_window_expired(forks: Fork) -> None:
    """Test_ProgramAction_SequenceWindowExpired: blocks that nobody posted are replaced by empty ones."""
    window = 6
    world, miner, sequencer, verifier, batcher = stage(forks, seq_window_size=window, max_sequencer_drift=20)
    lost = world.alice.act_send_l2(sequencer.pool)
    sequencer.act_build_l2_block()
    lost_hash = sequencer.l2_unsafe.hash
    miner.act_l1_empty_blocks(window + 1)
    sequencer.act_sync()
    assert sequencer.l2_safe.number > 0
    assert sequencer.hash(1) != lost_hash
    assert sequencer.user_txs(1) == ()
    assert not sequencer.knows_tx(lost)
    assert sequencer.l2_unsafe == sequencer.l2_safe
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_safe

    # Life goes on: the transaction went back to the pool.
    sequencer.act_build_to_l1_head_unsafe()
    assert sequencer.knows_tx(lost)
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe


@BATCH_TYPES
def test_batch_after_the_window(forks: Fork) -> None:
    """A batch that comes when the window is over is of no use, though its blocks would have been right."""
    window = 6
    world, miner, sequencer, verifier, batcher = stage(forks, seq_window_size=window, max_sequencer_drift=20)
    lost = world.alice.act_send_l2(sequencer.pool)
    sequencer.act_build_l2_blocks(3)
    miner.act_l1_empty_blocks(window)
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.l1_origin.number >= 1
    assert not verifier.knows_tx(lost)
    assert all(not verifier.user_txs(number) for number in range(1, verifier.l2_safe.number + 1))
    late = {DropReason.BATCH_WINDOW_EXPIRED, DropReason.BATCH_PAST, DropReason.BATCH_ORIGIN_BEHIND}
    assert late & set(verifier.drop_reasons)


@pytest.mark.parametrize("forks", [Fork.CANYON, Fork.DELTA, Fork.ISTHMUS])
def test_batch_in_last_possible_blocks(forks: Fork) -> None:
    """TestBlockTimeBatchType/BatchInLastPossibleBlocks: batches in the last L1 block that can hold them."""
    world, miner, sequencer, _verifier, batcher = stage(
        forks, seq_window_size=4, max_sequencer_drift=96, block_time=6
    )

    def with_tx(count: int) -> None:
        for _ in range(count):
            world.alice.act_send_l2(sequencer.pool)
            sequencer.act_build_l2_block()
            assert len(sequencer.user_txs()) == 1

    def state() -> tuple[int, int, int, int, int]:
        unsafe, safe = sequencer.l2_unsafe, sequencer.l2_safe
        return (
            miner.head.number,
            unsafe.number,
            unsafe.l1_origin.number,
            safe.number,
            safe.l1_origin.number,
        )

    miner.act_l1_block()
    sequencer.act_sync()
    with_tx(3)
    for _ in range(7):
        batcher.act_submit_all()
        miner.act_l1_block()
        sequencer.act_sync()
        with_tx(2)
    assert state() == (8, 17, 8, 15, 7)

    batcher.act_submit_all()
    for _ in range(3):
        miner.act_l1_empty_block()
        sequencer.act_sync()
        with_tx(2)
    assert state() == (11, 23, 11, 15, 7), "nothing has been made up yet"
    miner.act_l1_block(gap=SLOT)
    sequencer.act_sync()
    assert state() == (12, 23, 11, 17, 8)
