"""An L1 that fails, lies and changes its mind: what is derived is the same, and nobody is pestered.

A verifier as it really is, with clients, cache, fetcher and follower, but in virtual time and one thread, so
that requests can be counted by the second.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from pyoprollup.derive.data_source import batcher_blobs
from pyoprollup.errors import NotFound
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.events import Happening, Level, Schedule
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.store import MemoryStore
from pyoprollup.l1.beacon import BeaconClient, BeaconOptions
from pyoprollup.l1.rpc import L1Client, L1ClientOptions
from pyoprollup.node import Fetcher, L1Follower, NodeCore, Prefetcher, Service
from pyoprollup.sources import CachedL1, CacheLimits
from tests.wire_devnet import Grown, grown
from tests.wire_l1 import Bend, HttpAnswer, VirtualTime, WireBeacon, WireNode, serving

CACHE = 4 << 20


class Inline:
    """Workers without threads: a call is made when somebody has time for it."""

    def __init__(self) -> None:
        self.calls: deque[Callable[[], None]] = deque()

    def put(self, call: Callable[[], None]) -> None:
        self.calls.append(call)

    def close(self) -> None:
        self.calls.clear()


class Verifier:
    def __init__(self, world: Grown, nodes: list[WireNode], beacons: list[WireBeacon], seed: int = 1) -> None:
        self.time = VirtualTime()
        self.told: list[Happening] = []
        chance = random.Random(seed).random
        common: dict[str, Any] = {
            "clock": self.time.clock,
            "sleep": self.time.sleep,
            "chance": chance,
            "tell": self.told.append,
        }
        waiting = [node.transport() for node in nodes]
        self.l1 = L1Client(
            [f"http://l1-{index}" for index in range(len(nodes))],
            L1ClientOptions(chain_id=900, genesis=world.config.genesis.l1, cache_size=CACHE),
            transport=lambda _url: waiting.pop(0),
            **common,
        )
        servers = [beacon.transport() for beacon in beacons]
        self.beacon = BeaconClient(
            [f"http://beacon-{index}" for index in range(len(beacons))],
            options=BeaconOptions(),
            l1=self.l1,
            transport=lambda _url: servers.pop(0),
            **common,
        )
        self.cache = CachedL1(CacheLimits(bodies=16, body_bytes=CACHE, blobs=6, blob_bytes=CACHE))
        self.engine = InProcessEngine.from_genesis(world.config, world.genesis, MemoryStore())
        self.node = NodeCore(world.config, self.engine, self.cache, self.cache, now=self.time.clock)
        self.inbox: deque[Callable[[], None]] = deque()
        batcher = world.config.genesis.system_config.batcher_addr
        self.ahead = Prefetcher(self.cache, 4, lambda txs: batcher_blobs(world.config, txs, batcher))
        options: dict[str, Any] = {"post": self.inbox.append, "now": self.time.clock}
        self.fetcher = Fetcher(
            self.cache, self.l1, self.beacon, wake=self.node.wake, ahead=self.ahead, **options
        )
        self.follower = L1Follower(self.l1, self._on_l1, tell=self.told.append, **options)
        self.work = Inline()
        for part in (self.fetcher, self.follower):
            part._workers.close()
            part._workers = self.work  # type: ignore[assignment]
        self.schedule = Schedule({"follower": self.follower, "node": self.node, "fetcher": self.fetcher})

    def _on_l1(self, head: L1BlockRef, safe: L1BlockRef | None, finalized: L1BlockRef | None) -> None:
        self.cache.on_l1_head()
        self.ahead.on_l1_head(head)
        self.node.on_l1(head, safe, finalized)

    def run(self, until: Callable[[], bool], seconds: float = 100_000.0) -> None:
        """Step until something is so; it must be in so many seconds."""
        end = self.time.now + seconds
        while not until():
            assert self.time.now < end, f"not in {seconds} s: {self.told[-1:]}, {self.fetcher.last_error}"
            while self.inbox:
                self.inbox.popleft()()
            if self.work.calls:
                self.work.calls.popleft()()
            else:
                self.time.now = max(self.time.now, self.schedule.next_due)
            self.schedule.step(self.time.now)
            assert self.l1.cached_bytes <= CACHE

    def derive(self, world: Grown, seconds: float = 100_000.0) -> list[Hash32 | None]:
        """Derive all of it; gives the safe chain."""
        last = len(world.hashes) - 1
        self.run(lambda: self.node.heads.safe.number >= last, seconds)
        return self.chain(last)

    def chain(self, last: int) -> list[Hash32 | None]:
        return [self.engine.store.canonical_hash(number) for number in range(last + 1)]


def test_an_l1_that_works() -> None:
    world = grown()
    node, beacon = WireNode(world.l1), WireBeacon(world.l1)
    verifier = Verifier(world, [node], [beacon])
    assert verifier.derive(world) == list(world.hashes)
    assert [item for item in verifier.told if item.level >= Level.WARNING] == []
    blocks = world.l1.head_block.number + 1
    assert node.calls["eth_getBlockReceipts"] <= blocks, "nothing is fetched twice"
    assert verifier.follower.last_answer is not None


# --- failures


def chaos(rate: float, seed: int) -> Bend:
    """So many of the answers are wrong, in all the ways that there are."""
    rng = random.Random(seed)

    def bend(_method: str, _params: Any, truth: Callable[[], Any]) -> Any:
        if rng.random() >= rate:
            return truth()
        match rng.randrange(7):
            case 0:
                raise HttpAnswer(502)
            case 1:
                raise HttpAnswer(429, b"slow down")
            case 2:
                return None
            case 3:
                return []
            case 4:
                return {"data": []}
            case 5:
                answer = truth()
                return (
                    answer[:-1]
                    if isinstance(answer, list)
                    else answer | {"number": "0x0"}
                    if isinstance(answer, dict)
                    else answer
                )
            case _:
                raise HttpAnswer(200, b"<html>")

    return bend


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("endpoints", [1, 2])
def test_failures_and_lies(rate: float, endpoints: int) -> None:
    world = grown()
    nodes = [WireNode(world.l1, chaos(rate, seed)) for seed in range(endpoints)]
    beacons = [WireBeacon(world.l1, chaos(rate, 10 + seed)) for seed in range(endpoints)]
    verifier = Verifier(world, nodes, beacons)
    assert verifier.derive(world) == list(world.hashes)
    asked = sum(len(node.requests) for node in nodes) + sum(len(beacon.requests) for beacon in beacons)
    elapsed = verifier.time.now - 1000
    assert asked <= 300 + 30 * endpoints * elapsed, "no hot loop"
    assert rate == 0.1 or any(item.event == "endpoint-failed" for item in verifier.told)


def test_an_l1_that_is_gone_is_asked_now_and_then_and_it_is_told() -> None:
    """An hour of outage. Nobody spins, memory stays as it is, and all goes on when L1 is back."""
    world = grown()

    def down(*_: Any) -> Any:
        raise HttpAnswer(503, b"maintenance")

    node, beacon = WireNode(world.l1, down), WireBeacon(world.l1, down)
    verifier = Verifier(world, [node], [beacon])
    end = verifier.time.now + 3600
    verifier.run(lambda: verifier.time.now >= end, 4000)
    assert len(node.requests) / 3600 < 1.0, "by the second"
    assert verifier.told[-1].level >= Level.WARNING
    assert any("HTTP 503: maintenance" in str(item.details.get("error")) for item in verifier.told)
    for server in (node, beacon):
        server.bend = lambda _method, _params, truth: truth()
    assert verifier.derive(world) == list(world.hashes)
    verifier.run(lambda: verifier.told[-1].event == "l1-answers-again", 60)


def test_an_endpoint_of_another_chain_is_never_believed() -> None:
    world = grown()
    other = WireNode(
        grown(2).l1, lambda method, _params, truth: "0x1" if method == "eth_chainId" else truth()
    )
    verifier = Verifier(world, [other, WireNode(world.l1)], [WireBeacon(world.l1)])
    assert verifier.derive(world) == list(world.hashes)
    assert set(other.calls) == {"eth_chainId"}
    assert "it serves chain 1, not chain 900" in str(verifier.told[0].details["error"])


def test_an_endpoint_with_the_same_id_and_another_genesis_is_never_believed() -> None:
    world = grown()

    def bend(method: str, params: list[Any], truth: Callable[[], Any]) -> Any:
        if method == "eth_getBlockByNumber" and params[0] == "0x0":
            return truth() | {"hash": "0x" + "11" * 32}
        return truth()

    other = WireNode(world.l1, bend)
    verifier = Verifier(world, [other, WireNode(world.l1)], [WireBeacon(world.l1)])
    assert verifier.derive(world) == list(world.hashes)
    assert set(other.calls) == {"eth_chainId", "eth_getBlockByNumber"}


# --- blobs


def test_a_beacon_that_is_a_slot_behind() -> None:
    """Each slot is 404 for the first times that it is asked for."""
    world = grown()
    seen: dict[str, int] = {}

    def bend(path: str, _params: Any, truth: Callable[[], Any]) -> Any:
        slot = path.rpartition("/")[2]
        if slot.isdigit():
            seen[slot] = seen.get(slot, 0) + 1
            if seen[slot] <= 8:
                raise HttpAnswer(404, b"block not found")
        return truth()

    verifier = Verifier(world, [WireNode(world.l1)], [WireBeacon(world.l1, bend)])
    assert verifier.derive(world) == list(world.hashes)


def test_blobs_that_are_gone_for_long_come_back() -> None:
    """The pause grows, the loop lives, the message says what is missing; then all goes on."""
    world = grown()
    gone = [True]

    def bend(path: str, _params: Any, truth: Callable[[], Any]) -> Any:
        if "/blob" in path and gone[0]:
            return {"data": []}
        return truth()

    beacon = WireBeacon(world.l1, bend)
    verifier = Verifier(world, [WireNode(world.l1)], [beacon])
    verifier.run(lambda: len(beacon.requests) > 400)
    assert verifier.time.now - 1000 > 400 / 4, "no hot loop"
    assert verifier.node.heads.safe.number == 0
    assert verifier.node.driver.critical is None
    text = str(verifier.fetcher.last_error)
    for part in ("slot ", "L1 block 0x", "of 1 blobs are missing: 0x01", "beacon-0: "):
        assert part in text, text
    gone[0] = False
    assert verifier.derive(world) == list(world.hashes)


# --- reorgs


@pytest.mark.parametrize("where", ["eth_getBlockReceipts", "eth_getBlockByHash", "/eth/v1/beacon/blobs/"])
def test_a_reorg_while_something_is_fetched(where: str) -> None:
    """The block that is read vanishes under the reader. The outcome is that of an undisturbed node
    afterwards.
    """
    world = grown.__wrapped__()  # L1 of our own, as it is changed
    l1 = world.l1
    left = [3]

    def bend(method: str, _params: Any, truth: Callable[[], Any]) -> Any:
        if method.startswith(where) and left[0]:
            left[0] -= 1
            if not left[0]:
                l1.reorg(
                    min(6, l1.head_block.number - l1.l1_block_ref_by_number(1).number), past_finalized=True
                )
                for _ in range(8):
                    l1.mine()
        try:
            return truth()
        except NotFound:
            return None

    verifier = Verifier(world, [WireNode(l1, bend)], [WireBeacon(l1, bend)])
    verifier.run(lambda: not left[0] and verifier.node.pipeline.origin == l1.head_block.ref, 10_000)
    undisturbed = Verifier(world, [WireNode(l1)], [WireBeacon(l1)])
    undisturbed.run(lambda: undisturbed.node.pipeline.origin == l1.head_block.ref)
    heads = undisturbed.node.heads
    verifier.run(lambda: verifier.node.heads.safe == heads.safe, 10_000)
    last = heads.safe.number
    assert last > 0
    assert verifier.chain(last) == undisturbed.chain(last)


# --- with threads and sockets


def test_a_verifier_over_real_sockets() -> None:
    """The same parts as services have them: with threads and connections."""
    world = grown()
    done = threading.Event()
    last = len(world.hashes) - 1
    with serving(WireNode(world.l1)) as node, serving(WireBeacon(world.l1)) as beacon, ExitStack() as stack:
        l1 = stack.enter_context(L1Client([node], L1ClientOptions(chain_id=900)))
        blobs = stack.enter_context(BeaconClient([beacon], l1=l1))
        assert l1.check() == blobs.check() == {}
        cache = CachedL1()
        engine = InProcessEngine.from_genesis(world.config, world.genesis, MemoryStore())
        core = NodeCore(world.config, engine, cache, cache, now=time.time)
        ahead = Prefetcher(cache)
        schedule = Schedule({"node": core})
        service = Service(schedule)

        def on_l1(head: L1BlockRef, safe: L1BlockRef | None, finalized: L1BlockRef | None) -> None:
            cache.on_l1_head()
            ahead.on_l1_head(head)
            core.on_l1(head, safe, finalized)

        def look() -> None:
            if core.heads.safe.number >= last:
                done.set()

        common: dict[str, Any] = {"post": service.post, "now": time.time}
        schedule["fetcher"] = fetcher = Fetcher(cache, l1, blobs, wake=core.wake, ahead=ahead, **common)
        schedule["follower"] = follower = L1Follower(l1, on_l1, **common)
        stack.callback(fetcher.close)
        stack.callback(follower.close)
        with service:
            for _ in range(600):
                service.post(look)
                if done.wait(0.1):
                    break
        assert service.health.error is None
        assert [engine.store.canonical_hash(number) for number in range(last + 1)] == list(world.hashes)
