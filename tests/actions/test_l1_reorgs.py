"""L1 changes its mind, and L2 with it as far as it has to."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyoprollup.eth.refs import BlockID, BlockLabel, L2BlockRef
from pyoprollup.execution.store import SqliteStore
from pyoprollup.rollup import Fork
from tests.actions.batcher import BATCH_TYPES, Batcher, stage
from tests.actions.harness import World, up_to
from tests.actions.nodes import Verifier
from tests.actions.sequencer import SequencerNode


class SafeHeads:
    """Which L2 block each L1 block made safe."""

    def __init__(self, genesis: BlockID) -> None:
        self.entries: dict[int, tuple[BlockID, BlockID]] = {0: (genesis, genesis)}

    def safe_head_updated(self, safe: L2BlockRef, l1: BlockID) -> None:
        self.entries[l1.number] = (l1, safe.id)

    def safe_head_reset(self, safe: L2BlockRef) -> None:
        for number in [n for n, (_, l2) in self.entries.items() if n and l2.number > safe.number]:
            del self.entries[number]

    def at(self, l1_number: int) -> tuple[BlockID, BlockID]:
        return self.entries[max(n for n in self.entries if n <= l1_number)]


@BATCH_TYPES
def test_reorg_orphan_block(forks: Fork) -> None:
    """TestReorgBatchType/ReorgOrphanBlock: the L1 block with the batch is orphaned; the batch comes again."""
    _world, miner, sequencer, verifier, batcher = stage(forks)
    miner.act_l1_empty_block()
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head()
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe
    assert sequencer.l2_safe.number == 0

    miner.act_l1_rewind(requeue=True)
    miner.act_l1_empty_blocks(2)
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_safe
    assert verifier.l2_unsafe == sequencer.l2_unsafe, "the blocks themselves are still good"
    verifier.check_engine()

    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe
    verifier.check_engine()
    sequencer.act_sync()
    assert sequencer.l2_safe == verifier.l2_safe


def test_record_safe_head_updates() -> None:
    """TestRecordSafeHeadUpdates: what L1 made safe is recorded, forgotten in a reorg, and recorded again."""
    world, miner, sequencer, _verifier, batcher = stage(Fork.GRANITE)
    records = SafeHeads(world.config.genesis.l2)
    verifier = Verifier(world, "recording", safe_heads=records)
    verifier.act_l2_pipeline_full()
    miner.act_l1_empty_block()
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head()
    batcher.act_submit_all()
    included = miner.act_l1_block()
    verifier.act_sync()
    assert records.at(included.number) == (included.id, verifier.l2_unsafe.id)
    assert records.at(included.number + 1) == (included.id, verifier.l2_unsafe.id)
    assert records.at(included.number - 1)[1] == world.config.genesis.l2

    miner.act_l1_rewind(requeue=True)
    miner.act_l1_empty_blocks(2)
    verifier.act_sync()
    assert verifier.l2_safe.number == 0
    assert records.at(included.number)[1] == world.config.genesis.l2

    again = miner.act_l1_block()
    verifier.act_sync()
    assert records.at(again.number) == (again.id, sequencer.l2_unsafe.id)


@BATCH_TYPES
def test_reorg_flip_flop(forks: Fork) -> None:
    """TestReorgBatchType/ReorgFlipFlop: from chain A to chain B and back to A."""
    world, miner, sequencer, verifier, batcher = stage(forks)
    genesis = world.config.genesis.l1
    a0 = miner.act_l1_empty_block()
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head()
    batcher.act_buffer_all()
    batcher.act_channel_close()
    batch_of_a = batcher.next_frame()
    batcher.act_submit_raw(batch_of_a)
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.l1_origin == a0.id

    # To chain B, with the batch that points to A0.
    miner.act_l1_rewind(2)
    b0 = miner.act_l1_empty_block()
    assert b0.number == a0.number
    assert b0.hash != a0.hash
    batcher.act_submit_raw(batch_of_a)
    miner.act_l1_block()
    b2 = miner.act_l1_empty_block()
    verifier.act_sync()
    assert verifier.l2_safe.l1_origin == genesis
    if forks is Fork.CANYON:
        assert verifier.l2_safe.number == 5, "the blocks before A0 stand"
        assert verifier.l2_safe == verifier.l2_unsafe
    else:
        assert verifier.l2_safe.number == 0, "a span batch stands and falls as a whole"
        assert verifier.l2_unsafe.hash == sequencer.l2_unsafe.parent_hash
        batcher.reset()
    verifier.check_engine()

    sequencer.act_sync()
    sequencer.act_build_to_l1_head()
    assert sequencer.l2_unsafe.l1_origin == b2.id
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.l1_origin == b2.id
    assert verifier.l2_unsafe == sequencer.l2_unsafe
    verifier.check_engine()

    # Back to A0, and a batch for A at another place.
    miner.act_l1_switch(a0)
    miner.act_l1_empty_block()
    batcher.act_submit_raw(batch_of_a)
    miner.act_l1_block()
    miner.act_l1_empty_block()
    a4 = miner.act_l1_empty_block()
    verifier.act_sync()
    assert verifier.l2_safe.l1_origin == a0.id
    verifier.check_engine()
    sequencer.act_sync()
    assert sequencer.l2_safe == verifier.l2_safe
    sequencer.act_build_to_l1_head()
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe
    assert verifier.l2_safe.l1_origin == a4.id
    verifier.check_engine()


@pytest.mark.parametrize("forks", [Fork.CANYON, Fork.GRANITE])
def test_deep_reorg(forks: Fork) -> None:
    """TestReorgBatchType/DeepReorg: a reorg of more than a sequencing window, with a user's transaction in
    it.

    The window is 8 L1 blocks here. Blocks 1 to 24 of chain A; chain B begins after block 15.
    """
    window = 8
    world, miner, sequencer, verifier, batcher = stage(
        forks, seq_window_size=window, max_sequencer_drift=1800, channel_timeout=60
    )
    alice_block = None
    for number in range(1, 3 * window + 1):
        if number == 20:
            batcher.act_submit_all()
            miner.act_l1_block()
        else:
            if number in (7, 14):
                batcher.act_submit_all()
            miner.act_l1_block()
        if number == 17:
            world.alice.act_send_l2(sequencer.pool)
            alice_block = sequencer.act_build_l2_block()
            assert len(sequencer.user_txs()) == 1
        sequencer.act_sync()
        sequencer.act_build_to_l1_head()
    assert alice_block is not None
    a24 = miner.head
    assert sequencer.l2_unsafe.l1_origin == a24.id
    assert sequencer.l2_safe.l1_origin.number == 19
    batcher.act_submit_all()
    miner.act_l1_block()
    for node in (verifier, sequencer):
        node.act_sync()
        assert node.l2_safe.l1_origin == a24.id

    miner.act_l1_rewind(1 + window + 1)
    assert miner.head.number == 15
    assert verifier.l2_safe.l1_origin == sequencer.l2_safe.l1_origin == a24.id, "nobody has told them"
    for _ in range(window + 1):
        miner.act_l1_empty_block()
        sequencer.act_sync()
        sequencer.act_build_to_l1_head()
    miner.act_l1_empty_blocks(2)
    b26 = miner.head
    assert b26.number == 26
    verifier.act_sync()
    # What was posted before the reorg ends at the origin of block 13; the window has forced in the rest.
    assert verifier.l2_safe.l1_origin.number == 26 - window
    assert verifier.l2_safe == verifier.l2_unsafe
    verifier.check_engine()

    sequencer.act_sync()
    sequencer.act_build_to_l1_head()
    assert sequencer.l2_unsafe.l1_origin == b26.id
    assert sequencer.l2_safe == verifier.l2_safe
    assert sequencer.hash(13) == verifier.hash(13)
    # Alice's block is gone.
    assert sequencer.hash(alice_block.number) != alice_block.hash
    assert verifier.hash(alice_block.number) != alice_block.hash


@BATCH_TYPES
def test_restart_op_geth(forks: Fork, tmp_path: Path) -> None:
    """TestReorgBatchType/RestartOpGeth: everything is closed; what is on disk gives the same heads again."""
    world = World(up_to(forks))
    miner = world.miner
    path = tmp_path / "chain.sqlite"
    sequencer = SequencerNode(world, store=SqliteStore(path))
    batcher = Batcher(world, sequencer)
    sequencer.act_l2_pipeline_full()
    miner.act_l1_empty_block()

    def build_and_submit() -> None:
        sequencer.act_l1_head_signal()
        sequencer.act_build_to_l1_head()
        batcher.act_submit_all()
        miner.act_l1_block()
        sequencer.act_l2_pipeline_full()

    build_and_submit()
    miner.act_l1_finalize()
    sequencer.act_l1_finalized_signal()
    sequencer.act_l2_pipeline_full()
    build_and_submit()
    miner.act_l1_empty_block()
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head()
    unsafe, safe, finalized = sequencer.l2_unsafe, sequencer.l2_safe, sequencer.l2_finalized
    assert 0 < finalized.l1_origin.number < safe.l1_origin.number < unsafe.l1_origin.number

    sequencer.store.close()
    sequencer.store = SqliteStore(path)
    sequencer.act_restart()
    assert sequencer.engine_ref(BlockLabel.FINALIZED) == finalized
    sequencer.act_l2_pipeline_full()
    assert sequencer.l2_unsafe == unsafe
    assert sequencer.l2_safe == safe
    assert sequencer.l2_finalized == finalized
    sequencer.store.close()


@BATCH_TYPES
def test_conflicting_l2_blocks(forks: Fork) -> None:
    """TestReorgBatchType/ConflictingL2Blocks: a second sequencer cannot replace what the first has on L1."""
    world, miner, sequencer, verifier, batcher = stage(forks)
    other = SequencerNode(world, "alt-sequencer")
    other_batcher = Batcher(world, other, key=world.keys.batcher)
    other.act_l2_pipeline_full()
    miner.act_l1_empty_block()
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head()
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    head = verifier.l2_unsafe
    assert head == verifier.l2_safe == sequencer.l2_unsafe

    world.alice.act_send_l2(other.pool)
    other.act_build_l2_block()
    assert other.l2_unsafe.number == 1
    assert other.hash(1) != sequencer.hash(1)
    verifier.act_l2_unsafe_gossip_receive(other.envelope())
    verifier.act_l2_pipeline_full()
    assert verifier.l2_unsafe == head, "gossip does not replace what is safe"

    other_batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.pipeline.origin == miner.head
    assert verifier.l2_unsafe == head, "the first batch on L1 counts"
    assert verifier.drops

    other.act_sync()
    assert other.l2_unsafe == verifier.l2_unsafe == sequencer.l2_unsafe
    assert other.l2_safe == head
    assert len(other.pool) == 1, "the transaction of the lost block waits again"


@BATCH_TYPES
def test_sync_after_reorg(forks: Fork) -> None:
    """TestReorgBatchType/SyncAfterReorg: the last batch is orphaned; what was derived from the others
    stays."""
    world, miner, sequencer, verifier, batcher = stage(
        forks, max_sequencer_drift=60, seq_window_size=4, channel_timeout=2
    )
    miner.act_l1_empty_block()
    sequencer.act_l1_head_signal()
    while sequencer.l2_unsafe.l1_origin.number < 1:
        sequencer.act_l2_pipeline_full()
        if sequencer.l2_unsafe.number == 5:
            world.alice.act_send_l2(sequencer.pool)
        sequencer.act_build_l2_block()
    batcher.act_submit_all()
    miner.act_l1_block()
    for _ in range(2, 6):
        sequencer.act_l1_head_signal()
        sequencer.act_build_to_l1_head()
        batcher.act_submit_all()
        miner.act_l1_block()
    sequencer.act_sync()
    submitted = sequencer.l2_safe
    sequencer.act_build_to_l1_head()
    batcher.act_submit_all()
    miner.act_l1_block()
    sequencer.act_sync()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_safe == sequencer.l2_unsafe

    miner.act_l1_rewind()
    miner.act_l1_empty_blocks(2)
    sequencer.act_sync()
    verifier.act_sync()
    assert sequencer.l2_safe == verifier.l2_safe == submitted


def test_reorg_of_a_deposit() -> None:
    """A deposit is orphaned with its L1 block and so are the L2 blocks that had it; then it comes again."""
    world, miner, sequencer, verifier, batcher = stage(Fork.ISTHMUS)
    world.alice.act_deposit(world.bob.address)
    miner.act_l1_block()
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head()
    assert len(sequencer.deposits()) == 2
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert len(verifier.deposits(6)) == 2

    miner.act_l1_rewind(2, requeue=True)
    miner.act_l1_empty_blocks(2)
    miner.act_l1_block()
    for node in (sequencer, verifier):
        node.act_sync()
        assert node.l2_safe.number == 0
    sequencer.act_build_to_l1_head()
    batcher.reset()
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe
    with_deposit = [n for n in range(1, verifier.l2_safe.number + 1) if len(verifier.deposits(n)) == 2]
    assert [verifier.ref(n).l1_origin.number for n in with_deposit] == [3]
