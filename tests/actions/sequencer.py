"""A sequencer that makes one block at a time, when it is told to."""

from __future__ import annotations

from typing import Any

from pyoprollup.driver.events import SequencerActionEvent
from pyoprollup.engine.events import BuildStartedEvent, PayloadSuccessEvent
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.events import NEVER
from pyoprollup.execution.client import ExecutionClient
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.node import GossipParts, SequencerParts
from pyoprollup.p2p import LocalSigner
from pyoprollup.rollup import RollupConfig
from pyoprollup.sequencing import L1OriginSelector, Sequencer
from pyoprollup.sources.l1 import L1Blocks
from tests.actions.harness import World
from tests.actions.nodes import Verifier

__all__ = ["SequencerNode"]


class _Origins(L1OriginSelector):
    """Can be told to keep the origin once."""

    keep: L1BlockRef | None = None

    def find_l1_origin(self, head: L2BlockRef) -> L1BlockRef:
        kept, self.keep = self.keep, None
        return super().find_l1_origin(head) if kept is None else kept


class SequencerNode(Verifier):
    """A verifier that also makes blocks. ``signer`` is the key that it gossips with."""

    def __init__(
        self, world: World, name: str = "sequencer", *, signer: bytes | None = None, **options: Any
    ) -> None:
        self._signer = signer or world.keys.sequencer
        super().__init__(world, name, **options)
        self.sequencer.init(True)

    def act_restart(self) -> None:
        super().act_restart()
        self.sequencer.init(True)

    def _open_engine(self) -> InProcessEngine:
        client = ExecutionClient.open(self.world.config, self.world.genesis, self.store, now=self.world.clock)
        self.pool = client.pool
        return client.engine

    def _sequencing(self) -> SequencerParts:
        return SequencerParts(origins=self._open_origins)

    def _open_origins(self, config: RollupConfig, l1: L1Blocks) -> _Origins:
        self.origins = _Origins(config, l1)
        return self.origins

    def _gossip_parts(self, signer: LocalSigner | None = None) -> GossipParts:
        return super()._gossip_parts(LocalSigner(self._signer))

    @property
    def sequencer(self) -> Sequencer:
        assert self.core.sequencer is not None
        return self.core.sequencer

    # --- blocks

    def act_l2_start_block(self) -> None:
        """Begin a block on the head."""
        assert self.sequencer.next_due < NEVER, "the sequencer does not want to act"
        self.world.clock.advance(self.l2_unsafe.time)
        self._emit(SequencerActionEvent())
        assert self.driver.events.drain_until(lambda event: isinstance(event, BuildStartedEvent))

    def act_l2_end_block(self) -> L2BlockRef:
        """Seal the block and make it the head. What is derived stands still meanwhile."""
        self.world.clock.advance(self.l2_unsafe.time + self.config.block_time)
        self._emit(SequencerActionEvent())
        assert self.driver.events.drain_until(lambda event: isinstance(event, PayloadSuccessEvent))
        self.driver.events.drain()
        return self.l2_unsafe

    def act_build_l2_block(self) -> L2BlockRef:
        """Make a block with what is in the pool."""
        self.act_l2_start_block()
        return self.act_l2_end_block()

    def act_build_l2_blocks(self, count: int) -> L2BlockRef:
        for _ in range(count):
            self.act_build_l2_block()
        return self.l2_unsafe

    def act_l2_keep_l1_origin(self) -> None:
        """Have the next block on the origin of the head, even if there is a newer one."""
        self.origins.keep = self.world.l1.l1_block_ref_by_hash(self.l2_unsafe.l1_origin.hash)

    def act_build_to_l1_head(self) -> None:
        """Make blocks until one has L1's head as origin, deriving in between."""
        while self.l2_unsafe.l1_origin.number < self.l1_head.number:
            self.act_l2_pipeline_full()
            self.act_build_l2_block()

    def act_build_to_l1_head_unsafe(self) -> None:
        """Make blocks until one has L1's head as origin."""
        while self.l2_unsafe.l1_origin.number < self.l1_head.number:
            self.act_build_l2_block()

    def act_build_to_l1_head_excl(self) -> None:
        """Make blocks until the next would have L1's head as origin."""
        while True:
            self.act_l2_pipeline_full()
            if self.origins.find_l1_origin(self.l2_unsafe).number >= self.l1_head.number:
                return
            self.act_build_l2_block()

    def act_build_l2_to_time(self, time: int) -> None:
        """Make blocks up to a time."""
        while self.l2_unsafe.time < time:
            self.act_build_l2_block()
