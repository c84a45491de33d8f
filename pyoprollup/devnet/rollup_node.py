"""A rollup node of the devnet: engine, driver, gossip, and a sequencer if it is the one to have it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import Any

from pyoprollup.derive import DerivationPipeline, Dropped, FetchingAttributesBuilder
from pyoprollup.devnet.watch import Watch, WatchedConductor
from pyoprollup.driver import ConfDepth, Driver, EngineL2Source
from pyoprollup.engine.errors import EngineError
from pyoprollup.errors import RollupError, Unavailable
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.events import EventRecorder
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.pool import StateHead, TxPool
from pyoprollup.execution.store import ChainStore
from pyoprollup.l1.embedded import EmbeddedL1
from pyoprollup.p2p import (
    AltSync,
    ApplicationScorer,
    AsyncGossiper,
    BlockSigner,
    GossipNode,
    InMemoryTransport,
    NoOpGossiper,
    PeerID,
    ReqRespServer,
    RuntimeConfig,
    SimpleAsyncGossiper,
    SyncClient,
    payload_by_number_protocol,
)
from pyoprollup.rollup import RollupConfig
from pyoprollup.rollup.upgrades import UpgradeBundles
from pyoprollup.sequencing import L1OriginSelector, Sequencer

__all__ = ["NodeSetup", "RollupNode"]


@dataclass(frozen=True, slots=True)
class NodeSetup:
    """What all nodes of a devnet have in common. ``now`` gives Unix seconds."""

    config: RollupConfig
    genesis: Any
    l1: EmbeddedL1
    now: Callable[[], float]
    runtime: RuntimeConfig
    bundles: UpgradeBundles | None = None
    sequencer_conf_depth: int = 0
    verifier_conf_depth: int = 0
    watch: Watch = field(default_factory=Watch)
    finality_lookback: int | None = None
    finality_delay: int | None = None


class RollupNode:
    """A node. ``store`` is all that outlives it: another node on the same store goes on where it was.

    Without ``transport`` it takes no part in gossip. With ``signer`` it is the sequencer.
    """

    def __init__(
        self,
        name: str,
        setup: NodeSetup,
        store: ChainStore,
        *,
        transport: InMemoryTransport | None = None,
        signer: BlockSigner | None = None,
        recorder: EventRecorder | None = None,
    ) -> None:
        self.name = name
        self.config = setup.config
        self.store = store
        self.drops: Counter[str] = Counter()
        self._setup = setup
        self._l1 = setup.l1
        self._labels: dict[str, L1BlockRef] = {}
        self.engine = InProcessEngine.from_genesis(setup.config, setup.genesis, store)
        self.l2 = EngineL2Source(setup.config, self.engine, setup.bundles)
        confirmed = ConfDepth(setup.verifier_conf_depth, self._l1_head, setup.l1)
        self._pipeline = DerivationPipeline(
            setup.config, confirmed, setup.l1, self.l2, bundles=setup.bundles, drops=self._on_drop
        )
        self.gossip: GossipNode | None = None
        self._alt_sync: AltSync | None = None
        if transport is not None:
            self._join(transport, signer)
        self.pool: TxPool | None = None
        self.sequencer: Sequencer | None = None
        origins: L1OriginSelector | None = None
        if signer is not None:
            self.pool = self._open_pool()
            confirmed = ConfDepth(setup.sequencer_conf_depth, self._l1_head, setup.l1)
            origins = L1OriginSelector(setup.config, confirmed)
            self.sequencer = self._make_sequencer(origins)
        self.driver = Driver(
            setup.config,
            self.engine,
            setup.l1,
            now=setup.now,
            bundles=setup.bundles,
            pipeline=self._pipeline,
            sequencer=self.sequencer,
            origin_selector=origins,
            recorder=setup.watch.recorder(name, recorder),
            finality_lookback=setup.finality_lookback,
            finality_delay=setup.finality_delay,
        )
        if self.sequencer is not None:
            self.sequencer.init(True)

    def _l1_head(self) -> L1BlockRef | None:
        return self._labels.get("head")

    def _on_drop(self, drop: Dropped) -> None:
        self.drops[drop.reason.value] += 1

    # --- parts

    def _open_pool(self) -> TxPool:
        header = self.store.header(self.store.heads.unsafe)
        if header is None:
            raise RollupError("the store has no head")
        pool = TxPool(StateHead(self.config, header, self.store.state), now=self._setup.now)
        self.engine.pool = pool
        return pool

    def _make_sequencer(self, origins: L1OriginSelector) -> Sequencer:
        gossiper: AsyncGossiper = NoOpGossiper()
        if self.gossip is not None:
            gossiper = SimpleAsyncGossiper(partial(self._publish, self.gossip))
        builder = FetchingAttributesBuilder(self.config, self._l1, self.l2, self._setup.bundles)
        return Sequencer(
            self.config,
            builder,
            origins,
            WatchedConductor(self._setup.watch, self.name),
            gossiper,
            now=self._setup.now,
            read_ref=self.l2.read_ref,
        )

    def _join(self, transport: InMemoryTransport, signer: BlockSigner | None) -> None:
        setup = self._setup
        self.gossip = GossipNode(
            setup.config,
            transport,
            setup.runtime,
            self._on_gossip,
            now=setup.now,
            signer=signer,
            observer=partial(setup.watch.on_gossip, self.name),
        )
        self.gossip.join()
        server = ReqRespServer(setup.config, self.l2, now=setup.now)
        transport.serve(payload_by_number_protocol(setup.config.l2_chain_id), server.handle)
        client = SyncClient(
            setup.config, lambda _peer, envelope: self._on_gossip(envelope), ApplicationScorer()
        )
        self._alt_sync = AltSync(setup.config, client, transport, now=setup.now)
        self._next_gap_check = 0.0

    def _publish(self, gossip: GossipNode, envelope: ExecutionPayloadEnvelope) -> None:
        gossip.sign_and_publish_l2_payload(envelope)
        self._setup.watch.on_published(self.name, envelope)

    def _on_gossip(self, envelope: ExecutionPayloadEnvelope) -> None:
        self.driver.on_unsafe_l2_payload(envelope)

    def add_peer(self, peer: PeerID) -> None:
        """Another node that can be asked for blocks."""
        if self._alt_sync is not None:
            self._alt_sync.add_peer(peer)

    # --- L1

    def on_l1(self, head: L1BlockRef, safe: L1BlockRef, finalized: L1BlockRef) -> None:
        """Tell the driver that the head of L1 has changed."""
        self._labels = {"head": head, "safe": safe, "finalized": finalized}
        self.driver.on_l1_head(head)
        self.driver.on_l1_safe(safe)
        self.driver.on_l1_finalized(finalized)

    # --- running

    def run(self) -> float:
        """Do what is due; when there is more to do, infinite if that depends on others."""
        due = self.driver.run()
        if self.driver.critical is not None:
            raise RollupError(f"{self.name}: {self.driver.critical.error}")
        return min(inf if due is None else due, self._fill_gaps())

    def _fill_gaps(self) -> float:
        """Ask peers for what gossip has left out below the blocks that wait."""
        sync = self._alt_sync
        if sync is None:
            return inf
        now = self._setup.now()
        if now >= sync.next_due:
            sync.poll()
        if now >= self._next_gap_check:
            self._next_gap_check = now + 2 * self.config.block_time
            sync.fill_gap(self.driver.heads.unsafe, self.driver.unsafe_payloads.lowest_queued)
        return min(sync.next_due, self._next_gap_check)

    def close(self) -> None:
        """End; the store stays open."""
        if self.sequencer is not None:
            self.sequencer.close()
        if self.gossip is not None:
            self.gossip.close()

    # --- for the batcher

    def sync_status(self) -> SyncStatus:
        """The heads, as ``optimism_syncStatus`` tells them."""
        heads = self.driver.heads
        return SyncStatus(
            current_l1=self._pipeline.origin,
            head_l1=self._labels.get("head"),
            safe_l1=self._labels.get("safe"),
            finalized_l1=self._labels.get("finalized"),
            unsafe_l2=heads.unsafe,
            safe_l2=heads.safe,
            finalized_l2=heads.finalized,
            pending_safe_l2=heads.pending_safe,
            cross_unsafe_l2=heads.cross_unsafe,
            local_safe_l2=heads.local_safe,
        )

    def payload_by_number(self, number: int) -> ExecutionPayload:
        """The canonical block of this number; raises :class:`Unavailable`."""
        try:
            envelope = self.engine.payload_by_number(number)
        except EngineError as exc:
            raise Unavailable(str(exc)) from exc
        self._setup.watch.tell("batcher", "payload-by-number", self.name, block=envelope)
        return envelope.payload
