"""Who may post batches is told on L1."""

from __future__ import annotations

from pyoprollup.rollup import Fork
from tests.actions.batcher import BATCH_TYPES, Batcher, stage


def _padded(address: bytes) -> bytes:
    return bytes(12) + address


@BATCH_TYPES
def test_batcher_key_rotation(forks: Fork) -> None:
    """TestSystemConfigBatchType/BatcherKeyRotation: batcher A, then batcher B, then a reorg back to A."""
    world, miner, sequencer, verifier, a = stage(forks)
    b = Batcher(world, sequencer, key=world.bob.key)

    def sync() -> None:
        sequencer.act_l2_pipeline_full()
        verifier.act_l2_pipeline_full()

    miner.act_l1_empty_blocks(2)
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head()
    a.act_submit_all()
    miner.act_l1_block()
    sync()
    assert sequencer.l2_safe.l1_origin.number == 2
    assert sequencer.l2_safe == verifier.l2_safe

    # Bob becomes the batcher.
    world.owner.act_set_system_config("setBatcherHash(bytes32)", _padded(world.bob.address))
    changed = miner.act_l1_block()
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head()
    b.act_submit_all()
    miner.act_l1_block()
    first = sequencer.l2_safe.number
    for number in range(first, first + 13):
        ref = sequencer.ref(number)
        assert ref.l1_origin.number == changed.number - 2 + (number - first) // 6
        assert ref.sequence_number == (number - first) % 6
        batcher_addr = sequencer.system_config(number).batcher_addr
        expected = world.bob.address if number == first + 12 else a.user.address
        assert batcher_addr == expected
    sync()
    assert sequencer.l2_safe.l1_origin.number == 4
    assert sequencer.l2_safe == verifier.l2_safe

    # The old batcher goes on, and nobody listens.
    before = sequencer.l2_safe
    miner.act_l1_empty_block()
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head()
    a.act_submit_all()
    miner.act_l1_block()
    sync()
    assert sequencer.l2_safe == verifier.l2_safe == before
    b.act_submit_all()
    miner.act_l1_block()
    sync()
    assert sequencer.l2_safe == verifier.l2_safe == sequencer.l2_unsafe
    assert sequencer.l2_safe != before

    # L1 takes the change back.
    miner.act_l1_rewind(5)
    miner.act_l1_empty_blocks(6)
    sync()
    assert sequencer.l2_safe.l1_origin.number == 2
    assert sequencer.l2_unsafe.l1_origin.number == 3
    assert sequencer.l2_safe == verifier.l2_safe
    assert sequencer.l2_unsafe == verifier.l2_unsafe
    assert sequencer.system_config().batcher_addr == a.user.address

    a.reset()
    a.act_submit_all()
    miner.act_l1_block()
    sync()
    assert sequencer.l2_safe == sequencer.l2_unsafe == verifier.l2_unsafe
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head()
    a.act_submit_all()
    miner.act_l1_block()
    sync()
    assert verifier.l2_safe.l1_origin.number == 10
    assert verifier.l2_safe == sequencer.l2_unsafe


def test_batcher_change_within_the_channel_timeout() -> None:
    """A new batcher ends the old one's channel; after a restart in between the node sees it the same way."""
    world, miner, sequencer, verifier, a = stage(Fork.ISTHMUS)
    b = Batcher(world, sequencer, key=world.bob.key)
    sequencer.act_build_l2_blocks(4)
    a.act_buffer_all()
    first, second = a.all_frames(2)
    a.act_submit_raw(first)
    miner.act_l1_block()
    verifier.act_sync()
    world.owner.act_set_system_config("setBatcherHash(bytes32)", _padded(world.bob.address))
    miner.act_l1_block()
    a.act_submit_raw(second)
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == 0, "the second frame is not the batcher's any more"
    verifier.act_restart()
    verifier.act_sync()
    assert verifier.l2_safe.number == 0
    b.act_submit_raw(second)
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe, "frames do not say who sent them"
