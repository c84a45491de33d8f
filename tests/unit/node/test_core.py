"""A node put together from parts."""

from __future__ import annotations

import pytest

from pyoprollup.errors import ConfigError, NotFound
from pyoprollup.events import NEVER, CriticalErrorEvent, VirtualClock
from pyoprollup.node import GossipParts, NodeCore, NodeStopped, SequencerParts
from pyoprollup.p2p import InMemoryNetwork, RuntimeConfig
from pyoprollup.rollup.alt_da import AltDAConfig
from tests.fake_engine import FakeEngine
from tests.stepping import run
from tests.unit.derive.support import FakeL1, config, l1_chain, name_hash
from tests.unit.engine.support import make_genesis

L1 = l1_chain(8, first=0)


class Bench:
    def __init__(self) -> None:
        self.config = config("ecotone", genesis=make_genesis())
        self.clock = VirtualClock(1000.0)
        self.engine = FakeEngine(self.config)
        self.l1 = FakeL1()
        for ref in L1:
            self.l1.add(ref, parent_beacon_root=name_hash("beacon"), excess_blob_gas=0)

    def node(self, **parts: object) -> NodeCore:
        return NodeCore(self.config, self.engine, self.l1, self.l1, now=self.clock, **parts)  # type: ignore[arg-type]


def test_a_verifier_follows_l1() -> None:
    bench = Bench()
    node = bench.node()
    status = node.sync_status()
    assert (status.head_l1, status.current_l1) == (None, None)
    node.on_l1(L1[7], L1[5], L1[3])
    assert run(node, 1000.0) == NEVER
    status = node.sync_status()
    assert (status.head_l1, status.safe_l1, status.finalized_l1) == (L1[7], L1[5], L1[3])
    assert status.current_l1 == L1[7]
    assert status.unsafe_l2 == node.heads.unsafe
    assert node.sequencer is None and node.gossip is None and node.alt_sync is None


def test_a_sequencer_makes_a_block() -> None:
    bench = Bench()
    node = bench.node(sequencing=SequencerParts())
    node.on_l1(L1[7], L1[5], L1[3])
    run(node, 1000.0)
    assert node.heads.unsafe.number == 0, "it waits to be started"
    assert node.sequencer is not None
    node.sequencer.init(True)
    for _ in range(4):
        bench.clock.advance(run(node, bench.clock.time))
    assert node.heads.unsafe.number > 0


def test_only_a_node_with_requests_exchanges_blocks() -> None:
    bench = Bench()
    network = InMemoryNetwork(bench.clock)
    runtime = RuntimeConfig(b"\1" * 20, now=bench.clock)  # type: ignore[arg-type]
    one, other = network.join("one"), network.join("other")
    assert bench.node(gossip=GossipParts(one, runtime)).alt_sync is None
    node = bench.node(gossip=GossipParts(other, runtime, requests=other))
    assert node.alt_sync is not None and other.servers
    assert run(node, 1000.0) == 1000.0 + 2 * bench.config.block_time, "then it looks for gaps again"
    node.close()
    assert not other.handlers


def test_a_chain_with_alt_da_needs_a_server() -> None:
    bench = Bench()
    bench.config = config("ecotone", genesis=make_genesis(), alt_da=AltDAConfig())
    with pytest.raises(ConfigError, match="alt_da"):
        bench.node()


def test_says_why_it_cannot_go_on() -> None:
    node = Bench().node()
    run(node, 1000.0)
    node.driver.events.emitter("test")(CriticalErrorEvent(RuntimeError("no way on")))
    with pytest.raises(NodeStopped, match="no way on"):
        node.step(1000.0)
    assert node.next_due == NEVER


def test_blocks_that_are_not_there() -> None:
    node = Bench().node()
    run(node, 1000.0)
    assert node.payload_by_number(0).block_number == 0
    with pytest.raises(NotFound):
        node.payload_by_number(1)
