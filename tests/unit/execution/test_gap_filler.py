"""Engines that lack blocks, and other engines that have them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pyoprollup.engine import BlockNotFound, EngineUnavailable
from pyoprollup.engine.client import HttpEngine
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.types import Hash32
from pyoprollup.events import Happening
from pyoprollup.execution.gap import GapLimits
from pyoprollup.execution.gap_filler import GapFiller
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.rpc import engine_methods, serve_engine
from pyoprollup.execution.store import MemoryStore
from pyoprollup.rollup.fork import Fork
from pyoprollup.rpc.worker import CallWorker
from tests.unit.evm.support import Chain
from tests.unit.execution.chains import extend, genesis_of, hashes, heads, insert, start

COUNT = 12


class Source:
    """Serves blocks; with ``gate`` only once that is set. ``failures`` are raised first."""

    def __init__(self, blocks: list[ExecutionPayloadEnvelope], *failures: Exception) -> None:
        self.blocks = {block.payload.block_hash: block for block in blocks}
        self.failures = list(failures)
        self.gate = threading.Event()
        self.gate.set()

    def payload_by_hash(self, block_hash: Hash32) -> ExecutionPayloadEnvelope:
        self.gate.wait(30)
        if self.failures:
            raise self.failures.pop(0)
        if block_hash not in self.blocks:
            raise BlockNotFound(f"no block 0x{block_hash.hex()}")
        return self.blocks[block_hash]


class World:
    """An engine at genesis with its thread, and a chain of which it knows nothing."""

    def __init__(self) -> None:
        self.chain, self.engine = start(Fork.JOVIAN, MemoryStore())
        self.genesis = self.chain.head.hash()
        self.blocks = extend(self.chain, COUNT)
        self.worker = CallWorker()
        self.news: list[Happening] = []
        self.told = threading.Condition()

    def tell(self, happening: Happening) -> None:
        with self.told:
            self.news.append(happening)
            self.told.notify_all()

    def wait_for(self, event: str, count: int = 1) -> Happening:
        def there() -> bool:
            return len([each for each in self.news if each.event == event]) >= count

        with self.told:
            assert self.told.wait_for(there, 30), [each.event for each in self.news]
        return [each for each in self.news if each.event == event][-1]

    def wait_for_head(self, block_hash: Hash32) -> None:
        """The last step of filling a gap is the head; it is told of by the engine."""
        deadline = time.monotonic() + 30
        while self.head() != block_hash:
            assert time.monotonic() < deadline, [each.event for each in self.news]
            time.sleep(0.01)

    def at_engine(self, call: Callable[[], Any]) -> Any:
        return self.worker.urgent.submit(call).result(30)

    def insert(self, block: ExecutionPayloadEnvelope) -> str:
        """What the engine says of a block."""
        status = self.at_engine(lambda: self.engine.new_payload(block)).status
        return str(status.value)

    def point(self, block: ExecutionPayloadEnvelope) -> str:
        """What the engine says of a head."""
        state = heads(block.payload.block_hash)
        answer = self.at_engine(lambda: self.engine.forkchoice_updated(state, None))
        return str(answer.payload_status.status.value)

    def head(self) -> Hash32:
        return Hash32(self.at_engine(lambda: self.engine.store.heads.unsafe))


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.worker.close()


@contextmanager
def filling(world: World, *sources: Source, limits: GapLimits | None = None) -> Iterator[GapFiller]:
    named = {f"source {index}": source for index, source in enumerate(sources)}
    quick = lambda event, _seconds: event.wait(0.01)  # noqa: E731
    filler = GapFiller(world.engine, world.worker.soon, named, tell=world.tell, limits=limits, wait=quick)
    yield filler
    filler.close()


def test_without_sources_a_gap_is_the_end(world: World) -> None:
    assert world.insert(world.blocks[-1]) == "SYNCING"
    assert world.point(world.blocks[-1]) == "SYNCING"
    assert world.head() == world.genesis


def test_a_gap_in_gossip(world: World) -> None:
    """Blocks 4 to 8 were lost; block 9 comes."""
    world.at_engine(lambda: insert(world.engine, world.blocks[:3]))
    with filling(world, Source(world.blocks[3:8])):
        assert world.insert(world.blocks[8]) == "SYNCING"
        world.wait_for("gap-filled")
        assert world.insert(world.blocks[8]) == "VALID"
        assert world.head() == hashes(world.blocks)[2]  # which only the consensus client moves
        assert world.point(world.blocks[8]) == "VALID"


def test_an_empty_engine_and_the_tip(world: World) -> None:
    """As with op-node's execution-layer sync: the tip comes, and then it is to be the head."""
    source = Source(world.blocks[:-1])
    source.gate.clear()
    with filling(world, source):
        assert world.insert(world.blocks[-1]) == "SYNCING"
        assert world.point(world.blocks[-1]) == "SYNCING"
        source.gate.set()
        assert world.wait_for("gap-filled").details["number"] == COUNT
        world.wait_for_head(hashes(world.blocks)[-1])
        assert world.point(world.blocks[-1]) == "VALID"


def test_a_head_that_never_came_as_a_block(world: World) -> None:
    with filling(world, Source(world.blocks)):
        assert world.point(world.blocks[-1]) == "SYNCING"
        world.wait_for_head(hashes(world.blocks)[-1])


def test_the_consensus_client_wants_something_else_meanwhile(world: World) -> None:
    source = Source(world.blocks)
    source.gate.clear()
    with filling(world, source):
        assert world.point(world.blocks[-1]) == "SYNCING"
        assert world.insert(world.blocks[0]) == "VALID"
        assert world.point(world.blocks[0]) == "VALID"
        source.gate.set()
        world.wait_for("gap-filled")
        assert world.insert(world.blocks[-1]) == "VALID"
        assert world.head() == hashes(world.blocks)[0]


def test_sources_that_fail_are_told_of_and_tried_again(world: World) -> None:
    first, second = Source([], *[EngineUnavailable("no route")] * 3), Source(world.blocks[5:])
    with filling(world, first, second):
        assert world.point(world.blocks[-1]) == "SYNCING"
        world.wait_for("source-failed", 4)
        second.blocks.update(Source(world.blocks).blocks)
        world.wait_for_head(hashes(world.blocks)[-1])
    failed = [each for each in world.news if each.event == "source-failed"]
    assert {each.details["source"] for each in failed} == {"source 0", "source 1"}


def test_another_chain_is_refused_once(world: World) -> None:
    other, _ = start(Fork.ISTHMUS, MemoryStore())
    blocks = extend(other, 3)
    with filling(world, Source(blocks)):
        assert world.point(blocks[-1]) == "SYNCING"
        told = world.wait_for("gap-refused")
        assert "another chain" in str(told.details["error"])
        assert world.point(blocks[-1]) == "SYNCING"
        assert world.point(world.blocks[-1]) == "SYNCING"
        world.wait_for("source-failed")
    assert len([each for each in world.news if each.event == "gap-refused"]) == 1
    assert world.head() == world.genesis


def test_an_endless_chain_is_bounded(world: World) -> None:
    with filling(world, Source(world.blocks), limits=GapLimits(blocks=4)):
        assert world.point(world.blocks[-1]) == "SYNCING"
        assert "more than 4 blocks" in str(world.wait_for("gap-refused").details["error"])


def test_it_ends_while_a_source_hangs(world: World) -> None:
    source = Source(world.blocks)
    source.gate.clear()
    with filling(world, source):
        assert world.point(world.blocks[-1]) == "SYNCING"
    source.gate.set()
    assert world.head() == world.genesis


def test_from_another_engine_over_http() -> None:
    """The source is an engine with an open port, and no more than that."""
    chain = Chain.start(Fork.JOVIAN)
    genesis, world = genesis_of(chain), World()
    other = InProcessEngine.from_genesis(chain.config, genesis, MemoryStore())
    insert(other, world.blocks)
    tables = engine_methods(chain.config, other, other.store)
    with serve_engine(tables, bytes(32)) as servers:
        assert servers.public is not None
        with (
            HttpEngine(chain.config, servers.public.url) as remote,
            filling(world, remote),  # type: ignore[arg-type]
        ):
            assert world.point(world.blocks[-1]) == "SYNCING"
            world.wait_for_head(hashes(world.blocks)[-1])
    world.worker.close()
