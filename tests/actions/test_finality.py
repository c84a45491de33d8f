"""L2 blocks become final with the L1 blocks that they were derived from."""

from __future__ import annotations

import pytest

from pyoprollup.eth.refs import BlockLabel
from pyoprollup.rollup import Fork
from tests.actions.batcher import BATCH_TYPES, Stage, stage


def post(cast: Stage) -> None:
    """All L2 blocks that there are get onto L1."""
    cast.batcher.act_submit_all()
    cast.miner.act_l1_block()


@BATCH_TYPES
def test_l2_finalization(forks: Fork) -> None:
    """TestL2BatcherBatchType/L2Finalization: finality needs the batch in a finalized L1 block."""
    cast = stage(forks)
    _world, miner, sequencer, _verifier, _batcher = cast
    for number in (1, 2):
        miner.act_l1_empty_block()
        sequencer.act_l1_head_signal()
        sequencer.act_build_to_l1_head()
        miner.act_l1_safe(number)
        sequencer.act_l1_safe_signal()
    miner.act_l1_finalize(1)
    sequencer.act_l1_finalized_signal()
    sequencer.act_l2_pipeline_full()
    assert sequencer.l2_finalized.number == 0, "not on L1 yet"

    submitted = sequencer.l2_unsafe
    post(cast)
    sequencer.act_l2_pipeline_full()
    assert sequencer.l2_safe == submitted
    assert sequencer.l2_finalized.number == 0, "the L1 block with the batch is not final"
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head()
    post(cast)
    miner.act_l1_empty_blocks(2)
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head()

    miner.act_l1_safe(4)
    miner.act_l1_finalize(3)
    sequencer.act_l2_pipeline_full()
    sequencer.act_l1_finalized_signal()
    sequencer.act_l1_safe_signal()
    sequencer.act_sync()
    assert sequencer.l2_finalized == submitted
    assert sequencer.l2_safe.number > submitted.number
    assert sequencer.engine_ref(BlockLabel.FINALIZED) == submitted


@BATCH_TYPES
def test_l2_finalization_with_sparse_l1(forks: Fork) -> None:
    """TestL2BatcherBatchType/L2FinalizationWithSparseL1: the signal names a later block than that with the
    batch."""
    cast = stage(forks)
    _world, miner, sequencer, _verifier, _batcher = cast
    miner.act_l1_empty_block()
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head()
    post(cast)
    miner.act_l1_empty_blocks(2)
    sequencer.act_sync()
    assert sequencer.l2_safe == sequencer.l2_unsafe
    assert sequencer.l2_finalized.number == 0

    miner.act_l1_safe()
    miner.act_l1_finalize()
    sequencer.act_l1_safe_signal()
    sequencer.act_l1_finalized_signal()
    sequencer.act_l2_pipeline_full()
    assert sequencer.l2_finalized == sequencer.l2_unsafe


@BATCH_TYPES
def test_finalize_while_syncing(forks: Fork) -> None:
    """TestSyncBatchType/FinalizeWhileSyncing: the signal comes first, and counts while the node catches
    up."""
    cast = stage(forks, block_time=12)
    _world, miner, sequencer, verifier, _batcher = cast
    miner.act_l1_empty_block()
    for _ in range(65):
        sequencer.act_sync()
        sequencer.act_build_to_l1_head()
        post(cast)
    miner.act_l1_safe()
    miner.act_l1_finalize()
    verifier.act_l1_head_signal()
    verifier.act_l1_safe_signal()
    verifier.act_l1_finalized_signal()
    verifier.act_l2_pipeline_full()
    assert verifier.l2_finalized.number > 0
    assert verifier.l2_safe == sequencer.l2_unsafe


def test_late_l1_signal() -> None:
    """Finality of L1 is told long after: as much becomes final as the node remembers, and no less than
    before."""
    cast = stage(Fork.ISTHMUS, block_time=6)
    _world, miner, sequencer, verifier, _batcher = cast
    finals = []
    for number in range(1, 41):
        miner.act_l1_empty_block()
        sequencer.act_sync()
        sequencer.act_build_to_l1_head()
        if number % 4 == 0:
            post(cast)
        verifier.act_sync()
        if number in (20, 38):
            miner.act_l1_finalize(miner.head.number - 3)
            verifier.act_l1_finalized_signal()
            verifier.act_sync()
            finals.append(verifier.l2_finalized)
    assert 0 < finals[0].number < finals[1].number <= verifier.l2_safe.number
    assert finals[1].l1_origin.number <= miner.finalized.number


@pytest.mark.parametrize("with_signal", [False, True])
def test_finality_after_restart(with_signal: bool) -> None:
    """TestDeriveChainFromNearL1Genesis, and on: a node that begins anew keeps its finalized head, and moves
    it on when L1 says so again."""
    cast = stage(Fork.ISTHMUS)
    _world, miner, sequencer, verifier, _batcher = cast
    for _ in range(4):
        miner.act_l1_empty_block()
        sequencer.act_sync()
        sequencer.act_build_to_l1_head()
        post(cast)
    miner.act_l1_finalize(4)
    verifier.act_sync()
    verifier.act_l1_finalized_signal()
    verifier.act_sync()
    final, safe = verifier.l2_finalized, verifier.l2_safe
    assert 0 < final.number < safe.number

    verifier.act_restart()
    if with_signal:
        miner.act_l1_finalize()
        verifier.act_l1_finalized_signal()
    verifier.act_sync()
    assert verifier.l2_safe == safe
    assert verifier.l2_finalized.number >= final.number
    if not with_signal:
        assert verifier.l2_finalized == final
        miner.act_l1_finalize()
        verifier.act_l1_finalized_signal()
        verifier.act_sync()
    assert verifier.l2_finalized == safe
    assert verifier.engine_ref(BlockLabel.FINALIZED) == safe
