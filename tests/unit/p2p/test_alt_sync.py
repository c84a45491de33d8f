"""Client, server and network joined: gaps are filled whatever the network loses."""

from __future__ import annotations

from math import inf

import pytest

from pyoprollup.engine.errors import BlockNotFound
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.p2p import (
    AltSync,
    ApplicationScorer,
    InMemoryNetwork,
    LinkFaults,
    PeerID,
    ReqRespServer,
    SyncClient,
    payload_by_number_protocol,
)
from tests.unit.p2p.support import CHAIN_ID, Clock, chain, config, ref

BLOCKS = chain(80)
PROTOCOL = payload_by_number_protocol(CHAIN_ID)


class Chain:
    def __init__(self, length: int) -> None:
        self.length = length

    def envelope_by_number(self, number: int) -> ExecutionPayloadEnvelope:
        if not 0 < number <= self.length:
            raise BlockNotFound(f"no block {number}")
        return BLOCKS[number - 1]


class Bench:
    def __init__(self, *lengths: int, faults: LinkFaults, seed: int = 0, **options: float) -> None:
        """Peers have chains of these lengths."""
        self.clock = Clock()
        self.network = InMemoryNetwork(self.clock, faults=faults, seed=seed)
        self.received: list[int] = []
        self.scorer = ApplicationScorer()
        client = SyncClient(config(), self.receive, self.scorer)
        self.sync = AltSync(config(), client, self.network.join("client"), now=self.clock, **options)
        for i, length in enumerate(lengths):
            server = ReqRespServer(config(), Chain(length), now=self.clock)
            self.network.join(f"server {i}").serve(PROTOCOL, server.handle)
            self.sync.add_peer(PeerID(f"server {i}"))

    def receive(self, _peer: PeerID, envelope: ExecutionPayloadEnvelope) -> None:
        self.received.append(envelope.payload.block_number)

    def run(self) -> None:
        while (due := min(self.network.next_due, self.sync.next_due)) < inf:
            self.clock.time = max(self.clock.time, due)
            self.network.step(self.clock.time)
            self.sync.step(self.clock.time)


def test_a_gap_is_filled() -> None:
    bench = Bench(80, 80, faults=LinkFaults(min_delay=0.05, max_delay=0.2))
    bench.sync.request_l2_range(ref(BLOCKS[9]), ref(BLOCKS[59]))
    bench.run()
    assert bench.received == list(range(59, 10, -1))


@pytest.mark.parametrize("seed", range(5))
def test_a_gap_is_filled_over_a_bad_network(seed: int) -> None:
    bench = Bench(80, 40, 80, faults=LinkFaults(0.2, 0.2, 0.01, 1.0), seed=seed)
    end = 60
    for _ in range(100):
        bench.sync.request_l2_range(ref(BLOCKS[9]), ref(BLOCKS[end - 1]))
        bench.run()
        while end - 1 in bench.received:
            end -= 1
        if end == 11:
            break
    assert bench.received == list(range(59, 10, -1))


def test_a_peer_that_leaves() -> None:
    bench = Bench(80, 80, faults=LinkFaults(min_delay=0.1, max_delay=0.1))
    bench.sync.request_l2_range(ref(BLOCKS[0]), ref(BLOCKS[9]))
    bench.sync.remove_peer(PeerID("server 0"))
    bench.network.leave("server 0")
    bench.run()
    # The request that it was given is asked for again on request.
    bench.sync.request_l2_range(ref(BLOCKS[0]), ref(BLOCKS[9]))
    bench.run()
    assert bench.received == list(range(9, 1, -1))
    assert bench.scorer.application_score(PeerID("server 0")) == 0


def test_fill_gap() -> None:
    bench = Bench(80, faults=LinkFaults())
    head, now = ref(BLOCKS[9]), BLOCKS[9].payload.timestamp
    bench.clock.time = now + 12 * 3600
    assert bench.sync.fill_gap(head, None) == 0
    assert bench.sync.fill_gap(head, ref(BLOCKS[9])) == 0
    assert bench.sync.fill_gap(head, ref(BLOCKS[10])) == 0
    assert bench.sync.fill_gap(head, ref(BLOCKS[11])) == 1
    bench.run()
    assert bench.received == [11]
    bench.clock.time = now + 12 * 3600 + 1
    assert bench.sync.fill_gap(head, ref(BLOCKS[11])) == 0


def test_how_old_the_head_may_be_is_for_the_operator_to_say() -> None:
    bench = Bench(80, faults=LinkFaults(), max_head_age=5.0)
    head, now = ref(BLOCKS[9]), BLOCKS[9].payload.timestamp
    bench.clock.time = now + 6
    assert bench.sync.fill_gap(head, ref(BLOCKS[11])) == 0
    bench.clock.time = now + 5
    assert bench.sync.fill_gap(head, ref(BLOCKS[11])) == 1


def test_silence_is_a_failure() -> None:
    bench = Bench(80, faults=LinkFaults(loss=1.0))
    bench.sync.request_l2_range(ref(BLOCKS[0]), ref(BLOCKS[2]))
    bench.run()
    assert bench.received == []
    assert bench.scorer.application_score(PeerID("server 0")) == -1
