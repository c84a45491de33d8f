"""Processes die, networks lose messages, and nothing of the chain is lost.

Here the batcher is the real one, not the actor of the other scenarios.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pyoprollup.batcher import (
    BatcherConfig,
    BatchSubmitter,
    ChannelConfig,
    ChannelManager,
    StaticChannelConfig,
)
from pyoprollup.derive.params import SINGULAR_BATCH_TYPE, SPAN_BATCH_TYPE
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.events import NEVER
from pyoprollup.execution.store import SqliteStore
from pyoprollup.p2p import LinkFaults
from pyoprollup.rollup import Fork
from pyoprollup.sequencing import HeadMismatch, SequencerAlreadyStopped
from pyoprollup.txmgr.config import TxManagerConfig
from pyoprollup.txmgr.manager import SimpleTxManager
from pyoprollup.txmgr.signer import LocalSigner
from tests.actions.batcher import Batcher
from tests.actions.harness import SLOT, World, up_to
from tests.actions.nodes import Verifier
from tests.actions.sequencer import SequencerNode
from tests.stepping import run


class _NodeApi:
    """A node as the batcher sees it."""

    def __init__(self, node: Verifier) -> None:
        self._node = node

    def sync_status(self) -> SyncStatus:
        node, miner = self._node, self._node.world.miner
        heads = node.driver.heads
        return SyncStatus(
            current_l1=node.pipeline.origin,
            head_l1=node.l1_head,
            safe_l1=miner.safe,
            finalized_l1=miner.finalized,
            unsafe_l2=heads.unsafe,
            safe_l2=heads.safe,
            finalized_l2=heads.finalized,
            pending_safe_l2=heads.pending_safe,
            cross_unsafe_l2=heads.cross_unsafe,
            local_safe_l2=heads.local_safe,
        )

    def payload_by_number(self, number: int) -> ExecutionPayload:
        return self._node.envelope(number).payload


class LiveBatcher:
    """A batcher at work. It has no disk: :meth:`act_restart` leaves nothing of it."""

    def __init__(self, world: World, node: Verifier, span: bool) -> None:
        self._world = world
        self._node = node
        self._span = span
        self._generation = 0
        self.act_restart()

    def act_restart(self) -> None:
        world, config = self._world, self._world.config
        self._generation += 1
        count = 0

        def new_channel_id() -> bytes:
            nonlocal count
            count += 1
            return keccak256(b"%d %d" % (self._generation, count))[:16]

        backend = world.l1
        chain_id = world.l1.config.chain_id
        manager = SimpleTxManager(
            TxManagerConfig(chain_id=chain_id, num_confirmations=2, receipt_query_interval=2.0),
            backend,
            LocalSigner(world.keys.batcher, chain_id),
            world.clock,
        )
        channels = ChannelConfig(
            seq_window_size=config.seq_window_size,
            channel_timeout=50,
            max_channel_duration=1,
            sub_safety_margin=4,
            batch_type=SPAN_BATCH_TYPE if self._span else SINGULAR_BATCH_TYPE,
        ).for_calldata()
        api = _NodeApi(self._node)
        self._batcher = BatchSubmitter(
            config,
            BatcherConfig(poll_interval=2.0, max_pending_txs=3),
            api,
            api,
            backend,
            manager,
            ChannelManager(config, StaticChannelConfig(channels), new_channel_id),
            world.clock,
        )
        self._batcher.start_batch_submitting()

    def act_work(self) -> None:
        """Do what is due now."""
        for _ in range(200):
            self._batcher.step(self._world.clock.time)
            if self._batcher.next_due > self._world.clock.time:
                return
        raise AssertionError("the batcher never comes to rest")


class Life:
    """A sequencer on disk with a live batcher. :meth:`act_slot` is an L1 slot of ordinary life."""

    def __init__(self, path: Path, span: bool = True, gossip: bool = False) -> None:
        self.world = World(up_to(Fork.ISTHMUS))
        self._path = path
        self.sequencer = SequencerNode(self.world, store=SqliteStore(path), gossip=gossip)
        self.sequencer.act_l2_pipeline_full()
        self.batcher = LiveBatcher(self.world, self.sequencer, span)
        self.blocks: list[bytes] = []
        """Hashes of the blocks that were made."""

    def act_slot(
        self, after_block: Callable[[int], None] = lambda _number: None, sequence: bool = True
    ) -> None:
        """Six L2 blocks and then an L1 block; ``after_block`` is called after each L2 block."""
        world, sequencer = self.world, self.sequencer
        end = world.miner.head.time + SLOT
        while sequence and sequencer.l2_unsafe.time < end:
            world.alice.act_send_l2(sequencer.pool)
            ref = sequencer.act_build_l2_block()
            assert len(sequencer.user_txs()) == 1
            self.blocks.append(ref.hash)
            self.batcher.act_work()
            after_block(ref.number)
        world.clock.advance(end)
        world.miner.act_l1_block()
        sequencer.act_sync()
        self.batcher.act_work()

    def act_kill_sequencer(self) -> None:
        """What is left is its database. The batcher that was attached to it dies, too."""
        self.sequencer.store.close()
        self.sequencer.store = SqliteStore(self._path)
        self.sequencer.act_restart()
        self.sequencer.act_sync()
        self.batcher.act_restart()

    def act_settle(self) -> None:
        """No more blocks; what there is becomes safe."""
        for _ in range(10):
            if self.sequencer.l2_safe == self.sequencer.l2_unsafe:
                return
            self.act_slot(sequence=False)
        raise AssertionError(f"{self.sequencer.l2_safe} does not get to {self.sequencer.l2_unsafe}")

    def check(self, *nodes: Verifier) -> None:
        """All blocks that were ever made are safe, everywhere."""
        for node in (self.sequencer, *nodes):
            node.act_sync()
            assert node.l2_safe == node.l2_unsafe
            assert [node.hash(number + 1) for number in range(node.l2_safe.number)] == self.blocks


@pytest.mark.parametrize("span", [False, True], ids=["singular", "span"])
def test_batcher_killed(span: bool, tmp_path: Path) -> None:
    """A batcher that dies in the middle of everything, again and again, loses no block."""
    life = Life(tmp_path / "chain", span)
    for slot in range(8):
        life.act_slot(
            lambda number, slot=slot: life.batcher.act_restart() if number % 7 == slot % 7 else None
        )
    life.act_settle()
    life.check(Verifier(life.world))
    life.sequencer.store.close()


def test_sequencer_killed(tmp_path: Path) -> None:
    """A sequencer that dies goes on from its database, on the block that it made last."""
    life = Life(tmp_path / "chain")
    kills: list[int] = []

    def kill(number: int) -> None:
        if number in (4, 15, 16, 30, 41):
            tip = life.sequencer.l2_unsafe
            life.act_kill_sequencer()
            assert life.sequencer.l2_unsafe == tip
            kills.append(number)

    for _ in range(8):
        life.act_slot(kill)
    assert len(kills) == 5
    life.act_settle()
    life.check(Verifier(life.world))
    life.sequencer.store.close()


def test_batcher_stopped_for_long(tmp_path: Path) -> None:
    """A batcher that was away for many L1 blocks posts all that has piled up."""
    life = Life(tmp_path / "chain")
    life.act_slot()
    batcher, life.batcher = life.batcher, _Idle()  # type: ignore[assignment]
    for _ in range(8):
        life.act_slot()
    assert life.sequencer.l2_safe.number < 12
    life.batcher = batcher
    life.batcher.act_restart()
    life.act_settle()
    life.check(Verifier(life.world))
    life.sequencer.store.close()


class _Idle:
    def act_work(self) -> None:
        """Nothing."""


def test_verifiers_with_and_without_gossip(tmp_path: Path) -> None:
    """A verifier with (bad) gossip and one without end on the same heads, through restarts of everybody."""
    life = Life(tmp_path / "chain", gossip=True)
    world = life.world
    hearing, silent = Verifier(world, "hearing", gossip=True), Verifier(world, "silent")
    world.network.set_faults("sequencer", "hearing", LinkFaults(loss=0.3, duplication=0.3, max_delay=3.0))

    def hear(number: int) -> None:
        world.network.step(world.clock.time)
        hearing.act_l2_pipeline_full()
        if number == 20:
            hearing.act_restart()
            world.network.set_faults("sequencer", "hearing", LinkFaults(loss=0.3))

    ahead = 0
    for slot in range(8):
        life.act_slot(hear)
        for node in (hearing, silent):
            node.act_sync()
        assert silent.l2_unsafe == silent.l2_safe
        ahead += hearing.l2_unsafe.number > hearing.l2_safe.number
        if slot == 4:
            life.act_kill_sequencer()
    assert ahead, "gossip was of some use"
    life.act_settle()
    life.check(hearing, silent)
    assert hearing.driver.heads.safe == silent.driver.heads.safe == life.sequencer.l2_safe
    life.sequencer.store.close()


def test_verifier_restarted_in_the_middle_of_a_batch(tmp_path: Path) -> None:
    """A verifier that dies while it derives, after each block, gets to the same end."""
    world = World(up_to(Fork.GRANITE))
    sequencer = SequencerNode(world)
    sequencer.act_l2_pipeline_full()
    sequencer.act_build_l2_blocks(6)
    Batcher(world, sequencer).act_submit_all()
    world.miner.act_l1_block()
    path = tmp_path / "verifier"
    verifier = Verifier(world, store=SqliteStore(path))
    for number in range(1, 7):
        verifier.act_l2_events_until_pending(number)
        assert verifier.l2_safe.number == (6 if number == 6 else 0)
        verifier.store.close()
        verifier.store = SqliteStore(path)
        verifier.act_restart()
    verifier.act_sync()
    assert verifier.l2_safe == verifier.l2_unsafe == sequencer.l2_unsafe
    verifier.store.close()


def test_stop_start_sequencer() -> None:
    """TestStopStartSequencer: stopped, it makes no block; it starts on the head that it stopped with."""
    world = World(up_to(Fork.ISTHMUS))
    node = SequencerNode(world)
    node.act_l2_pipeline_full()
    node.act_build_l2_blocks(3)
    head = node.sequencer.stop()
    assert head == node.l2_unsafe.hash
    assert not node.sequencer.active
    world.clock.advance(world.clock.time + 60)
    assert run(node.driver, world.clock.time) == NEVER
    assert node.l2_unsafe.number == 3
    with pytest.raises(SequencerAlreadyStopped):
        node.sequencer.stop()

    with pytest.raises(HeadMismatch):
        node.sequencer.start(node.l2_unsafe.parent_hash)
    node.sequencer.start(head)
    node.act_build_l2_blocks(2)
    assert node.l2_unsafe.number == 5


def test_same_story_same_hashes() -> None:
    """Everything follows from the seed."""

    def story(seed: int) -> tuple[bytes, bytes, bytes]:
        world = World(seed=seed)
        node = SequencerNode(world)
        node.act_l2_pipeline_full()
        world.alice.act_deposit(world.bob.address)
        world.alice.act_send_l2(node.pool)
        world.miner.act_l1_block()
        node.act_sync()
        node.act_build_to_l1_head()
        batcher = Batcher(world, node)
        batcher.act_submit_all()
        world.miner.act_l1_block()
        node.act_sync()
        assert node.l2_safe == node.l2_unsafe
        return world.miner.head.hash, node.l2_safe.hash, node.store.heads.safe

    assert story(1) == story(1)
    assert story(1) != story(2)
