"""A whole rollup in one process, in virtual time: L1, a sequencer, a batcher, verifiers, and users.

Nothing in here happens by itself. :meth:`Devnet.advance` goes from one thing that is due to the next, in
an order that the options alone decide, so that the same options give the same hashes. One that is kept
in files can be ended at any time and gone on with.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from pyoprollup.batcher import (
    BatcherConfig,
    BatchSubmitter,
    ChannelConfig,
    ChannelManager,
    DynamicEthChannelConfig,
    StaticChannelConfig,
)
from pyoprollup.batcher.channel_config_provider import ChannelConfigProvider
from pyoprollup.batcher.metrics import BatcherMetrics
from pyoprollup.derive.params import SINGULAR_BATCH_TYPE, SPAN_BATCH_TYPE
from pyoprollup.devnet.challenging import Disputes, dispute_settings
from pyoprollup.devnet.genesis import DevnetGenesis, GenesisOptions
from pyoprollup.devnet.options import GENESIS_TIME, BatchType, DataAvailability, DevnetOptions
from pyoprollup.devnet.proposing import devnet_proposer
from pyoprollup.devnet.rollup_node import NodeSetup, RollupNode
from pyoprollup.devnet.traffic import Traffic
from pyoprollup.devnet.watch import Watch, WatchedL1
from pyoprollup.errors import RollupError
from pyoprollup.eth.crypto import address_of, keccak256
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.events import EventRecorder, Schedule, VirtualClock
from pyoprollup.execution.store import ChainStore, MemoryStore
from pyoprollup.l1.embedded import L1Block, L1Store
from pyoprollup.node import NodeOptions
from pyoprollup.p2p import InMemoryNetwork, LinkFaults, LocalSigner, PeerID, RuntimeConfig
from pyoprollup.proposer import L2OutputSubmitter
from pyoprollup.rollup.time import L1Time
from pyoprollup.rollup.upgrades import UpgradeBundles
from pyoprollup.txmgr.config import TxManagerConfig
from pyoprollup.txmgr.manager import SimpleTxManager
from pyoprollup.txmgr.signer import LocalSigner as TxSigner

__all__ = ["Devnet", "DevnetStuck", "devnet_genesis"]

_SETTLE_BLOCKS = 60
"""L1 blocks that the verifiers are given to catch up at the end."""


class DevnetStuck(RollupError):
    """The verifiers do not catch up."""


def devnet_genesis(options: DevnetOptions) -> DevnetGenesis:
    """Both chains at genesis, for a devnet with these options."""
    l1 = {
        "slot_seconds": options.l1_block_time,
        "safe_distance": min(4, options.l1_finality),
        "finalized_distance": options.l1_finality,
    }
    return DevnetGenesis.make(
        GenesisOptions(
            seed=options.seed,
            forks=options.forks,
            time=GENESIS_TIME if options.genesis_time is None else options.genesis_time,
            block_time=options.block_time,
            accounts=options.accounts,
            l1=l1,
            dispute_games=options.has_disputes,
            disputes=dispute_settings(options),
            dishonest=len(options.dishonest) + bool(options.bad_proposals) + bool(options.toy_proposals),
        )
    )


class _Slots:
    """Makes L1's blocks: one in each slot."""

    def __init__(self, first: int, interval: int, make: Callable[[int], None]) -> None:
        self.next_slot = first
        self._interval = interval
        self._make = make

    @property
    def next_due(self) -> float:
        return self.next_slot

    def step(self, now: float) -> None:
        if now >= self.next_slot:
            slot = self.next_slot
            self.next_slot += self._interval
            self._make(slot)

    def wake(self) -> None:
        """Nothing: slots have their time."""


class Devnet:
    """The parts, put together.

    ``new_store`` makes the database of the node with a name; ``reopen`` is given that of a node that was
    killed, and gives what is there when it begins anew. ``recorder`` gets the events of the sequencer's
    node, ``watch`` is told of everything. ``pace`` is called with each time, in seconds since genesis, before
    it comes: whoever wants time to pass waits there.

    ``l1_store`` is in memory by default. With one that has a chain already, and the nodes' databases that
    belong to it, the devnet goes on where that chain ends, or at the time ``now`` (Unix seconds) if that is
    later: slots between are without a block. See :mod:`pyoprollup.devnet.datadir`.
    """

    def __init__(
        self,
        options: DevnetOptions,
        *,
        new_store: Callable[[str], ChainStore] = lambda _name: MemoryStore(),
        reopen: Callable[[str, ChainStore], ChainStore] = lambda _name, store: store,
        recorder: EventRecorder | None = None,
        bundles: UpgradeBundles | None = None,
        watch: Watch | None = None,
        pace: Callable[[float], None] = lambda _elapsed: None,
        l1_store: L1Store | None = None,
        safe_head_file: Callable[[str], str] = lambda _name: ":memory:",
        now: float = 0.0,
    ) -> None:
        self.options = options
        self.genesis = devnet_genesis(options)
        self.config = self.genesis.config
        self.watch = watch or Watch()
        self.l1 = WatchedL1(self.genesis.l1_config, self.genesis.l1_alloc, self.watch, l1_store)
        options.check(self.l1.head_block.number)
        self._opened_at = self.l1.highest
        self.watch.start(lambda: self.elapsed)
        self._reopen = reopen
        self._stores = {name: new_store(name) for name in self._names()}
        genesis_time = self.config.genesis.l2_time
        self.clock = VirtualClock(self._begins(now), lambda time: pace(time - genesis_time))
        self.network = InMemoryNetwork(
            self.clock,
            seed=options.seed,
            faults=LinkFaults(loss=options.gossip_loss, min_delay=0.01, max_delay=0.1),
        )
        runtime = RuntimeConfig(address_of(self.genesis.sequencer), now=self.clock)
        self._setup = NodeSetup(
            self.config,
            self.genesis.l2_genesis,
            self.l1,
            self.clock,
            runtime,
            bundles or self.genesis.bundles,
            NodeOptions(
                sequencer_conf_depth=options.sequencer_conf_depth,
                verifier_conf_depth=options.verifier_conf_depth,
                finality_lookback=options.finality_lookback,
                finality_delay=options.finality_delay,
            ),
            self.watch,
            safe_head_file,
        )
        self._recorder = recorder
        self.nodes = {name: self._node(name) for name in self._names()}
        self._introduce()
        self.batcher_metrics = BatcherMetrics()
        """Of all batchers together, should there have been several."""
        self.batcher = self._batcher(1)
        self.traffic = Traffic(self)
        self.reorgs: list[tuple[int, int]] = []
        """L1 block and depth of each reorg."""
        self._slots = _Slots(self._first_slot(), options.l1_block_time, self._on_slot)
        self._batchers = 1
        self._schedule = Schedule({"l1": self._slots, "traffic": self.traffic, "network": self.network})
        self._schedule_nodes()
        self._schedule["batcher"] = self.batcher
        self.proposer = self._proposer() if options.proposer else None
        self.disputes = Disputes.of(self)
        for name, stepper in self.disputes.steppers.items():
            self._schedule[name] = stepper
        self._on_l1()

    def _begins(self, now: float) -> float:
        """The time at which this devnet begins, or goes on: nothing that there is comes from later."""
        if self.l1.lives == 1:
            return self.config.genesis.l2_time
        heads = [(store, store.heads.unsafe) for store in self._stores.values() if store.identity]
        headers = [header for store, head in heads if (header := store.header(head)) is not None]
        return max(now, *(header.time for header in (self.l1.head_block.header, *headers)))

    def _first_slot(self) -> int:
        """The first slot that is not over, after that of L1's head."""
        head, interval = self.l1.head_block.header.time, self.options.l1_block_time
        missed = ceil(max(self.clock.time - head - interval, 0) / interval)
        return head + interval * (1 + missed)

    def close(self) -> None:
        """Close what has files, but not the nodes' databases; nothing can be done any more."""
        for node in self.nodes.values():
            node.close()
        self.l1.close()

    # --- parts

    def _names(self) -> list[str]:
        return ["sequencer", "verifier", *(["silent"] if self.options.silent_verifier else [])]

    @property
    def sequencer(self) -> RollupNode:
        """The node that makes the blocks."""
        return self.nodes["sequencer"]

    @property
    def verifiers(self) -> list[RollupNode]:
        """The other nodes."""
        return [node for name, node in self.nodes.items() if name != "sequencer"]

    def _node(self, name: str) -> RollupNode:
        sequences = name == "sequencer"
        return RollupNode(
            name,
            self._setup,
            self._stores[name],
            transport=None if name == "silent" else self.network.join(name),
            signer=LocalSigner(self.genesis.sequencer) if sequences else None,
            recorder=self._recorder if sequences else None,
        )

    def _introduce(self) -> None:
        for name, node in self.nodes.items():
            for other in self.nodes:
                if other not in (name, "silent"):
                    node.add_peer(PeerID(other))

    def _batcher(self, generation: int) -> BatchSubmitter:
        """A batcher that knows nothing but L1 and the sequencer."""
        options, config = self.options, self.config
        manager = SimpleTxManager(
            TxManagerConfig(
                chain_id=self.l1.config.chain_id, num_confirmations=2, receipt_query_interval=2.0
            ),
            self.l1,
            TxSigner(self.genesis.batcher, self.l1.config.chain_id),
            self.clock,
            tell=self.watch.teller(""),
        )
        base = ChannelConfig(
            seq_window_size=config.seq_window_size,
            channel_timeout=config.channel_timeout_at(L1Time(config.genesis.l2_time)),
            max_channel_duration=2,
            sub_safety_margin=4,
            batch_type=SPAN_BATCH_TYPE if options.batch_type is BatchType.SPAN else SINGULAR_BATCH_TYPE,
        )
        blobs, calldata = base.for_blobs(), base.for_calldata()
        provider: ChannelConfigProvider
        if options.data_availability is DataAvailability.AUTO:
            provider = DynamicEthChannelConfig(manager.suggest_gas_price_caps, blobs, calldata)
        elif options.data_availability is DataAvailability.BLOBS:
            provider = StaticChannelConfig(blobs)
        else:
            provider = StaticChannelConfig(calldata)
        channels = ChannelManager(config, provider, self._channel_ids(generation), self.batcher_metrics)
        node = self.sequencer
        batcher = BatchSubmitter(
            config,
            BatcherConfig(poll_interval=2.0, max_pending_txs=3),
            node,
            node,
            self.l1,
            manager,
            channels,
            self.clock,
            tell=self.watch.teller(""),
        )
        if options.batcher:
            batcher.start_batch_submitting()
        return batcher

    def _proposer(self) -> L2OutputSubmitter:
        """A proposer that asks a verifier."""
        proposer = devnet_proposer(
            self.l1,
            self.genesis.proposer,
            self.nodes["verifier"],
            self.options.proposal_interval,
            self.clock,
            self.watch.teller(""),
        )
        self._schedule["proposer"] = proposer
        return proposer

    def _channel_ids(self, generation: int) -> Callable[[], bytes]:
        """Ids that nobody needs to guess here, but that repeat from run to run.

        A batcher of another life of the same chains has others: theirs are on L1, or wait to be.
        """
        count, life = 0, b" %d" % self.l1.lives if self.l1.lives > 1 else b""

        def new_channel_id() -> bytes:
            nonlocal count
            count += 1
            return keccak256(b"channel %d %d %d" % (self.options.seed, generation, count) + life)[:16]

        return new_channel_id

    # --- time

    @property
    def elapsed(self) -> float:
        """Seconds since genesis."""
        return self.clock.time - self.config.genesis.l2_time

    def advance(self, until: float) -> None:
        """Let everything happen that is due up to a time, and be at that time."""
        self._schedule.run_until(self.clock, until)

    @property
    def next_due(self) -> float:
        """When the next thing happens, on the clock that the genesis time is of."""
        return self._schedule.next_due

    def step(self, now: float) -> None:
        """Let everything happen that is due first, if it is due by now."""
        if (due := self.next_due) <= now:
            self.advance(max(due, self.clock.time))
        else:
            self.clock.advance(now)

    def wake(self) -> None:
        """What waits because it failed is tried at once."""
        self._schedule.wake()

    def _schedule_nodes(self) -> None:
        for name, node in self.nodes.items():
            self._schedule[name] = node

    # --- L1

    def reorg_l1(self, depth: int) -> L1Block:
        """Other blocks take the place of L1's newest ones, at the same times; returns the new head.

        Raises ``EmbeddedL1Error`` for more blocks than there are, or for final ones.
        """
        head = self._reorg(self.l1.head_block, depth)
        self._on_l1()
        return head

    def restart(self, what: str) -> None:
        """Kill ``sequencer`` or ``batcher`` and begin it anew; raises ``KeyError`` for others."""
        {"sequencer": self._restart_sequencer, "batcher": self._restart_batcher}[what]()

    def _on_slot(self, slot: int) -> None:
        block = self.l1.mine(slot)
        depth = self.options.l1_reorgs.get(block.number)
        is_first = block.number > self._opened_at and (block.number, depth) not in self.reorgs
        if depth is not None and is_first:
            block = self._reorg(block, depth)
        self.watch.tell("l1", "block", "devnet", block=block.ref, transactions=len(block.transactions))
        self._on_l1()
        if block.number in self.options.sequencer_restarts:
            self._restart_sequencer()
        if block.number in self.options.batcher_restarts:
            self._restart_batcher()

    def _reorg(self, head: L1Block, depth: int) -> L1Block:
        """Other blocks take the place of the newest ones, at the same times."""
        removed = self.l1.reorg(depth).removed
        self.reorgs.append((head.number, depth))
        self.watch.tell("l1", "reorg", "devnet", number=head.number, depth=depth)
        for gone in reversed(removed):
            head = self.l1.mine(gone.header.time)
        return head

    def _on_l1(self) -> None:
        head, safe, finalized = (
            self.l1.l1_block_ref_by_label(label)
            for label in (BlockLabel.UNSAFE, BlockLabel.SAFE, BlockLabel.FINALIZED)
        )
        for node in self.nodes.values():
            node.on_l1(head, safe, finalized)

    # --- restarts

    def _restart_sequencer(self) -> None:
        """The process dies; what is left is its database, and what others have of it."""
        self.watch.on_restart("sequencer")
        self.network.leave("sequencer")
        self.sequencer.safe_heads.close()
        self._stores["sequencer"] = self._reopen("sequencer", self._stores["sequencer"])
        self.nodes["sequencer"] = self._node("sequencer")
        self._schedule_nodes()
        self._introduce()
        self._on_l1()
        self._restart_batcher()

    def _restart_batcher(self) -> None:
        self.watch.on_restart("batcher")
        self._batchers += 1
        self.batcher = self._schedule["batcher"] = self._batcher(self._batchers)

    # --- from beginning to end

    def run(self, progress: Callable[[Devnet], None] = lambda _devnet: None) -> None:
        """Live for the L1 blocks of the options, then let all that was sequenced become safe and final
        everywhere.

        ``progress`` is called after each L1 block. Raises :class:`DevnetStuck`.
        """
        for _ in range(self.options.l1_blocks):
            self.advance(self._slots.next_slot)
            progress(self)
        self.traffic.stop()
        for _ in range(_SETTLE_BLOCKS):
            if self._in_time:
                break
            self.advance(self._slots.next_slot)
            progress(self)
        self.watch.tell("devnet", "stop", "user", "sequencer")
        self._stop_sequencing()
        for _ in range(_SETTLE_BLOCKS + self.options.l1_finality):
            if self.settled and self.final:
                break
            self.advance(self._slots.next_slot)
            progress(self)
        else:
            raise DevnetStuck(f"the verifiers have not caught up: {self.heads()}")
        self._finish_games(progress)

    def _finish_games(self, progress: Callable[[Devnet], None]) -> None:
        """With a challenger, let all games end; nobody proposes any more."""
        if self.disputes.challenger is None:
            return
        if self.proposer is not None and self.proposer.is_running:
            self.proposer.stop_l2_output_submitting()
        for _ in range(self.disputes.patience):
            if self.disputes.over:
                return
            self.advance(self._slots.next_slot)
            progress(self)
        raise DevnetStuck(f"games do not end: {', '.join(self.disputes.unfinished())}")

    @property
    def _in_time(self) -> bool:
        """Whether the sequencer has made up for what a reorg or its own death has cost it."""
        return self.sequencer.driver.heads.unsafe.time >= self.clock.time - self.options.block_time

    def _stop_sequencing(self) -> None:
        sequencer = self.sequencer.sequencer
        while sequencer is not None and sequencer.active and sequencer.stop() is None:
            self.advance(self.clock.time + 0.1)

    @property
    def settled(self) -> bool:
        """Whether all nodes agree that everything sequenced is safe."""
        tip = self.sequencer.driver.heads.unsafe
        return all(
            node.driver.heads.safe == tip and node.driver.heads.unsafe == tip for node in self.nodes.values()
        )

    @property
    def final(self) -> bool:
        """Whether everything sequenced is final, for all nodes."""
        tip = self.sequencer.driver.heads.unsafe
        return all(node.driver.heads.finalized == tip for node in self.nodes.values())

    def heads(self) -> dict[str, tuple[int, int, int]]:
        """Unsafe, safe and finalized block number of each node."""
        return {
            name: (heads.unsafe.number, heads.safe.number, heads.finalized.number)
            for name, heads in ((name, node.driver.heads) for name, node in self.nodes.items())
        }
