"""A sequencer beside an L1 that is slow, or does not answer: real threads, virtual time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pyoprollup.errors import Unavailable
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.events import Schedule
from pyoprollup.execution.client import ExecutionClient
from pyoprollup.execution.store import MemoryStore
from pyoprollup.node import Fetcher, GossipParts, NodeCore, SequencerParts, Service
from pyoprollup.p2p import LocalSigner
from pyoprollup.sources import CachedL1
from tests.actions.harness import World

PATIENCE = 120.0
"""Seconds after which a test gives up: far more than anything here takes."""

ALL = {
    "l1_block_ref_by_number",
    "l1_block_ref_by_hash",
    "info_by_hash",
    "fetch_receipts",
    "transactions_by_hash",
}


class SlowL1:
    """L1 over a bad connection: some reads hang for as long as :attr:`answering` is not set, or fail."""

    def __init__(self, l1: Any, slow: set[str]) -> None:
        self._l1 = l1
        self._slow = slow
        self.lock = threading.Lock()
        self.answering = threading.Event()
        self.answering.set()
        self.failing = 0
        self.hanging = threading.Event()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def read(*arguments: Any) -> Any:
            if name in self._slow and not self.answering.is_set():
                self.hanging.set()
                assert self.answering.wait(PATIENCE)
            with self.lock:
                if self.failing:
                    self.failing -= 1
                    raise Unavailable(f"{name} has failed")
                return getattr(self._l1, name)(*arguments)

        return read


class Node:
    """A sequencer that runs as a service, in virtual time that the test moves."""

    def __init__(self, slow: set[str]) -> None:
        self.world = world = World()
        self.published: list[tuple[float, ExecutionPayloadEnvelope]] = []
        self.l1 = SlowL1(world.l1, slow)
        self.cache = CachedL1()
        client = ExecutionClient.open(world.config, world.genesis, MemoryStore(), now=world.clock)
        transport = world.network.join("sequencer")
        self.core = NodeCore(
            world.config,
            client.engine,
            self.cache,
            self.cache,
            now=world.clock,
            bundles=world.bundles,
            gossip=GossipParts(
                transport,
                world.runtime,
                signer=LocalSigner(world.keys.sequencer),
                on_published=lambda envelope: self.published.append((world.clock(), envelope)),
            ),
            sequencing=SequencerParts(),
        )
        schedule = Schedule({"node": self.core})
        self.service = Service(schedule, world.clock)
        self.fetcher = Fetcher(
            self.cache, self.l1, self.l1, post=self.service.post, wake=self.core.wake, now=world.clock
        )
        schedule["fetcher"] = self.fetcher

    @contextmanager
    def running(self) -> Iterator[None]:
        assert self.core.sequencer is not None
        self.core.sequencer.init(True)
        self.tell_l1()
        try:
            with self.service:
                yield
        finally:
            self.l1.answering.set()
            self.fetcher.close()

    def tell_l1(self) -> None:
        with self.l1.lock:
            head = self.world.miner.head

        def tell() -> None:
            self.cache.on_l1_head()
            self.core.on_l1(head, self.world.miner.safe, self.world.miner.finalized)

        self.service.post(tell)

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for the service to get somewhere; fails with what has ended it."""
        tick = threading.Event()
        for _ in range(int(PATIENCE / 0.01)):
            if condition():
                return
            assert self.service.health.error is None, self.service.health.error
            tick.wait(0.01)
        raise AssertionError(f"the service gets nowhere: {self.core.heads}")

    def pass_time(self, time: float) -> None:
        self.world.clock.advance(time)
        self.service.post(lambda: None)

    def next_block(self) -> ExecutionPayloadEnvelope:
        """The time of a block comes, and so does the block."""
        count = len(self.published)
        self.pass_time(self.world.genesis_time + 2 * (count + 1))
        self.until(lambda: len(self.published) > count and self.core.heads.unsafe.number == count + 1)
        at, envelope = self.published[count]
        assert at == envelope.payload.timestamp, "it was published in time"
        return envelope

    def mine(self) -> None:
        with self.l1.lock:
            self.world.l1.mine(self.world.miner.head.time + 12)
        self.tell_l1()

    @property
    def origin(self) -> int:
        return self.core.heads.unsafe.l1_origin.number

    @property
    def derived_from(self) -> int:
        origin = self.core.pipeline.origin
        return -1 if origin is None else origin.number


@pytest.mark.parametrize("slow", [ALL, {"fetch_receipts"}], ids=["everything", "receipts"])
def test_blocks_are_sealed_and_published_in_time_while_a_read_hangs(slow: set[str]) -> None:
    node = Node(slow)
    with node.running():
        node.until(lambda: node.derived_from == 0)
        for _ in range(6):
            node.next_block()
        node.l1.answering.clear()
        node.mine()
        assert node.l1.hanging.wait(PATIENCE)
        for _ in range(20):
            node.next_block()
        assert (node.origin, node.derived_from) == (0, 0), "nothing is assumed of the L1 block"
        node.l1.answering.set()
        node.until(lambda: node.derived_from == 1 and node.fetcher.is_idle)
        while node.origin == 0:
            node.next_block()
            node.until(lambda: node.fetcher.is_idle)
            assert len(node.published) < 32
    numbers = [envelope.payload.block_number for _, envelope in node.published]
    assert numbers == list(range(1, len(numbers) + 1))


def test_what_fails_is_read_again() -> None:
    node = Node(set())
    with node.running():
        node.until(lambda: node.derived_from == 0)
        for _ in range(6):
            node.next_block()
        node.l1.failing = 5
        node.mine()
        for _ in range(20):
            node.next_block()
        node.until(lambda: node.derived_from == 1 and node.origin == 1)
        assert node.fetcher.failures == 5


def test_a_node_goes_on_when_the_data_comes_not_when_its_back_off_ends() -> None:
    """Time stands still here: a back-off would never end."""
    node = Node(ALL)
    node.l1.answering.clear()
    with node.running():
        node.mine()
        assert node.l1.hanging.wait(PATIENCE)
        assert node.derived_from == -1
        node.l1.answering.set()
        node.until(lambda: node.derived_from == 1)
    assert node.world.clock.time == node.world.genesis_time
