"""The engine catches up by itself, and the node takes over from there.

The engine in process has no peers; :func:`engine_syncs` does what they would.
"""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.engine import ExecutePayloadStatus, ForkchoiceState, SyncMode
from pyoprollup.engine.el_sync import SyncStatus
from pyoprollup.engine.errors import BlockNotFound, EngineError
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import ZERO_HASH
from pyoprollup.rollup import Fork
from tests.actions.batcher import Stage, stage
from tests.actions.nodes import Verifier


def engine_syncs(verifier: Verifier, source: Verifier, number: int) -> None:
    """The verifier's engine fetches all blocks up to one, without its node's doing."""
    engine = verifier.local_engine
    for each in range(1, number + 1):
        assert engine.new_payload(source.envelope(each)).status is ExecutePayloadStatus.VALID
    state = ForkchoiceState(source.envelope(number).payload.block_hash, ZERO_HASH, ZERO_HASH)
    assert engine.forkchoice_updated(state, None).payload_status.status is ExecutePayloadStatus.VALID


class Heads:
    """Notes the heads that the engine is told."""

    def __init__(self, verifier: Verifier) -> None:
        self.told: list[bytes] = []
        verifier.engine.fault = self._note

    def _note(self, name: str, arguments: tuple[Any, ...]) -> EngineError | None:
        if name == "forkchoice_updated":
            self.told.append(arguments[0].head)
        return None


def el_synced() -> tuple[Stage, Verifier]:
    """Ten blocks are fetched by the engine; the eleventh ends its sync."""
    cast = stage(Fork.GRANITE)
    _world, miner, sequencer, _verifier, _batcher = cast
    verifier = Verifier(cast.world, "el-verifier", sync_mode=SyncMode.EL)
    verifier.act_l2_pipeline_full()
    miner.act_l1_empty_block()
    sequencer.act_build_l2_blocks(10)
    heads = Heads(verifier)
    verifier.act_l2_unsafe_gossip_receive(sequencer.envelope(10))
    assert verifier.driver.engine.el_sync.status is SyncStatus.STARTED_EL
    assert heads.told == [sequencer.hash(10)], "the engine is pointed at the tip"
    assert verifier.driver.engine.is_engine_syncing
    engine_syncs(verifier, sequencer, 10)
    assert verifier.hash(1) == sequencer.hash(1)
    with pytest.raises(BlockNotFound):
        verifier.local_engine.payload_by_label(BlockLabel.SAFE)

    sequencer.act_build_l2_block()
    verifier.act_l2_unsafe_gossip_receive(sequencer.envelope(11))
    verifier.act_l2_pipeline_full()
    for label in (BlockLabel.UNSAFE, BlockLabel.SAFE, BlockLabel.FINALIZED):
        assert verifier.engine_ref(label) == sequencer.ref(11)
    assert verifier.driver.engine.el_sync.status is SyncStatus.FINISHED_EL

    submit_one_more(cast, verifier)
    assert verifier.l2_safe == sequencer.l2_safe == sequencer.ref(12)
    return cast, verifier


def submit_one_more(cast: Stage, verifier: Verifier) -> None:
    cast.sequencer.act_build_l2_block()
    cast.batcher.act_submit_all()
    cast.miner.act_l1_block()
    cast.sequencer.act_sync()
    verifier.act_sync()


def test_el_sync() -> None:
    """TestELSync: from one unsafe block the engine gets the whole chain, and derivation goes on behind it."""
    cast, verifier = el_synced()
    assert verifier.l2_unsafe == cast.sequencer.l2_unsafe
    assert verifier.engine_ref(BlockLabel.SAFE).number == 12


def test_el_sync_transitions_to_cl() -> None:
    """TestELSyncTransitionstoCL: after that, a gap is waited for, not given to the engine."""
    cast, verifier = el_synced()
    sequencer = cast.sequencer
    sequencer.act_build_l2_blocks(10)
    heads = Heads(verifier)
    verifier.act_l2_unsafe_gossip_receive(sequencer.envelope(22))
    verifier.act_l2_pipeline_full()
    assert sequencer.hash(22) not in heads.told
    assert verifier.l2_unsafe.number == 12
    for number in range(13, 23):
        verifier.act_l2_unsafe_gossip_receive(sequencer.envelope(number))
    verifier.act_l2_pipeline_full()
    assert verifier.engine_ref(BlockLabel.UNSAFE) == sequencer.ref(22)
    submit_one_more(cast, verifier)
    assert sequencer.engine_ref(BlockLabel.SAFE).number == 23
    assert verifier.engine_ref(BlockLabel.SAFE) == sequencer.ref(23)


def test_el_sync_transitions_to_cl_sync_after_node_restart() -> None:
    """TestELSyncTransitionsToCLSyncAfterNodeRestart: an engine with a finalized block is not left to itself
    again."""
    cast, verifier = el_synced()
    sequencer = cast.sequencer
    verifier.act_restart()
    assert verifier.driver.engine.el_sync.status is SyncStatus.WILL_START_EL
    sequencer.act_build_l2_blocks(10)
    heads = Heads(verifier)
    verifier.act_l2_unsafe_gossip_receive(sequencer.envelope(22))
    assert sequencer.hash(22) not in heads.told
    assert verifier.driver.engine.el_sync.status is SyncStatus.FINISHED_EL
    for number in range(13, 23):
        verifier.act_l2_unsafe_gossip_receive(sequencer.envelope(number))
    verifier.act_l2_pipeline_full()
    assert verifier.l2_unsafe == sequencer.ref(22)
    submit_one_more(cast, verifier)
    assert verifier.l2_safe == sequencer.ref(23)


def test_derivation_goes_on_without_gossip_after_a_restart() -> None:
    """Batches on L1 are enough to go on: the engine has a finalized block of its own. The reference waits for
    a payload from gossip."""
    cast, verifier = el_synced()
    verifier.act_restart()
    cast.sequencer.act_build_l2_blocks(5)
    cast.batcher.act_submit_all()
    cast.miner.act_l1_block()
    cast.sequencer.act_sync()
    verifier.act_sync()
    assert verifier.l2_safe == cast.sequencer.l2_safe


def test_a_sync_ends_without_another_payload() -> None:
    """Gossip falls silent while the engine syncs; new L1 blocks are reason enough to ask it how far it is."""
    cast = stage(Fork.GRANITE)
    verifier = Verifier(cast.world, "el-verifier", sync_mode=SyncMode.EL)
    verifier.act_l2_pipeline_full()
    cast.miner.act_l1_empty_block()
    cast.sequencer.act_build_l2_blocks(10)
    verifier.act_l2_unsafe_gossip_receive(cast.sequencer.envelope(10))
    engine_syncs(verifier, cast.sequencer, 10)
    cast.batcher.act_submit_all()
    cast.miner.act_l1_block()
    verifier.act_sync()
    assert verifier.driver.engine.el_sync.status is SyncStatus.FINISHED_EL
    assert verifier.l2_finalized == cast.sequencer.ref(10)
    submit_one_more(cast, verifier)
    assert verifier.l2_safe == cast.sequencer.l2_safe == cast.sequencer.ref(11)
