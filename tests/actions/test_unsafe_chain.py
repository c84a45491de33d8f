"""Blocks ahead of L1: gossiped, fetched, overruled, and restored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pyoprollup.derive import SingularBatch
from pyoprollup.engine import NO_BLOCK
from pyoprollup.engine.errors import EngineError, EngineRpcError, EngineUnavailable, InvalidForkchoiceState
from pyoprollup.engine.events import BuildStartEvent
from pyoprollup.p2p import LinkFaults
from pyoprollup.rollup import Fork
from tests.actions.batcher import BATCH_TYPES, Batcher, Stage, stage
from tests.actions.harness import World, up_to
from tests.actions.nodes import Verifier
from tests.actions.sequencer import SequencerNode
from tests.stepping import run


@BATCH_TYPES
def test_unsafe_sync(forks: Fork) -> None:
    """TestUnsafeSync: each gossiped block becomes the tip."""
    _world, _miner, sequencer, verifier, _batcher = stage(forks)
    for _ in range(10):
        sequencer.act_build_l2_block()
        verifier.act_l2_unsafe_gossip_receive(sequencer.envelope())
        verifier.act_l2_pipeline_full()
        assert verifier.l2_unsafe == sequencer.l2_unsafe
    assert verifier.l2_safe.number == 0


def test_unsafe_sync_in_disorder() -> None:
    """TestUnsafeSync, with blocks that come in the wrong order, twice, and with a stranger among them."""
    world, _miner, sequencer, verifier, _batcher = stage(Fork.ISTHMUS)
    other = SequencerNode(world, "other")
    other.act_l2_pipeline_full()
    world.bob.act_send_l2(other.pool)
    other.act_build_l2_blocks(2)
    sequencer.act_build_l2_blocks(5)
    for number in (3, 5, 2, 2, 4):
        verifier.act_l2_unsafe_gossip_receive(sequencer.envelope(number))
    verifier.act_l2_unsafe_gossip_receive(other.envelope(2))
    verifier.act_l2_pipeline_full()
    assert verifier.l2_unsafe.number == 0
    verifier.act_l2_unsafe_gossip_receive(sequencer.envelope(1))
    verifier.act_l2_pipeline_full()
    assert verifier.l2_unsafe == sequencer.l2_unsafe


# --- over the network


def gossiping(forks: Fork = Fork.ISTHMUS) -> tuple[World, SequencerNode, Verifier]:
    world = World(up_to(forks))
    sequencer, verifier = SequencerNode(world, gossip=True), Verifier(world, gossip=True)
    for node in (sequencer, verifier):
        node.act_l2_pipeline_full()
    return world, sequencer, verifier


def carry(world: World, *nodes: Verifier, seconds: float = 1.0) -> None:
    """Let messages arrive."""
    until = world.clock.time + seconds
    for _ in range(100):
        world.network.step(world.clock.time)
        for node in nodes:
            node.act_l2_pipeline_full()
        if world.network.next_due > until:
            return
        world.clock.advance(world.network.next_due)


@pytest.mark.parametrize("fork", [Fork.REGOLITH, Fork.CANYON, Fork.ECOTONE, Fork.ISTHMUS])
def test_gossip(fork: Fork) -> None:
    """TestSystemMockP2P: what the sequencer signs and publishes is the verifier's tip, in each topic."""
    world, sequencer, verifier = gossiping(fork)
    for _ in range(5):
        sequencer.act_build_l2_block()
        carry(world, verifier)
        assert verifier.l2_unsafe == sequencer.l2_unsafe


def test_alt_sync() -> None:
    """TestSystemP2PAltSync: gossip is lost for a while; what is missing is fetched from a peer."""
    world, sequencer, verifier = gossiping()
    sequencer.act_build_l2_blocks(2)
    carry(world, verifier)
    assert verifier.l2_unsafe.number == 2

    world.network.set_faults("sequencer", "verifier", LinkFaults(loss=1.0))
    sequencer.act_build_l2_blocks(4)
    carry(world, verifier)
    assert verifier.l2_unsafe.number == 2
    world.network.set_faults("sequencer", "verifier", LinkFaults())
    tip = sequencer.act_build_l2_block()
    carry(world, verifier)
    assert verifier.l2_unsafe.number == 2, "the tip waits for what is below it"
    lowest = verifier.driver.unsafe_payloads.lowest_queued
    assert lowest is not None
    assert lowest.number == tip.number

    verifier.act_add_peers("sequencer")
    assert verifier.alt_sync.request_l2_range(verifier.l2_unsafe, lowest)
    for _ in range(20):
        verifier.alt_sync.step(world.clock.time)
        carry(world, verifier)
        world.clock.advance(world.clock.time + 1)
    assert verifier.l2_unsafe == tip


def test_gossip_of_a_stranger() -> None:
    """A block that somebody else signs goes nowhere."""
    world, sequencer, verifier = gossiping()
    forger = SequencerNode(world, "forger", signer=world.bob.key, gossip=True)
    forger.act_l2_pipeline_full()
    world.bob.act_send_l2(forger.pool)
    forger.act_build_l2_block()
    carry(world, verifier, sequencer)
    assert verifier.l2_unsafe.number == sequencer.l2_unsafe.number == 0
    sequencer.act_build_l2_block()
    carry(world, verifier)
    assert verifier.l2_unsafe == sequencer.l2_unsafe


# --- overruled by L1


@BATCH_TYPES
def test_unsafe_chain_overruled_by_l1(forks: Fork) -> None:
    """TestReorgBatchType: what is on L1 replaces what gossip said, from the first difference on."""
    world, miner, sequencer, verifier, batcher = stage(forks)
    sequencer.act_build_l2_blocks(5)
    for number in range(1, 6):
        verifier.act_l2_unsafe_gossip_receive(sequencer.envelope(number))
    verifier.act_l2_pipeline_full()
    assert verifier.l2_unsafe == sequencer.l2_unsafe
    other = SequencerNode(world, "other")
    other.act_l2_pipeline_full()
    other.act_build_l2_blocks(2)
    sent = world.alice.act_send_l2(other.pool)
    other.act_build_l2_blocks(2)
    assert [other.hash(n) == sequencer.hash(n) for n in range(1, 5)] == [True, True, False, False]
    Batcher(world, other).act_submit_all()
    miner.act_l1_block()
    for node in (verifier, sequencer):
        node.act_sync()
        assert node.l2_safe == node.l2_unsafe == other.l2_unsafe
        assert node.knows_tx(sent)
        node.check_engine()
    # The sequencer goes on, on the chain that L1 says.
    sequencer.act_build_l2_block()
    assert sequencer.l2_unsafe.parent_hash == other.l2_unsafe.hash
    assert batcher.buffered is None


def test_sequencer_goes_on_after_one_block_of_l1() -> None:
    """L1 overrules a long unsafe chain with a single block: the sequencer builds on that."""
    world, miner, sequencer, verifier, batcher = stage(Fork.GRANITE)
    sequencer.act_build_l2_blocks(5)
    batcher.span = False
    other = world.alice.sign_l2(0)
    batcher.act_buffer(modify=lambda batch: replace(batch, transactions=(other,)))
    batcher.act_channel_close()
    batcher.act_submit()
    miner.act_l1_block()
    sequencer.act_sync()
    assert sequencer.l2_unsafe == sequencer.l2_safe == sequencer.ref(1)
    assert sequencer.user_txs(1) == (other,)
    sequencer.act_build_l2_blocks(6)
    batcher.reset()
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe == sequencer.ref(7)


# --- a span batch that turns out to be invalid


def changed(world: World, batch: SingularBatch) -> SingularBatch:
    """B2 is another valid block, B3 an invalid one."""
    number = (batch.timestamp - world.genesis_time) // 2
    if number == 2:
        return replace(batch, transactions=(world.alice.sign_l2(0),))
    if number == 3:
        return replace(batch, transactions=(world.bob.sign_l2(100),))
    return batch


def half_way(cast: Stage) -> bytes:
    """A1 to A5 are known, (A1, B2, B3, B4, B5) is on L1, and the sequencer has derived up to B2. Returns
    A5."""
    world, miner, sequencer, verifier, batcher = cast
    for _ in range(5):
        sequencer.act_build_l2_block()
        verifier.act_l2_unsafe_gossip_receive(sequencer.envelope())
    verifier.act_l2_pipeline_full()
    a5 = sequencer.l2_unsafe.hash
    assert verifier.l2_unsafe.hash == a5
    batcher.act_submit_all(lambda batch: changed(world, batch))
    batcher.reset()
    miner.act_l1_block()
    sequencer.act_l1_head_signal()
    assert sequencer.l2_backup_unsafe == NO_BLOCK
    assert sequencer.l2_pending_safe.number == 0
    sequencer.act_l2_events_until_pending(1)
    assert sequencer.l2_unsafe.number == 5
    assert sequencer.l2_backup_unsafe == NO_BLOCK
    sequencer.act_l2_events_until_pending(2)
    assert sequencer.l2_unsafe.number == 2
    assert sequencer.l2_backup_unsafe.hash == a5
    return a5


def test_backup_unsafe() -> None:
    """TestBackupUnsafe: the unsafe chain comes back when the span batch that replaced it is found invalid."""
    cast = stage(Fork.GRANITE)
    _world, miner, sequencer, verifier, batcher = cast
    a5 = half_way(cast)
    sequencer.act_l2_pipeline_full()
    verifier.act_sync()
    for node in (sequencer, verifier):
        assert node.l2_backup_unsafe == NO_BLOCK
        assert node.l2_pending_safe.number == node.l2_safe.number == 0
        assert (node.l2_unsafe.number, node.l2_unsafe.hash) == (5, a5)

    batcher.act_submit_all()
    miner.act_l1_block()
    for node in (sequencer, verifier):
        node.act_sync()
        assert node.l2_safe == node.l2_unsafe
        assert node.l2_safe.hash == a5
        assert node.l2_backup_unsafe == NO_BLOCK


def _failing(times: int, error: EngineError) -> Callable[[str, tuple[Any, ...]], EngineError | None]:
    left = times

    def fault(name: str, arguments: tuple[Any, ...]) -> EngineError | None:
        nonlocal left
        if name != "forkchoice_updated" or arguments[1] is not None or not left:
            return None
        left -= 1
        return error

    return fault


def test_backup_unsafe_reorg_forkchoice_input_error() -> None:
    """TestBackupUnsafeReorgForkChoiceInputError: the engine refuses to go back, so the backup is given up."""
    cast = stage(Fork.GRANITE)
    sequencer = cast.sequencer
    half_way(cast)
    sequencer.act_l2_events_until(lambda event: isinstance(event, BuildStartEvent))
    sequencer.engine.fault = _failing(1, InvalidForkchoiceState("mock"))
    sequencer.act_l2_pipeline_full()
    assert sequencer.l2_backup_unsafe == NO_BLOCK
    assert sequencer.l2_pending_safe.number == sequencer.l2_safe.number == 0
    assert sequencer.l2_unsafe.number == 2


@pytest.mark.parametrize("error", [EngineUnavailable("mock"), EngineRpcError(-32000, "Server error")])
def test_backup_unsafe_reorg_forkchoice_not_input_error(error: EngineError) -> None:
    """TestBackupUnsafeReorgForkChoiceNotInputError: the engine fails at first; then it goes back."""
    cast = stage(Fork.GRANITE)
    sequencer = cast.sequencer
    a5 = half_way(cast)
    sequencer.act_l2_events_until(lambda event: isinstance(event, BuildStartEvent))
    sequencer.engine.fault = _failing(2, error)
    sequencer.act_l2_pipeline_full()
    assert sequencer.l2_backup_unsafe == NO_BLOCK
    assert sequencer.l2_pending_safe.number == sequencer.l2_safe.number == 0
    assert (sequencer.l2_unsafe.number, sequencer.l2_unsafe.hash) == (5, a5)


def test_no_backup_with_holocene() -> None:
    """The same batch with Holocene: B3 stays without its transactions, and there is no way back."""
    world, miner, sequencer, verifier, batcher = stage(Fork.ISTHMUS)
    sequencer.act_build_l2_blocks(5)
    a5 = sequencer.l2_unsafe
    batcher.act_submit_all(lambda batch: changed(world, batch))
    miner.act_l1_block()
    for node in (sequencer, verifier):
        node.act_sync()
        assert node.l2_safe.number == node.l2_unsafe.number == 3
        assert len(node.user_txs(2)) == 1
        assert node.user_txs(3) == ()
    assert sequencer.l2_unsafe == verifier.l2_unsafe
    sequencer.act_build_l2_blocks(2)
    assert sequencer.l2_unsafe.number == 5
    assert sequencer.l2_unsafe != a5


def test_a_burst_of_unsafe_payloads() -> None:
    """More come than a loop of events may be long, before the driver is run again: all are taken."""
    _world, _miner, sequencer, verifier, _batcher = stage(Fork.ISTHMUS)
    sequencer.act_l1_head_signal()
    sequencer.act_build_l2_blocks(600)
    for number in range(600, 0, -1):
        verifier.driver.on_unsafe_l2_payload(sequencer.envelope(number))
    run(verifier.driver, verifier.world.clock.time)
    assert verifier.l2_unsafe == sequencer.l2_unsafe
