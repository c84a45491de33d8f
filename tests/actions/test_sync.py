"""Following L1 when it hardly answers."""

from __future__ import annotations

import random

import pytest

from pyoprollup.engine.errors import EngineUnavailable
from pyoprollup.rollup import Fork
from tests.actions.batcher import BATCH_TYPES, Stage, stage


def build(cast: Stage, l1_blocks: int) -> None:
    _world, miner, sequencer, _verifier, batcher = cast
    miner.act_l1_empty_block()
    for _ in range(l1_blocks):
        sequencer.act_sync()
        sequencer.act_build_to_l1_head()
        batcher.act_submit_all()
        miner.act_l1_block()


@BATCH_TYPES
def test_derivation_with_flaky_l1_rpc(forks: Fork) -> None:
    """TestSyncBatchType/DerivationWithFlakyL1RPC: every other request to L1 fails."""
    cast = stage(forks)
    build(cast, 20)
    verifier = cast.verifier
    rng = random.Random(1234)
    verifier.act_l1_head_signal()
    verifier.l1.fails = lambda: rng.random() < 0.5
    verifier.act_l2_pipeline_full()
    assert verifier.l2_safe == cast.sequencer.l2_unsafe
    assert verifier.l2_safe.number == 120
    assert verifier.drops == []


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_derivation_with_flaky_engine(share: float) -> None:
    """TestSyncBatchType with an engine that fails instead."""
    cast = stage(Fork.ISTHMUS)
    build(cast, 6)
    verifier = cast.verifier
    rng = random.Random(1234)
    verifier.act_l1_head_signal()
    verifier.engine.fault = lambda _name, _arguments: (
        EngineUnavailable("mock") if rng.random() < share else None
    )
    verifier.act_l2_pipeline_full()
    assert verifier.l2_safe == cast.sequencer.l2_unsafe
    assert verifier.drops == []
