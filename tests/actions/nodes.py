"""Verifiers that do one thing at a time, each with an engine of its own."""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.derive import Dropped, DropReason
from pyoprollup.derive.altda.manager import AltDAStorage
from pyoprollup.derive.payload_util import payload_to_system_config
from pyoprollup.driver import EngineL2Source
from pyoprollup.driver.events import StepAttemptEvent, StepReqEvent
from pyoprollup.driver.sync_deriver import SafeHeadListener
from pyoprollup.engine import SyncMode
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockLabel, L1BlockRef, L2BlockRef
from pyoprollup.events import NEVER, Event, EventRecorder
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.store import ChainStore, MemoryStore
from pyoprollup.node import GossipParts, NodeCore, NodeOptions, SequencerParts
from pyoprollup.p2p import AltSync, LocalSigner, PeerID
from pyoprollup.rollup.system_config import SystemConfig
from tests.actions.flaky import FlakyEngine, FlakyL1
from tests.actions.harness import World

__all__ = ["Verifier"]

_MAX_STEPS = 20_000
_DEPOSIT = b"\x7e"


class Verifier:
    """Follows L1 and what it is told. ``store`` is all that outlives it, see :meth:`act_restart`."""

    def __init__(
        self,
        world: World,
        name: str = "verifier",
        *,
        store: ChainStore | None = None,
        sync_mode: SyncMode = SyncMode.CL,
        gossip: bool = False,
        safe_heads: SafeHeadListener | None = None,
        da_server: AltDAStorage | None = None,
    ) -> None:
        self.world = world
        self.name = name
        self.config = world.config
        self.store = MemoryStore() if store is None else store
        self.sync_mode = sync_mode
        self._with_gossip = gossip
        self._safe_heads = safe_heads
        self._da_server = da_server
        self._boot()

    def _boot(self) -> None:
        world = self.world
        self.drops: list[Dropped] = []
        self.recorder = EventRecorder(limit=100_000)
        self.l1 = FlakyL1(world.l1)
        self.l1_head: L1BlockRef = world.l1.block_by_number(0).ref
        self.local_engine = self._open_engine()
        self.engine = FlakyEngine(self.local_engine)
        self.core = NodeCore(
            world.config,
            self.engine,
            self.l1,
            self.l1,
            now=world.clock,
            options=NodeOptions(sync_mode=self.sync_mode),
            bundles=world.bundles,
            da_server=self._da_server,
            gossip=self._gossip_parts() if self._with_gossip else None,
            sequencing=self._sequencing(),
            safe_heads=self._safe_heads,
            recorder=self.recorder,
            drops=self.drops.append,
        )
        self.l2 = self.core.l2
        self.pipeline = self.core.pipeline
        self.driver = self.core.driver
        self.gossip = self.core.gossip
        self._emit = self.driver.events.emitter("test")

    def _open_engine(self) -> InProcessEngine:
        return InProcessEngine.from_genesis(self.world.config, self.world.genesis, self.store)

    def _sequencing(self) -> SequencerParts | None:
        return None

    def _gossip_parts(self, signer: LocalSigner | None = None) -> GossipParts:
        world = self.world
        transport = world.network.join(self.name)
        served = EngineL2Source(world.config, self.local_engine)
        return GossipParts(transport, world.runtime, requests=transport, signer=signer, served=served)

    @property
    def alt_sync(self) -> AltSync:
        assert self.core.alt_sync is not None
        return self.core.alt_sync

    def receive(self, envelope: ExecutionPayloadEnvelope) -> None:
        """A payload has come from a peer."""
        self.driver.on_unsafe_l2_payload(envelope)

    def act_add_peers(self, *names: str) -> None:
        """Learn of nodes that can be asked for blocks."""
        for name in names:
            self.alt_sync.add_peer(PeerID(name))

    # --- running

    def _run(self, stop: Callable[[Event], bool] = lambda _event: False) -> bool:
        """Events and steps until ``stop`` says so of an event, or nothing is left; whether it did.

        A sequencer does not act by itself here. Time goes on while a step waits.
        """
        for _ in range(_MAX_STEPS):
            if self.driver.events.drain_until(stop):
                return True
            assert self.driver.critical is None, f"{self.name}: {self.driver.critical}"
            step_at = self.driver.scheduler.next_due
            if step_at == NEVER:
                return False
            self.world.clock.advance(max(step_at, self.world.clock.time))
            self._emit(StepAttemptEvent())
        raise AssertionError(f"{self.name} never comes to rest")

    def act_l2_pipeline_full(self) -> None:
        """Derive all that there is."""
        self._emit(StepReqEvent())
        self._run()

    def act_l2_events_until(self, stop: Callable[[Event], bool]) -> None:
        """Derive until an event has been delivered."""
        self._emit(StepReqEvent())
        assert self._run(stop), "the event did not come"

    def act_l2_events_until_pending(self, number: int) -> None:
        """Derive until the pending-safe head is at a block."""
        self.act_l2_events_until(lambda _event: self.l2_pending_safe.number == number)

    def act_restart(self) -> None:
        """The process dies and begins anew, with nothing but its database."""
        if self.gossip is not None:
            self.world.network.leave(self.name)
        self._boot()

    # --- signals

    def act_l1_head_signal(self) -> None:
        self.l1_head = self.world.miner.head
        self.driver.on_l1_head(self.l1_head)
        self.driver.events.drain()

    def act_l1_safe_signal(self) -> None:
        self.driver.on_l1_safe(self.world.miner.safe)
        self.driver.events.drain()

    def act_l1_finalized_signal(self) -> None:
        self.driver.on_l1_finalized(self.world.miner.finalized)
        self.driver.events.drain()

    def act_l2_unsafe_gossip_receive(self, envelope: ExecutionPayloadEnvelope) -> None:
        """A payload that passed the checks of gossip."""
        self.receive(envelope)
        self.driver.events.drain()

    def act_sync(self) -> None:
        """See L1's head and derive up to it."""
        self.act_l1_head_signal()
        self.act_l2_pipeline_full()

    # --- looking

    @property
    def l2_unsafe(self) -> L2BlockRef:
        return self.driver.heads.unsafe

    @property
    def l2_pending_safe(self) -> L2BlockRef:
        return self.driver.heads.pending_safe

    @property
    def l2_safe(self) -> L2BlockRef:
        return self.driver.heads.safe

    @property
    def l2_finalized(self) -> L2BlockRef:
        return self.driver.heads.finalized

    @property
    def l2_backup_unsafe(self) -> L2BlockRef:
        return self.driver.heads.backup_unsafe

    def engine_ref(self, label: BlockLabel) -> L2BlockRef:
        """The head that the engine has."""
        return self.l2.l2_block_ref_by_label(label)

    def check_engine(self) -> None:
        """The engine has the node's safe head. (Its tip may be further on: like op-geth, it does not go back
        to an ancestor before something else is built there.)"""
        assert self.engine_ref(BlockLabel.SAFE) == self.l2_safe

    def envelope(self, number: int | None = None) -> ExecutionPayloadEnvelope:
        """A canonical block, by default the tip."""
        return self.local_engine.payload_by_number(self.l2_unsafe.number if number is None else number)

    def ref(self, number: int) -> L2BlockRef:
        return self.l2.read_ref(self.envelope(number).payload)

    def hash(self, number: int) -> bytes:
        return self.envelope(number).payload.block_hash

    def user_txs(self, number: int | None = None) -> tuple[bytes, ...]:
        """Transactions of a block that are not deposits."""
        return tuple(tx for tx in self.envelope(number).payload.transactions if tx[:1] != _DEPOSIT)

    def deposits(self, number: int | None = None) -> tuple[bytes, ...]:
        """Deposits of a block; the first tells about L1."""
        return tuple(tx for tx in self.envelope(number).payload.transactions if tx[:1] == _DEPOSIT)

    def system_config(self, number: int | None = None) -> SystemConfig:
        return payload_to_system_config(self.config, self.envelope(number).payload, self.world.bundles)

    def knows_tx(self, tx_hash: bytes) -> bool:
        """Whether a transaction is on the canonical chain."""
        return self.store.transaction(tx_hash) is not None  # type: ignore[arg-type]

    @property
    def drop_reasons(self) -> list[DropReason]:
        return [drop.reason for drop in self.drops]
