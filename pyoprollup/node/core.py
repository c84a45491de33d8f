"""The rollup node, put together from parts: the one place where that is done.

Devnet, replay, tests and the real node run this same object; they differ in what they hand in. It has no
thread, no clock and no socket of its own: whoever runs it tells it of L1 and steps it when it is due.

```
 L1, blobs ──► ConfDepth ──► DerivationPipeline ─┐
                   │                             ├─► Driver ──► EngineAPI
                   └─► L1OriginSelector ─► Sequencer ─┘  ▲
                                             │           │ unsafe payloads
                                             ▼           │
                              peers ◄──► GossipNode, AltSync
```
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pyoprollup.derive import DerivationPipeline, FetchingAttributesBuilder
from pyoprollup.derive.altda.manager import AltDAManager, AltDAStorage
from pyoprollup.derive.drops import Dropped, DropReason, DropSink, ignore_drops
from pyoprollup.driver import ConfDepth, Driver, EngineL2Source, SafeHeadListener
from pyoprollup.engine import EngineAPI, EngineHeads, Reset
from pyoprollup.errors import ConfigError, RollupError
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.events import NEVER, Deriver, EventRecorder, Level, News, Tell, no_news
from pyoprollup.node.parts import GossipParts, NodeOptions, SequencerParts
from pyoprollup.p2p import (
    AltSync,
    ApplicationScorer,
    AsyncGossiper,
    GossipNode,
    NoOpGossiper,
    PeerID,
    ReqRespServer,
    RequestTransport,
    SimpleAsyncGossiper,
    SyncClient,
    payload_by_number_protocol,
)
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.l1_chain_config import L1ChainConfig
from pyoprollup.rollup.upgrades import UpgradeBundles
from pyoprollup.sequencing import L1OriginSelector, Sequencer
from pyoprollup.sources.l1 import BlobSource, L1Source

__all__ = ["NodeCore", "NodeStopped"]

_DERIVED_BEFORE = frozenset({DropReason.BATCH_PAST, DropReason.BATCH_ORIGIN_BEHIND})
"""What is passed over when a node derives again what it had: after each start, and no cause for alarm."""
_GAP_CHECK = 2
"""Block times between two looks for blocks that gossip has left out."""


class NodeStopped(RollupError):
    """The node cannot go on: what derivation or the engine says leaves no way."""


class NodeCore:
    """A node. ``engine`` keeps all that outlives it: another node on the same chain goes on where it was.

    ``now`` gives Unix seconds on the clock that the node is stepped by. ``blobs`` is for chains that have
    blobs, ``l1_chain`` for an L1 whose blob schedule is not known, ``da_server`` for chains with alt-DA.
    Without ``gossip`` the node hears nothing of other nodes, and without ``sequencing`` it makes no blocks. A
    sequencer waits for :meth:`Sequencer.init`. ``drops`` is told of everything that derivation ignores,
    ``recorder`` keeps the events, ``tell`` hears the news.

    Raises :class:`~pyoprollup.errors.ConfigError` if a part is missing that the chain needs.
    """

    def __init__(
        self,
        config: RollupConfig,
        engine: EngineAPI,
        l1: L1Source,
        blobs: BlobSource | None = None,
        *,
        now: Callable[[], float],
        options: NodeOptions | None = None,
        bundles: UpgradeBundles | None = None,
        l1_chain: L1ChainConfig | None = None,
        da_server: AltDAStorage | None = None,
        gossip: GossipParts | None = None,
        sequencing: SequencerParts | None = None,
        safe_heads: SafeHeadListener | None = None,
        recorder: EventRecorder | None = None,
        drops: DropSink = ignore_drops,
        tell: Tell = no_news,
    ) -> None:
        self.config = config
        self._now = now
        self._options = options = options or NodeOptions()
        self._l1 = l1
        self._l1_head: L1BlockRef | None = None
        self._l1_safe: L1BlockRef | None = None
        self._l1_finalized: L1BlockRef | None = None
        self._bundles = bundles
        self._reset = Reset(now)
        self._tell = tell
        drops = _told(drops, tell)
        self.l2 = EngineL2Source(config, engine, bundles)
        confirmed = ConfDepth(options.verifier_conf_depth, self._known_l1_head, l1)
        alt_da = self._open_alt_da(confirmed, da_server, drops)
        self._l1_chain = l1_chain
        self.pipeline = DerivationPipeline(
            config,
            confirmed,
            blobs,
            self.l2,
            alt_da=alt_da,
            bundles=bundles,
            drops=drops,
            builder=FetchingAttributesBuilder(config, confirmed, self.l2, bundles, l1_chain),
        )
        self.gossip: GossipNode | None = None
        self.alt_sync: AltSync | None = None
        self._next_gap_check = NEVER
        if gossip is not None:
            self._join(gossip)
        self.sequencer: Sequencer | None = None
        derivers: dict[str, Deriver] = {}
        if sequencing is not None:
            origins = self._open_origins(sequencing)
            self.sequencer = self._make_sequencer(sequencing, origins, gossip)
            derivers = {"sequencer": self.sequencer, "origin-selector": origins}
        self.driver = Driver(
            config,
            engine,
            l1,
            self.l2,
            self.pipeline,
            now=now,
            sync_mode=options.sync_mode,
            alt_da=alt_da,
            safe_heads=safe_heads,
            recorder=recorder,
            reset=self._reset,
            sequencer=self.sequencer,
            more=derivers,
            skip_sync_start_check=options.skip_sync_start_check,
            finality_lookback=options.finality_lookback,
            finality_delay=options.finality_delay,
            max_reorg_seq_windows=options.max_reorg_seq_windows,
            tell=tell,
        )

    # --- parts

    def _open_alt_da(self, l1: L1Source, server: AltDAStorage | None, drops: DropSink) -> AltDAManager | None:
        if self.config.alt_da is None:
            return None
        if server is None:
            raise ConfigError("alt_da: the chain keeps data off L1, and there is no server to read it from")
        return AltDAManager(self.config.alt_da, l1, server, drops)

    def _join(self, parts: GossipParts) -> None:
        self.gossip = GossipNode(
            self.config,
            parts.transport,
            parts.runtime,
            self.on_unsafe_l2_payload,
            now=self._now,
            signer=parts.signer,
            tell=self._tell,
        )
        self.gossip.join()
        if parts.requests is not None:
            self._exchange_blocks(parts, parts.requests)

    def _exchange_blocks(self, parts: GossipParts, transport: RequestTransport) -> None:
        server = ReqRespServer(self.config, parts.served or self.l2, now=self._now)
        transport.serve(payload_by_number_protocol(self.config.l2_chain_id), server.handle)
        client = SyncClient(
            self.config, lambda _peer, envelope: self.on_unsafe_l2_payload(envelope), ApplicationScorer()
        )
        self.alt_sync = AltSync(self.config, client, transport, now=self._now)
        self._next_gap_check = self._now()

    def _open_origins(self, parts: SequencerParts) -> L1OriginSelector:
        confirmed = ConfDepth(self._options.sequencer_conf_depth, self._known_l1_head, self._l1)
        return parts.origins(self.config, confirmed)

    def _make_sequencer(
        self, parts: SequencerParts, origins: L1OriginSelector, gossip: GossipParts | None
    ) -> Sequencer:
        gossiper: AsyncGossiper = NoOpGossiper()
        if self.gossip is not None and gossip is not None:
            gossiper = SimpleAsyncGossiper(partial(self._publish, self.gossip, gossip), self._tell)
        return Sequencer(
            self.config,
            FetchingAttributesBuilder(self.config, self._l1, self.l2, self._bundles, self._l1_chain),
            origins,
            parts.conductor,
            gossiper,
            now=self._now,
            reset=self._reset,
            read_ref=self.l2.read_ref,
            listener=parts.listener,
            max_safe_lag=parts.max_safe_lag,
        )

    @staticmethod
    def _publish(node: GossipNode, parts: GossipParts, envelope: ExecutionPayloadEnvelope) -> None:
        node.sign_and_publish_l2_payload(envelope)
        parts.on_published(envelope)

    def _known_l1_head(self) -> L1BlockRef | None:
        return self._l1_head

    # --- what the node is told

    def on_l1(self, head: L1BlockRef, safe: L1BlockRef | None, finalized: L1BlockRef | None) -> None:
        """L1 has changed. A young L1 has no safe and no finalized block yet."""
        self._l1_head, self._l1_safe, self._l1_finalized = head, safe, finalized
        self.driver.on_l1_head(head)
        if safe is not None:
            self.driver.on_l1_safe(safe)
        if finalized is not None:
            self.driver.on_l1_finalized(finalized)

    def on_unsafe_l2_payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        """A payload that passed the checks of gossip."""
        self.driver.on_unsafe_l2_payload(envelope)

    def add_peer(self, peer: PeerID) -> None:
        """Another node that can be asked for blocks."""
        if self.alt_sync is not None:
            self.alt_sync.add_peer(peer)

    # --- the contract of stepping

    @property
    def next_due(self) -> float:
        """When to step next."""
        alt_sync = NEVER if self.alt_sync is None else self.alt_sync.next_due
        return min(self.driver.next_due, alt_sync, self._next_gap_check)

    def step(self, now: float) -> None:
        """Do what is due; raises :class:`NodeStopped`."""
        self.driver.step(now)
        if self.driver.critical is not None:
            raise NodeStopped(str(self.driver.critical.error))
        if self.alt_sync is not None:
            self.alt_sync.step(now)
            self._fill_gap(self.alt_sync, now)

    def _fill_gap(self, sync: AltSync, now: float) -> None:
        """Ask peers for what gossip has left out below the blocks that wait."""
        busy = self.driver.next_due <= now  # it may be about to use what waits, but it may also have no end
        if now >= self._next_gap_check + busy * self.config.block_time:
            self._next_gap_check = now + _GAP_CHECK * self.config.block_time
            sync.fill_gap(self.driver.heads.unsafe, self.driver.unsafe_payloads.lowest_queued)

    def wake(self) -> None:
        """There is new data: what was put off is tried at once."""
        self.driver.wake()

    def close(self) -> None:
        """End; the engine stays as it is."""
        if self.sequencer is not None:
            self.sequencer.close()
        if self.gossip is not None:
            self.gossip.close()

    # --- what the node tells

    @property
    def heads(self) -> EngineHeads:
        """The heads as they are now."""
        return self.driver.heads

    def sync_status(self) -> SyncStatus:
        """The heads, as ``optimism_syncStatus`` tells them."""
        heads = self.heads
        return SyncStatus(
            current_l1=self.pipeline.origin,
            head_l1=self._l1_head,
            safe_l1=self._l1_safe,
            finalized_l1=self._l1_finalized,
            unsafe_l2=heads.unsafe,
            safe_l2=heads.safe,
            finalized_l2=heads.finalized,
            pending_safe_l2=heads.pending_safe,
            cross_unsafe_l2=heads.cross_unsafe,
            local_safe_l2=heads.local_safe,
        )

    def payload_by_number(self, number: int) -> ExecutionPayload:
        """The canonical block of this number.

        Raises :class:`~pyoprollup.errors.Unavailable` and :class:`~pyoprollup.errors.NotFound`.
        """
        return self.l2.payload_by_number(number)


def _told(drops: DropSink, tell: Tell) -> DropSink:
    """A sink that also tells what derivation ignores, and why."""
    news = News("derivation", tell)

    def sink(dropped: Dropped) -> None:
        drops(dropped)
        news(
            "data-dropped",
            Level.DEBUG if dropped.reason in _DERIVED_BEFORE else Level.WARNING,
            reason=dropped.reason,
            subject=dropped.subject,
            origin=dropped.origin,
            detail=dropped.detail,
        )

    return sink
