"""How far L2 may run ahead of its L1 origin."""

from __future__ import annotations

import pytest

from pyoprollup.derive import DropReason
from pyoprollup.engine.events import BuildStartEvent
from pyoprollup.rollup import Fork
from tests.actions.batcher import stage
from tests.actions.nodes import Verifier
from tests.actions.sequencer import SequencerNode


def forced_empty(sequencer: SequencerNode) -> bool:
    """Whether the last block that was begun may not have users' transactions."""
    attributes = sequencer.recorder.of(BuildStartEvent)[-1].attributes.attributes
    assert attributes.no_tx_pool is not None
    return attributes.no_tx_pool


@pytest.mark.parametrize(
    ("fork", "block_time", "drift"), [(Fork.CANYON, 2, 20), (Fork.ECOTONE, 2, 20), (Fork.ISTHMUS, 60, 1800)]
)
def test_sequencer_drift(fork: Fork, block_time: int, drift: int) -> None:
    """TestL2Sequencer_SequencerDrift: the origin is adopted as soon as can be; on an old one blocks end up
    empty.

    From Fjord on the drift is 1800 s, whatever the configuration says.
    """
    world, miner, sequencer, _verifier, _batcher = stage(
        fork, max_sequencer_drift=20, seq_window_size=24, block_time=block_time
    )

    def with_tx() -> None:
        world.alice.act_send_l2(sequencer.pool)
        sequencer.act_build_l2_block()
        assert len(sequencer.user_txs()) == 1
        assert not forced_empty(sequencer)

    origin = miner.act_l1_block(gap=6 * block_time)
    sequencer.act_l1_head_signal()
    while sequencer.l2_unsafe.time + block_time < origin.time:
        with_tx()
        assert sequencer.l2_unsafe.l1_origin.number == 0
    with_tx()
    assert sequencer.l2_unsafe.l1_origin == origin.id

    miner.act_l1_block()
    sequencer.act_l1_head_signal()
    while sequencer.l2_unsafe.time + block_time <= origin.time + drift:
        sequencer.act_l2_keep_l1_origin()
        with_tx()
        assert sequencer.l2_unsafe.l1_origin == origin.id
    world.alice.act_send_l2(sequencer.pool)
    sequencer.act_l2_keep_l1_origin()
    sequencer.act_build_l2_block()
    assert forced_empty(sequencer)
    assert sequencer.user_txs() == ()


def test_blocks_beyond_the_drift() -> None:
    """A sequencer that stays on an old origin cannot get its blocks through: the next origin was there."""
    world, miner, sequencer, verifier, batcher = stage(
        Fork.CANYON, max_sequencer_drift=20, seq_window_size=24
    )
    miner.act_l1_empty_blocks(3)
    sequencer.act_l1_head_signal()
    while sequencer.l2_unsafe.time < world.genesis_time + 24:
        sequencer.act_l2_keep_l1_origin()
        sequencer.act_build_l2_block()
    assert sequencer.l2_unsafe.l1_origin.number == 0
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.time == world.genesis_time + 20
    assert DropReason.BATCH_DRIFT_EMPTY in verifier.drop_reasons


@pytest.mark.parametrize("fork", [Fork.CANYON, Fork.DELTA])
def test_large_l1_gaps(fork: Fork) -> None:
    """TestBlockTimeBatchType/LargeL1Gaps: L1 stands still for longer than the drift.

    All times are three times those of the reference, whose L1 blocks take 4 s.
    """
    world, miner, sequencer, verifier, batcher = stage(
        fork, block_time=6, seq_window_size=4, max_sequencer_drift=96
    )

    def with_tx(count: int) -> None:
        for _ in range(count):
            world.alice.act_send_l2(sequencer.pool)
            sequencer.act_build_l2_block()

    def state(node: Verifier) -> tuple[int, int, int, int, int]:
        unsafe, safe = node.l2_unsafe, node.l2_safe
        return (
            miner.head.number,
            unsafe.number,
            unsafe.l1_origin.number,
            safe.number,
            safe.l1_origin.number,
        )

    def user_txs(node: Verifier) -> int:
        return sum(len(node.user_txs(number)) for number in range(1, node.l2_unsafe.number + 1))

    miner.act_l1_block()
    sequencer.act_sync()
    with_tx(2)
    for _ in range(7):
        batcher.act_submit_all()
        miner.act_l1_block()
        sequencer.act_sync()
        with_tx(2)
    assert user_txs(sequencer) == 16
    assert state(sequencer) == (8, 16, 8, 14, 7)

    batcher.act_submit_all()
    miner.act_l1_block(gap=144)
    sequencer.act_sync()
    assert state(sequencer) == (9, 16, 8, 16, 8)
    with_tx(24)
    assert state(sequencer) == (9, 40, 9, 16, 8)
    # 16 blocks within the drift, 7 that must be empty, and one on the new origin, with all that has waited.
    counts = [len(sequencer.user_txs(number)) for number in range(17, 41)]
    assert counts == [1] * 16 + [0] * 7 + [8]

    batcher.act_submit_all()
    miner.act_l1_block()
    assert state(sequencer) == (10, 40, 9, 16, 8)
    miner.act_l1_empty_blocks(2)
    sequencer.act_sync()
    assert state(sequencer) == (12, 40, 9, 40, 9)
    verifier.act_sync()
    assert state(verifier) == (12, 40, 9, 40, 9)
    assert verifier.l2_safe == sequencer.l2_safe
    assert user_txs(verifier) == 40
    assert verifier.drops == []
