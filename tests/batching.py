"""A rollup with a real batcher on a simulated L1, on a virtual clock.

L2 blocks are those of :class:`~pyoprollup.replay.PseudoChain`: a sequencer builds them, a node derives them
again from what the batcher puts on L1.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

from pyoprollup.batcher import (
    BatcherConfig,
    BatchSubmitter,
    ChannelConfig,
    ChannelManager,
    DynamicEthChannelConfig,
    StaticChannelConfig,
    Throttler,
)
from pyoprollup.batcher.ports import AltDAClient
from pyoprollup.derive import AttributesWithParent, DerivationPipeline, FetchingAttributesBuilder
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.events import Happening
from pyoprollup.replay import PseudoChain, derive_chain
from pyoprollup.rollup import RollupConfig
from pyoprollup.txmgr import LocalSigner, SimpleTxManager, TxManagerConfig
from tests.flow.rollup import chain_config, start_of, user_tx
from tests.simulated_l1 import SimulatedL1, fake_sidecar
from tests.unit.derive.support import BATCHER_KEY, L1_CHAIN_ID, Drops


class Sequencer:
    """Builds blocks on L1 blocks that are ``depth`` deep; forgets those whose origin is gone."""

    def __init__(self, config: RollupConfig, l1: SimulatedL1, rng: random.Random, depth: int = 0) -> None:
        self.config = config
        self.chain = PseudoChain(config, start_of(config), rewind_by_origin=True)
        self._l1 = l1
        self._rng = rng
        self._depth = depth
        self._builder = FetchingAttributesBuilder(config, l1.derivation, self.chain)
        self._nonce = 0

    @property
    def head(self) -> L2BlockRef:
        return self.chain.safe_head

    def follow_l1(self) -> None:
        self.chain.rewind(self._l1.derivation)

    def build(self) -> L2BlockRef:
        parent = self.head
        refs = self._l1.derivation.refs
        epoch = refs[parent.l1_origin.number]
        following = refs.get(epoch.number + 1)
        known = following is not None and following.number + self._depth <= self._l1.tip.ref.number
        if following is not None and known and following.time <= parent.time + self.config.block_time:
            epoch = following
        attributes = self._builder.prepare_payload_attributes(parent, epoch.id)
        transactions = tuple(self._user_tx() for _ in range(self._rng.randint(0, 2)))
        if epoch.time + self.config.max_sequencer_drift < attributes.timestamp:
            transactions = ()
        attributes = replace(attributes, transactions=attributes.transactions + transactions)
        return self.chain.apply(AttributesWithParent(attributes, parent, True, epoch))

    def _user_tx(self) -> bytes:
        self._nonce += 1
        return user_tx(self.config, nonce=self._nonce)

    def build_until(self, time: float) -> None:
        while self.head.time + self.config.block_time <= time:
            self.build()


class Node:
    """The sequencer's rollup node: its own blocks, and what it derives. Answers fail with ``fault``."""

    def __init__(self, sequencer: Sequencer, l1: SimulatedL1) -> None:
        config = sequencer.config
        self.sequencer = sequencer
        self.chain = PseudoChain(config, start_of(config))
        self.drops = Drops()
        self.resets = 0
        self.fault = 0.0
        self.synced = True
        self._l1 = l1
        self._current: L1BlockRef | None = None
        self._pipeline = DerivationPipeline(config, l1.derivation, l1, self.chain, drops=self.drops)

    def derive(self) -> None:
        """Derive all that L1 has; every block must be one of the sequencer's."""
        for derived in derive_chain(self._pipeline, self.chain, self._l1.derivation, self._on_reset):
            block = derived.block
            assert self.sequencer.chain.l2_block_ref_by_number(block.number) == block
        self._current = self._pipeline.origin

    def _on_reset(self, *_: Any) -> None:
        self.resets += 1

    def sync_status(self) -> SyncStatus:
        self._answer()
        if not self.synced:
            return SyncStatus()
        tip = self._l1.tip.ref
        safe = self.chain.safe_head
        return SyncStatus(
            current_l1=self._current,
            head_l1=tip,
            unsafe_l2=self.sequencer.head,
            safe_l2=safe,
            local_safe_l2=safe,
        )

    def payload_by_number(self, number: int) -> ExecutionPayload:
        self._answer()
        try:
            return self.sequencer.chain.payload_by_number(number)
        except NotFound as error:
            raise Unavailable(str(error)) from error

    def _answer(self) -> None:
        if self._l1.rng.random() < self.fault:
            raise Unavailable("no answer")


@dataclass
class Setup:
    """What is particular about a rollup and its batcher."""

    forks: str = "holocene"
    seed: int = 0
    rollup: dict[str, Any] = field(default_factory=dict)
    channel: dict[str, Any] = field(default_factory=dict)
    batcher: dict[str, Any] = field(default_factory=dict)
    txmgr: dict[str, Any] = field(default_factory=dict)
    data: str = "calldata"
    """``calldata``, ``blobs`` or ``auto``."""


class BatchedRollup:
    """Everything together. :meth:`run` lets L1 blocks pass."""

    def __init__(self, setup: Setup | None = None, alt_da: AltDAClient | None = None, **changes: Any) -> None:
        self.told: list[Happening] = []
        self.setup = setup = setup or Setup(**changes)
        self.rng = random.Random(setup.seed)
        self.l1 = SimulatedL1(setup.seed)
        self.now = float(self.l1.tip.ref.time)
        options = {"seq_window_size": 200, "channel_timeout": 50, **setup.rollup}
        self.config = chain_config([self.l1.tip.ref], setup.forks, **options)
        self.sequencer = Sequencer(self.config, self.l1, self.rng)
        self.node = Node(self.sequencer, self.l1)
        self.sequencing = True
        self.throttler: Throttler | None = None
        self.alt_da = alt_da
        self.channel_config = self._channel_config()
        self.batcher = self.new_batcher()

    def _channel_config(self) -> ChannelConfig:
        options = {
            "max_frame_size": 400,
            "sub_safety_margin": 4,
            "max_channel_duration": 2,
            **self.setup.channel,
        }
        config = ChannelConfig(self.config.seq_window_size, self.config.channel_timeout, **options)
        if self.setup.data == "blobs":
            config = replace(config, use_blobs=True)
        config.check()
        return config

    def new_batcher(self) -> BatchSubmitter:
        """A batcher that knows nothing yet, and is not started."""
        settings = {"num_confirmations": 1, **self.setup.txmgr}
        self.tx_manager = SimpleTxManager(
            TxManagerConfig(L1_CHAIN_ID, **settings),
            self.l1,
            LocalSigner(BATCHER_KEY, L1_CHAIN_ID),
            lambda: self.now,
            fake_sidecar,
        )
        config = self.channel_config
        provider: Any = StaticChannelConfig(config)
        if self.setup.data == "auto":
            blobs = replace(config, use_blobs=True)
            provider = DynamicEthChannelConfig(self.tx_manager.suggest_gas_price_caps, blobs, config)
        manager = ChannelManager(self.config, provider, lambda: self.rng.randbytes(16))
        return BatchSubmitter(
            self.config,
            BatcherConfig(**self.setup.batcher),
            self.node,
            self.node,
            self.l1,
            self.tx_manager,
            manager,
            lambda: self.now,
            self.throttler,
            self.alt_da,
            self.told.append,
        )

    # --- time

    def step(self, seconds: float = 2.0) -> None:
        """Some time passes: L2 blocks, an L1 block when it is due, and the batcher."""
        self.now += seconds
        if self.now >= self.l1.tip.ref.time + 12:
            self.l1.mine()
            self.node.derive()
        if self.sequencing:
            self.sequencer.build_until(self.now)
        self.batcher.step(self.now)

    def run(self, l1_blocks: int) -> None:
        """Until L1 has grown by so many blocks."""
        target = self.l1.tip.ref.number + l1_blocks
        while self.l1.tip.ref.number < target:
            self.step()

    def reorg(self, depth: int, keep: float = 1.0) -> None:
        """L1 is reorganised, and everybody follows."""
        self.l1.reorg(depth, keep)
        self.now = max(self.now, float(self.l1.tip.ref.time))
        self.sequencer.follow_l1()
        self.node.derive()

    def finish(self, max_l1_blocks: int = 40) -> None:
        """The sequencer stops; all its blocks must become safe."""
        self.sequencing = False
        for _ in range(max_l1_blocks):
            if self.node.chain.safe_head == self.sequencer.head:
                return
            if self.batcher.is_running:
                self.batcher.flush()
            self.run(1)
        safe, head = self.node.chain.safe_head.number, self.sequencer.head.number
        raise AssertionError(
            f"only {safe} of {head} blocks are safe; dropped: {self.node.drops.reasons[-5:]}"
        )
