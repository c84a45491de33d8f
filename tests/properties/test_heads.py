"""Heads stay in order, and end where L1 says, whatever happens on the way.

A small world: every L1 block holds the batch of the epoch before it, whose blocks follow from its
hash. Into it come reorgs of L1, finality, gossip of all kinds, a sequencer, an engine that fails in
every way, and time. ``PYOPROLLUP_WORLDS`` in the environment sets how many worlds are tried.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from itertools import pairwise

import pytest

from pyoprollup.derive import AttributesWithParent
from pyoprollup.derive.errors import CriticalError, EndOfData, ResetError
from pyoprollup.derive.l1_info import L1Header, l1_info_deposit
from pyoprollup.derive.payload_util import payload_to_block_ref
from pyoprollup.driver import Driver, EngineL2Source
from pyoprollup.engine import NO_BLOCK, EngineController, EngineHeads
from pyoprollup.engine.events import (
    BuildSealedEvent,
    BuildSealEvent,
    BuildStartedEvent,
    BuildStartEvent,
    PayloadProcessEvent,
    SequencedAttributes,
)
from pyoprollup.errors import NotFound
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Hash32
from pyoprollup.events import NEVER, Event, EventRecorder, Recorded
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.genesis import Genesis
from tests.fake_engine import FakeEngine, Fault
from tests.stepping import run
from tests.unit.derive.support import config as make_config
from tests.unit.derive.support import name_hash

WORLDS = int(os.environ.get("PYOPROLLUP_WORLDS", "1000"))
GROUPS = 12
STEPS = 40
DEEP = 64
"""Depth of the deepest reorgs, in the worlds that have deep ones."""
BAD = b"\x02bad"
GENESIS_TIME = 1000


class L1:
    """Canonical blocks by number; those of former chains stay known by hash."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.chain = [L1BlockRef(name_hash("L1 0"), 0, ZERO_HASH, GENESIS_TIME)]
        self._known = {self.chain[0].hash: self.chain[0]}
        self.finalized = 0
        self.deepest = 0
        self.extend(3)

    @property
    def head(self) -> L1BlockRef:
        return self.chain[-1]

    def extend(self, count: int) -> None:
        for _ in range(count):
            head = self.head
            block_hash = keccak256(head.hash + self._rng.randbytes(8))
            self.chain.append(L1BlockRef(block_hash, head.number + 1, head.hash, head.time + 2))
            self._known[block_hash] = self.head

    def reorg(self, depth: int) -> None:
        depth = min(depth, self.head.number - self.finalized)
        self.deepest = max(self.deepest, depth)
        if depth > 0:
            del self.chain[-depth:]
            self.extend(depth)

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        if number >= len(self.chain):
            raise NotFound(f"no L1 block {number}")
        return self.chain[number]

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef:
        return self._known[block_hash]


def epoch_size(inclusion: L1BlockRef) -> int:
    """Blocks of the epoch whose batch is in ``inclusion``."""
    return 1 + inclusion.hash[0] % 3


def attributes_of(
    config: RollupConfig, parent: L2BlockRef, origin: L1BlockRef, *txs: bytes
) -> PayloadAttributes:
    sequence_number = parent.sequence_number + 1 if parent.l1_origin == origin.id else 0
    header = L1Header(origin.hash, origin.number, origin.time, 7, None)
    time = parent.time + 2
    deposit = l1_info_deposit(config, config.genesis.system_config, sequence_number, header, time)
    rules = config.rules_at_l2(time)
    return PayloadAttributes(
        timestamp=time,
        prev_randao=ZERO_HASH,
        suggested_fee_recipient=ZERO_ADDRESS,
        withdrawals=(),
        parent_beacon_block_root=ZERO_HASH,
        transactions=(deposit.encode(), *txs),
        no_tx_pool=True,
        gas_limit=30_000_000,
        eip1559_params=bytes(8) if rules.eip1559_params else None,
    )


class Derivation:
    """Derives from :class:`L1`; notices reorgs and wants to be reset, as the real one does."""

    def __init__(self, config: RollupConfig, l1: L1) -> None:
        self._config = config
        self._l1 = l1
        self._needs_reset, self._confirmed = True, False
        self._given: set[tuple[Hash32, Hash32]] = set()
        self._last: AttributesWithParent | None = None
        self.origin: L1BlockRef | None = None

    def reset(self) -> None:
        self._needs_reset, self._confirmed = True, False

    def confirm_engine_reset(self) -> None:
        self._confirmed = True

    def step(self, pending_safe_head: L2BlockRef) -> AttributesWithParent | None:
        if self._needs_reset:
            if not self._confirmed:
                raise ResetError("the engine comes first")
            self._needs_reset = False
            self._given.clear()
            self._last = self.origin = None
            return None
        if self.origin is not None and self._l1.chain[self.origin.number : self.origin.number + 1] != [
            self.origin
        ]:
            raise ResetError("L1 reorg")
        return self._derive(pending_safe_head)

    def _derive(self, parent: L2BlockRef) -> AttributesWithParent:
        epoch, index = parent.l1_origin.number, parent.sequence_number + 1
        if self._block(epoch).id != parent.l1_origin:
            raise ResetError("origin is not canonical")
        if index >= epoch_size(self._block(epoch + 1)):
            epoch, index = epoch + 1, 0
        inclusion = self._block(epoch + 1)
        self.origin = inclusion
        content = inclusion.hash[1 + index]
        txs = [b"\x02" + bytes([content, n]) for n in range(content % 3)]
        if content % 5 == 0 and (parent.hash, inclusion.hash) not in self._given:
            txs.append(BAD)
        elif content % 5 == 0:
            txs.clear()
        self._given.add((parent.hash, inclusion.hash))
        attributes = attributes_of(self._config, parent, self._block(epoch), *txs)
        concluding = index + 1 == epoch_size(inclusion)
        self._last = AttributesWithParent(attributes, parent, concluding, inclusion)
        return self._last

    def _block(self, number: int) -> L1BlockRef:
        if number >= len(self._l1.chain):
            raise EndOfData("L1 ends here")
        return self._l1.chain[number]

    def deposits_only_attributes(self, parent: BlockID, derived_from: L1BlockRef) -> AttributesWithParent:
        last = self._last
        if last is None or last.parent.id != parent or last.derived_from != derived_from:
            raise CriticalError("not the last attributes")
        self._last = last.with_deposits_only()
        return self._last


class OrderedHeads(EventRecorder):
    """Looks at the heads after every event: their numbers, and that they are one chain."""

    controller: EngineController
    engine: FakeEngine

    def record(self, recorded: Recorded) -> None:
        super().record(recorded)
        heads = self.controller.heads
        if heads == self.seen:
            return
        self.seen = heads
        assert heads.ordered, list(self.lines())[-20:]
        chain = (heads.unsafe, heads.pending_safe, heads.local_safe, heads.safe, heads.finalized)
        if heads.unsafe == NO_BLOCK:
            return
        for high, low in pairwise(chain):
            assert self.engine.is_ancestor(low.hash, high.hash), list(self.lines())[-20:]

    seen = EngineHeads()


class World:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        forks = self.rng.choice(["granite", "holocene"])
        self.l1 = L1(self.rng)
        self.deep = seed % 7 == 0
        genesis = replace(
            Genesis(), l1=self.l1.chain[0].id, l2=BlockID(name_hash("L2 0"), 0), l2_time=GENESIS_TIME
        )
        # A reorg deeper than five sequencing windows would be taken for a broken L1.
        # Time is not what this is about: an L1 block counts as under the forks from the start.
        self.config = make_config(forks, genesis=genesis, seq_window_size=16 if self.deep else 2)
        self.time = 0.0
        self.recorder = OrderedHeads(limit=200)
        self.engine, self.driver = self.node(self.recorder)
        self.work: list[Event] = []
        self.old_payloads: list[ExecutionPayloadEnvelope] = []

    def node(self, recorder: OrderedHeads) -> tuple[FakeEngine, Driver]:
        engine = FakeEngine(self.config)
        engine.invalid = lambda txs: BAD in txs
        derivation = Derivation(self.config, self.l1)
        driver = Driver(
            self.config,
            engine,
            self.l1,
            EngineL2Source(self.config, engine),
            derivation,
            now=lambda: self.time,
            recorder=recorder,
        )
        recorder.controller, recorder.engine = driver.engine, engine
        return engine, driver

    # --- what can happen

    def grow_l1(self) -> None:
        self.l1.extend(self.rng.randint(1, 2))
        self.driver.on_l1_head(self.l1.head)

    def reorg_l1(self) -> None:
        self.l1.reorg(DEEP if self.deep and self.rng.random() < 0.3 else self.rng.randint(1, 4))
        if self.rng.random() < 0.7:
            self.driver.on_l1_head(self.l1.head)

    def finalize_l1(self) -> None:
        depth = self.rng.randint(2, 6) + DEEP * self.deep
        self.l1.finalized = max(self.l1.finalized, self.l1.head.number - depth)
        self.driver.on_l1_finalized(self.l1.chain[self.l1.finalized])

    def faults(self) -> None:
        some = [None, None, *Fault]
        self.engine.faults.extend(self.rng.choice(some) for _ in range(self.rng.randint(1, 6)))

    def sequenced(self, parent: L2BlockRef) -> SequencedAttributes | None:
        """Attributes on ``parent``, sometimes of the next epoch, sometimes what L1 will say."""
        if parent.l1_origin not in [block.id for block in self.l1.chain]:
            return None
        number = min(parent.l1_origin.number + self.rng.randint(0, 1), self.l1.head.number)
        txs = self.rng.choice([(), (), (b"\x02sequenced",), (BAD,)])
        return SequencedAttributes(attributes_of(self.config, parent, self.l1.chain[number], *txs), parent)

    def some_block(self) -> L2BlockRef:
        if self.rng.random() < 0.8:
            return self.driver.heads.unsafe
        envelope = self.rng.choice(list(self.engine.blocks.values()))
        return payload_to_block_ref(self.config, envelope.payload)

    def gossip(self) -> None:
        parent = self.some_block()
        batch = []
        for _ in range(self.rng.randint(1, 3)):
            work = self.sequenced(parent) if parent.hash in self.engine.blocks else None
            if work is None:
                break
            envelope = self.engine.build(parent.hash, work.attributes)
            batch.append(envelope)
            if BAD not in work.attributes.transactions and self.rng.random() < 0.5:
                # Known to the engine, as if it had it from its own peers.
                self.engine.blocks[envelope.payload.block_hash] = envelope
            parent = payload_to_block_ref(self.config, envelope.payload)
        self.old_payloads.extend(batch)
        self.rng.shuffle(batch)
        for envelope in batch:
            self.driver.on_unsafe_l2_payload(envelope)

    def old_gossip(self) -> None:
        if self.old_payloads:
            self.driver.on_unsafe_l2_payload(self.rng.choice(self.old_payloads))

    def sequence(self) -> None:
        """Start a block, or go on with one that was started or sealed before, possibly long ago."""
        emit = self.driver.events.emitter("sequencer")
        for event in [item.event for item in self.recorder.records]:
            if isinstance(event, BuildStartedEvent) and event.derived_from is None:
                self.work.append(BuildSealEvent(event.info, event.build_started, False, None))
            if isinstance(event, BuildSealedEvent) and event.derived_from is None:
                self.work.append(PayloadProcessEvent(event.envelope, event.ref))
        self.recorder.clear()
        if self.work and self.rng.random() < 0.6:
            emit(self.rng.choice(self.work[-6:]))
            return
        block = self.some_block()
        work = self.sequenced(block) if block.hash in self.engine.blocks else None
        if work is not None:
            emit(BuildStartEvent(work))

    def operator(self) -> None:
        self.driver.reset(RuntimeError("asked for"))

    def wait(self) -> None:
        self.time += self.rng.choice([0.1, 2, 5, 20])

    def run(self) -> None:
        if self.rng.random() < 0.5:
            self.driver.events.drain_until(lambda _event: self.rng.random() < 0.2)
        else:
            run(self.driver, self.time)

    def live(self) -> None:
        if self.deep:
            self.l1.extend(DEEP + 8)
            self.driver.on_l1_head(self.l1.head)
            self.settle(self.engine, self.driver)
        actions = [
            *(self.grow_l1, self.grow_l1, self.grow_l1, self.reorg_l1, self.finalize_l1),
            *(self.faults, self.faults, self.gossip, self.gossip, self.gossip, self.old_gossip),
            *(self.sequence, self.sequence, self.sequence, self.wait, self.wait, self.operator),
        ]
        for _ in range(STEPS):
            self.rng.choice(actions)()
            self.run()

    def settle(self, engine: FakeEngine, driver: Driver) -> None:
        """Nothing fails any more, and there is time."""
        engine.faults.clear()
        driver.on_l1_head(self.l1.head)
        for _ in range(400):
            due = run(driver, self.time)
            if due == NEVER:
                return
            self.time = due
        raise AssertionError("still busy")


@pytest.mark.parametrize("group", range(GROUPS))
def test_heads_stay_in_order_and_follow_l1(group: int) -> None:
    deepest = 0
    for seed in range(group, WORLDS, GROUPS):
        world = World(seed)
        world.live()
        world.l1.extend(3)
        world.settle(world.engine, world.driver)
        heads = world.driver.heads
        assert world.driver.critical is None, f"seed {seed}"
        engine, fresh = world.node(OrderedHeads())
        world.settle(engine, fresh)
        assert heads.safe == fresh.heads.safe, f"seed {seed}"
        assert fresh.heads.safe.number > 0
        assert world.engine.head == heads.unsafe.hash, f"seed {seed}"
        assert world.engine.safe == heads.safe.hash, f"seed {seed}"
        assert world.engine.finalized == heads.finalized.hash, f"seed {seed}"
        deepest = max(deepest, world.l1.deepest)
    assert deepest == DEEP, "no reorg was deep"
