"""L1 changes its mind while L2 has only unsafe blocks on it."""

from __future__ import annotations

import pytest

from pyoprollup.rollup import Fork
from tests.actions.batcher import stage


def test_sequencer_only_reorg() -> None:
    """TestL2Sequencer_SequencerOnlyReorg: only unsafe blocks stand on the L1 block that goes."""
    _world, miner, sequencer, _verifier, _batcher = stage(Fork.GRANITE)
    miner.act_l1_empty_block()
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head_unsafe()
    sequencer.act_l2_pipeline_full()
    before = sequencer.l2_unsafe
    assert sequencer.l2_safe.l1_origin.number == 0
    assert before.l1_origin == miner.head.id

    miner.act_l1_rewind()
    miner.act_l1_empty_blocks(2)
    sequencer.act_l1_head_signal()
    assert sequencer.l2_unsafe == before
    sequencer.act_l2_pipeline_full()
    assert sequencer.l2_unsafe.l1_origin.number == 0, "back to the last good origin"
    assert sequencer.pipeline.origin == miner.head
    assert before.l1_origin.hash != miner.head.parent_hash

    sequencer.act_build_to_l1_head_unsafe()
    assert sequencer.l2_unsafe.l1_origin == miner.head.id


def test_sequencer_only_reorg_that_derivation_does_not_see() -> None:
    """TestL2Sequencer_SequencerOnlyReorg, with an L1 block that is gone before derivation gets there: the
    next canonical block is no child of it. The sequencer looks ahead with each new head, so that it makes one
    block more and then resets."""
    world, miner, sequencer, verifier, batcher = stage(Fork.CANYON)
    orphan = miner.act_l1_empty_block()
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head_unsafe()
    miner.act_l1_rewind()
    miner.act_l1_empty_blocks(3)
    sequencer.act_sync()
    sequencer.act_build_l2_block()
    assert sequencer.l2_unsafe.l1_origin == orphan.id
    with pytest.raises(AssertionError):
        sequencer.act_l2_start_block()
    sequencer.act_l2_pipeline_full()
    assert sequencer.l2_unsafe.time == world.genesis_time + 10, "the last block before the orphan"

    sequencer.act_build_to_l1_head_unsafe()
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe


def test_way_back_over_orphaned_origins_asks_l1_once_for_each() -> None:
    """A reset over many blocks on orphaned origins gets through even if L1 often does not answer."""
    _world, miner, sequencer, _verifier, _batcher = stage(Fork.ISTHMUS)
    miner.act_l1_empty_blocks(2)
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head_unsafe()
    sequencer.act_build_l2_blocks(60)
    assert sequencer.l2_unsafe.l1_origin.number == 2
    miner.act_l1_rewind(2)
    miner.act_l1_empty_blocks(3)
    asked = 0

    def fails() -> bool:
        nonlocal asked
        asked += 1
        return asked % 8 == 0

    sequencer.act_restart()
    sequencer.l1.fails = fails
    sequencer.act_sync()
    assert sequencer.l2_unsafe.number == 5
    assert asked < 60
