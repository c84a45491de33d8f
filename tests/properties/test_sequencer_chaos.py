"""A sequencer among failures of every kind still makes a chain that follows the rules.

``PYOPROLLUP_CHAOS`` in the environment sets how many chains are tried.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace

import pytest

from pyoprollup.derive import AttributesWithParent, FetchingAttributesBuilder
from pyoprollup.derive.errors import CriticalError, EndOfData, ResetError
from pyoprollup.driver import Driver, EngineL2Source
from pyoprollup.engine import Reset
from pyoprollup.errors import RollupError, Unavailable
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.events import NEVER, EventRecorder
from pyoprollup.rollup import Genesis
from pyoprollup.rollup.time import L1Time
from pyoprollup.sequencing import L1OriginSelector, Sequencer
from tests.fake_engine import FakeEngine, Fault
from tests.stepping import run
from tests.unit.derive.support import FakeL1, l1_chain, name_hash
from tests.unit.derive.support import config as make_config

CHAINS = int(os.environ.get("PYOPROLLUP_CHAOS", "100"))
GROUPS = 10
BLOCKS = 100
GENESIS_TIME = 1000
L1 = l1_chain(80, first=0, time=GENESIS_TIME)


class NoDerivation:
    """L1 has nothing to derive from; but like derivation it wants the engine to be reset first."""

    origin: L1BlockRef | None = None

    def __init__(self) -> None:
        self._confirmed = False

    def reset(self) -> None:
        self._confirmed = False

    def confirm_engine_reset(self) -> None:
        self._confirmed = True

    def step(self, pending_safe_head: L2BlockRef) -> AttributesWithParent | None:
        if not self._confirmed:
            raise ResetError("the engine comes first")
        raise EndOfData("nothing")

    def deposits_only_attributes(self, parent: BlockID, derived_from: L1BlockRef) -> AttributesWithParent:
        raise CriticalError("nothing was derived")


class World:
    """A sequencing node whose surroundings fail; it also is the conductor and the gossip."""

    enabled = True

    def __init__(self, seed: int, recorder: EventRecorder | None = None) -> None:
        self.rng = random.Random(seed)
        self.calm = False
        genesis = replace(
            Genesis(), l1=L1[0].id, l2=BlockID(name_hash("L2 genesis"), 0), l2_time=GENESIS_TIME
        )
        self.config = make_config(
            self.rng.choice(["ecotone", "fjord"]), genesis=genesis, max_sequencer_drift=40
        )
        self.time = float(GENESIS_TIME)
        self.l1 = FakeL1()
        # Sometimes L1 stops for a while, so that the drift is used up.
        self.stall = self.rng.choice([None, range(5, 12)])
        self.engine = FakeEngine(self.config)
        self.engine.pool = (b"\x02users",)
        # Forced transactions that the engine refuses would be the end of any chain; a finished block is not.
        self.engine.invalid_late = lambda _payload: self.unlucky(0.05)
        self.committed: set[Hash32] = set()
        self.gossiped: list[ExecutionPayloadEnvelope] = []
        self.published: ExecutionPayloadEnvelope | None = None
        l2 = EngineL2Source(self.config, self.engine)
        origins = L1OriginSelector(self.config, self)
        reset = Reset(lambda: self.time)
        self.sequencer = Sequencer(
            self.config,
            FetchingAttributesBuilder(self.config, self.l1, l2),
            origins,
            self,
            self,
            now=lambda: self.time,
            reset=reset,
            read_ref=l2.read_ref,
        )
        self.driver = Driver(
            self.config,
            self.engine,
            self.l1,
            l2,
            NoDerivation(),
            now=lambda: self.time,
            reset=reset,
            sequencer=self.sequencer,
            more={"sequencer": self.sequencer, "origin-selector": origins},
            recorder=recorder,
        )
        self.grow_l1()
        self.sequencer.init(True)

    def unlucky(self, share: float) -> bool:
        return not self.calm and self.rng.random() < share

    # --- L1, the conductor, gossip

    def grow_l1(self) -> None:
        """What there is of L1 at this time."""
        for ref in L1[len(self.l1.refs) :]:
            late = 12 * len(self.stall) if self.stall is not None and ref.number in self.stall else 0
            if ref.time + late > self.time:
                return
            self.l1.add(ref, parent_beacon_root=name_hash("beacon"), excess_blob_gas=0)
            self.driver.on_l1_head(ref)

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        if self.unlucky(0.05):
            raise Unavailable("L1 does not answer")
        return self.l1.l1_block_ref_by_number(number)

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef:
        return self.l1.l1_block_ref_by_hash(block_hash)

    def leader(self) -> bool:
        return True

    def commit_unsafe_payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        if self.unlucky(0.05):
            raise RollupError("the conductor does not answer")
        self.committed.add(envelope.payload.block_hash)

    def override_leader(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""

    def gossip(self, envelope: ExecutionPayloadEnvelope) -> None:
        assert envelope.payload.block_hash in self.committed
        if not self.unlucky(0.05):
            self.gossiped.append(envelope)
            self.published = envelope

    def get(self) -> ExecutionPayloadEnvelope | None:
        return self.published

    def clear(self) -> None:
        self.published = None

    def start(self) -> None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""

    # --- time

    def run(self) -> None:
        """One drain, possibly cut short, and then some time passes."""
        if self.unlucky(0.05):
            self.engine.faults.append(self.rng.choice(list(Fault)))
        if self.unlucky(0.02):
            self.driver.reset(RuntimeError("asked for"))
        if self.unlucky(0.2):
            self.driver.events.drain_until(lambda _event: self.rng.random() < 0.3)
            return
        due = run(self.driver, self.time)
        assert self.driver.critical is None
        self.time = max(self.time, due if due < NEVER else self.time + 1)
        if self.unlucky(0.05):
            self.time += self.rng.random() * 3
        self.grow_l1()

    def live(self) -> None:
        for _ in range(100 * BLOCKS):
            if self.driver.heads.unsafe.number >= BLOCKS:
                return
            self.run()
        raise AssertionError("the chain does not grow")


@pytest.mark.parametrize("group", range(GROUPS))
def test_chain_of_a_sequencer_in_chaos(group: int) -> None:
    for seed in range(group, CHAINS, GROUPS):
        world = World(seed)
        world.live()
        check_chain(world)
        assert len(world.gossiped) > BLOCKS // 2, f"seed {seed}"


def check_chain(world: World) -> None:
    """Times, L1 origins and transactions of the canonical chain."""
    l2 = EngineL2Source(world.config, world.engine)
    world.engine.faults.clear()
    parent = l2.l2_block_ref_by_number(0)
    for number in range(1, BLOCKS + 1):
        block = l2.l2_block_ref_by_number(number)
        origin = L1[block.l1_origin.number]
        assert block.parent_hash == parent.hash
        assert block.time == parent.time + 2
        assert origin.time <= block.time
        assert block.l1_origin.number - parent.l1_origin.number in (0, 1)
        drift = world.config.max_sequencer_drift_at(L1Time(origin.time))
        users = b"\x02users" in l2.payload_by_number(number).transactions
        assert users == (block.time <= origin.time + drift)
        parent = block
