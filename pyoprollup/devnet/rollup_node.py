"""A rollup node of the devnet: an execution client, and a node on it that tells the devnet's watch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pyoprollup.derive import Dropped
from pyoprollup.devnet.watch import Watch, WatchedConductor
from pyoprollup.driver import Driver
from pyoprollup.errors import NotFound, RollupError, Unavailable
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import Hash32
from pyoprollup.events import EventRecorder
from pyoprollup.evm.errors import MissingStateError
from pyoprollup.execution.client import ExecutionClient
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.output import output_at_block
from pyoprollup.execution.pool import TxPool
from pyoprollup.execution.store import ChainStore
from pyoprollup.l1.embedded import EmbeddedL1
from pyoprollup.node import (
    GossipParts,
    NodeCore,
    NodeOptions,
    NodeStopped,
    SafeHeadDB,
    SequencerParts,
)
from pyoprollup.p2p import BlockSigner, InMemoryTransport, PeerID, RuntimeConfig
from pyoprollup.rollup import RollupConfig
from pyoprollup.rollup.upgrades import UpgradeBundles
from pyoprollup.sequencing import Sequencer

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
    options: NodeOptions = field(default_factory=NodeOptions)
    watch: Watch = field(default_factory=Watch)
    safe_head_file: Callable[[str], str] = lambda _name: ":memory:"
    """Where the node with a name keeps its safe-head database."""


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
        self.store = store
        self.drops: Counter[str] = Counter()
        self._watch = setup.watch
        self.engine: InProcessEngine
        self.pool: TxPool | None = None
        sequencing: SequencerParts | None = None
        if signer is None:
            self.engine = InProcessEngine.from_genesis(setup.config, setup.genesis, store)
        else:
            client = ExecutionClient.open(setup.config, setup.genesis, store, now=setup.now)
            self.engine, self.pool = client.engine, client.pool
            sequencing = SequencerParts(WatchedConductor(setup.watch, name))
        self.safe_heads = SafeHeadDB(
            setup.safe_head_file(name), self._canonical_hash, tell=setup.watch.teller(name)
        )
        self.core = NodeCore(
            setup.config,
            self.engine,
            setup.l1,
            setup.l1,
            now=setup.now,
            options=setup.options,
            bundles=setup.bundles,
            gossip=None if transport is None else self._gossip(setup, transport, signer),
            sequencing=sequencing,
            recorder=setup.watch.recorder(name, recorder),
            safe_heads=self.safe_heads,
            drops=self._on_drop,
            tell=setup.watch.teller(name),
        )
        if self.sequencer is not None:
            self.sequencer.init(True)

    def _gossip(
        self, setup: NodeSetup, transport: InMemoryTransport, signer: BlockSigner | None
    ) -> GossipParts:
        return GossipParts(
            transport,
            setup.runtime,
            requests=transport,
            signer=signer,
            on_published=partial(setup.watch.on_published, self.name),
        )

    def _canonical_hash(self, number: int) -> Hash32:
        block_hash = self.store.canonical_hash(number)
        if block_hash is None:
            raise NotFound(f"there is no L2 block {number}")
        return block_hash

    def _on_drop(self, drop: Dropped) -> None:
        self.drops[drop.reason.value] += 1

    @property
    def driver(self) -> Driver:
        return self.core.driver

    @property
    def sequencer(self) -> Sequencer | None:
        """What makes blocks, if this is the node to do so."""
        return self.core.sequencer

    def add_peer(self, peer: PeerID) -> None:
        """Another node that can be asked for blocks."""
        self.core.add_peer(peer)

    def on_l1(self, head: L1BlockRef, safe: L1BlockRef, finalized: L1BlockRef) -> None:
        """Tell the node of L1's new head, safe and finalized blocks."""
        self.core.on_l1(head, safe, finalized)

    # --- the contract of stepping

    @property
    def next_due(self) -> float:
        return self.core.next_due

    def step(self, now: float) -> None:
        """Do what is due; raises ``RollupError`` with the node's name if it cannot go on."""
        try:
            self.core.step(now)
        except NodeStopped as exc:
            raise RollupError(f"{self.name}: {exc}") from exc

    def wake(self) -> None:
        self.core.wake()

    def close(self) -> None:
        """End; the store stays open."""
        self.core.close()
        self.safe_heads.close()

    # --- for batcher and proposer

    def sync_status(self) -> SyncStatus:
        """The heads, as ``optimism_syncStatus`` tells them."""
        return self.core.sync_status()

    def payload_by_number(self, number: int) -> ExecutionPayload:
        """The canonical block of this number; raises :class:`Unavailable`."""
        try:
            envelope = self.core.l2.envelope_by_number(number)
        except NotFound as exc:
            raise Unavailable(str(exc)) from exc
        self._watch.tell("batcher", "payload-by-number", self.name, block=envelope)
        return envelope.payload

    def output_at_block(self, number: int) -> tuple[L2BlockRef, OutputV0]:
        """The canonical block of this number and its output.

        Raises :class:`NotFound`, and :class:`Unavailable` if the block's state is not kept.
        """
        ref = self.core.l2.l2_block_ref_by_number(number)
        return ref, self.output(ref.hash)

    def output(self, block_hash: Hash32) -> OutputV0:
        """The output of a block; raises what :meth:`output_at_block` does."""
        try:
            return output_at_block(self.core.config, self.store, block_hash)
        except MissingStateError as exc:
            raise Unavailable(f"the state of L2 block 0x{block_hash.hex()} is not kept: {exc}") from exc
