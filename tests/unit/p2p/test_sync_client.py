"""Fetching a range backwards: what is asked of whom, and what is handed on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from math import inf
from random import Random

import pytest

from pyoprollup.errors import RollupError
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.types import Hash32
from pyoprollup.p2p import PeerID, SyncClient, SyncRequest
from pyoprollup.p2p.quarantine import Quarantine, SyncResult
from pyoprollup.p2p.req_resp import encode_refusal, encode_response
from tests.unit.p2p.support import chain, config, hashed, ref

ANNA, BERT, CARL = PeerID("anna"), PeerID("bert"), PeerID("carl")
BLOCKS = chain(300)
FORK = chain(300, parent=Hash32(b"\x99" * 32))
Answer = Callable[[SyncRequest], bytes | None]


def served(blocks: list[ExecutionPayloadEnvelope]) -> Answer:
    return lambda request: encode_response(blocks[request.number - 1], config())


class Scores:
    def __init__(self) -> None:
        self.seen: Counter[tuple[str, PeerID]] = Counter()

    def on_valid_response(self, peer: PeerID) -> None:
        self.seen["valid", peer] += 1

    def on_response_error(self, peer: PeerID) -> None:
        self.seen["error", peer] += 1

    def on_rejected_payload(self, peer: PeerID) -> None:
        self.seen["rejected", peer] += 1


class Bench:
    """A client, its time, and peers that answer at once."""

    def __init__(self, *peers: PeerID) -> None:
        self.time = 0.0
        self.received: list[int] = []
        self.blocks: list[ExecutionPayloadEnvelope] = []
        self.scores = Scores()
        self.refuse = 0
        self.client = SyncClient(config(), self.receive, self.scores)
        self.requests: list[SyncRequest] = []
        for peer in peers:
            self.client.add_peer(peer, self.time)

    def receive(self, peer: PeerID, envelope: ExecutionPayloadEnvelope) -> None:
        if self.refuse:
            self.refuse -= 1
            raise RollupError("too busy")
        self.blocks.append(envelope)
        self.received.append(envelope.payload.block_number)

    def want(self, start: int, end: int) -> int:
        return self.client.request_l2_range(ref(BLOCKS[start - 1]), ref(BLOCKS[end - 1]))

    def sync(self, end: int, answer: Answer | dict[PeerID, Answer], rounds: int = 200) -> None:
        """Until blocks 2 to ``end`` - 1 are there; the range gets smaller as they come."""
        for _ in range(rounds):
            self.want(1, end)
            self.run(answer)
            while end - 1 in self.received:
                end -= 1
            if end == 2:
                return
        raise AssertionError(f"block {end - 1} does not come")

    def run(self, answer: Answer | dict[PeerID, Answer], rounds: int = 10_000) -> None:
        """Until nothing is due."""
        for _ in range(rounds):
            if self.client.next_due == inf:
                return
            self.time = max(self.time, self.client.next_due)
            for request in self.client.take_requests(self.time):
                self.requests.append(request)
                data = (answer[request.peer] if isinstance(answer, dict) else answer)(request)
                if data is None:
                    self.client.on_failure(request, self.time)
                else:
                    self.client.on_response(request, data, self.time)
        raise AssertionError("there is no end to it")


def test_a_range_is_fetched_backwards_without_its_ends() -> None:
    bench = Bench(ANNA)
    assert bench.want(2, 9) == 1
    assert [bench.client.is_in_flight(number) for number in (2, 3, 8, 9)] == [False, True, True, False]
    bench.run(served(BLOCKS))
    assert bench.received == [8, 7, 6, 5, 4, 3]
    assert bench.blocks == BLOCKS[7:1:-1]
    assert bench.scores.seen == {("valid", ANNA): 6}
    assert not any(bench.client.is_in_flight(number) for number in range(10))
    assert bench.want(2, 9) == 2


@pytest.mark.parametrize(("start", "end"), [(5, 5), (5, 6), (6, 5)])
def test_nothing_between(start: int, end: int) -> None:
    bench = Bench(ANNA)
    bench.want(start, end)
    assert bench.client.next_due == inf


def test_without_an_end_there_is_nothing_to_trust() -> None:
    bench = Bench(ANNA)
    assert bench.client.request_l2_range(ref(BLOCKS[0]), None) == 0
    assert bench.client.next_due == inf


def test_several_peers_at_once_one_request_each() -> None:
    bench = Bench(ANNA, BERT, CARL)
    bench.want(1, 12)
    requests = bench.client.take_requests(0.0)
    assert [(request.peer, request.number) for request in requests] == [(ANNA, 11), (BERT, 10), (CARL, 9)]
    assert bench.client.take_requests(0.0) == []
    # Answers in any order: what is not linked yet waits.
    for request, received in ((requests[2], []), (requests[1], []), (requests[0], [11, 10, 9])):
        assert bench.client.on_response(request, served(BLOCKS)(request), 0.0) is None
        assert bench.received == received
    bench.run(served(BLOCKS))
    assert bench.received == list(range(11, 1, -1))


def test_what_is_in_flight_or_here_is_not_asked_for_again() -> None:
    bench = Bench(ANNA, BERT)
    bench.want(1, 10)
    (high, low) = bench.client.take_requests(0.0)
    assert (high.number, low.number) == (9, 8)
    bench.client.on_response(low, served(BLOCKS)(low), 0.0)  # into quarantine
    bench.want(1, 10)
    bench.client.on_response(high, served(BLOCKS)(high), 0.0)
    bench.run(served(BLOCKS))
    assert [request.number for request in bench.requests] == [7, 6, 5, 4, 3, 2]
    assert bench.received == [9, 8, 7, 6, 5, 4, 3, 2]


def test_at_most_128_requests_wait() -> None:
    bench = Bench(ANNA)
    bench.want(1, 300)
    assert bench.client.is_in_flight(172)
    assert not bench.client.is_in_flight(171)
    bench.run(served(BLOCKS))
    assert bench.received == list(range(299, 171, -1))
    huge = replace(ref(BLOCKS[0]), number=1 << 63)
    bench.client.request_l2_range(ref(BLOCKS[0]), huge)


def test_rates() -> None:
    """A peer is asked 15 times at once, and then four times a second."""
    bench = Bench(ANNA)
    bench.want(1, 22)
    for _ in range(15):
        (request,) = bench.client.take_requests(0.0)
        bench.client.on_response(request, served(BLOCKS)(request), 0.0)
    assert bench.client.take_requests(0.0) == []
    assert bench.client.next_due == 0.25
    bench.run(served(BLOCKS))
    assert bench.time == 5 * 0.25


def test_rate_of_all_peers() -> None:
    peers = [PeerID(f"peer {i}") for i in range(10)]
    bench = Bench(*peers)
    bench.want(1, 129)
    bench.run(served(BLOCKS))
    assert len(bench.received) == 127
    assert bench.time == pytest.approx((127 - 40) / 20)


# --- peers that fail


def test_not_found_cancels_the_range_but_blames_nobody() -> None:
    bench = Bench(ANNA, BERT)
    bench.want(1, 20)
    anna, bert = bench.client.take_requests(0.0)
    error = bench.client.on_response(anna, encode_refusal(1), 0.0)
    assert "not found" in str(error)
    assert bench.client.next_due == inf
    assert [n for n in range(30) if bench.client.is_in_flight(n)] == [bert.number]
    bench.client.on_response(bert, served(BLOCKS)(bert), 0.0)
    assert bench.scores.seen == {("valid", BERT): 1}
    # Another range is another matter.
    bench.want(1, 20)
    bench.run(served(BLOCKS))
    assert bench.received == list(range(19, 1, -1))


@pytest.mark.parametrize(
    "data", [None, b"", b"\2", b"\3", b"\xc8", bytes(5), encode_response(BLOCKS[3], config())]
)
def test_failures_cost(data: bytes | None) -> None:
    """15 tokens: others are asked for a while."""
    bench = Bench(ANNA)
    bench.want(1, 3)
    bench.run(lambda _request: data)
    assert bench.scores.seen == {("error", ANNA): 1}
    assert not bench.client.is_in_flight(2)
    bench.want(1, 3)
    assert bench.client.next_due == pytest.approx(0.5)  # 1 + 15 + 1 tokens, of which 15 were there
    bench.run(served(BLOCKS))
    assert bench.received == [2]


def test_others_step_in() -> None:
    bench = Bench(ANNA, BERT)
    bench.sync(40, {ANNA: lambda _request: b"\3", BERT: served(BLOCKS)})
    assert bench.received == list(range(39, 1, -1))
    assert bench.scores.seen["valid", BERT] == 38
    assert 0 < bench.scores.seen["error", ANNA] < 10


def test_blocks_of_another_chain() -> None:
    """They are well-formed, but nothing links to them; they make room for the right ones."""
    bench = Bench(ANNA, BERT)
    bench.sync(12, {ANNA: served(FORK), BERT: served(BLOCKS)})
    assert bench.received == list(range(11, 1, -1))
    assert bench.scores.seen["rejected", ANNA] > 0
    assert bench.scores.seen["rejected", BERT] == 0


def test_a_block_that_lies_about_its_hash() -> None:
    block = replace(BLOCKS[8], payload=replace(BLOCKS[8].payload, gas_used=5))
    bench = Bench(ANNA)
    bench.want(8, 10)
    bench.run(lambda _request: encode_response(block, config()))
    assert bench.received == []
    assert bench.scores.seen == {("error", ANNA): 1}


def test_answers_of_peers_that_are_gone_and_answers_to_nothing() -> None:
    bench = Bench(ANNA)
    bench.want(1, 4)
    (request,) = bench.client.take_requests(0.0)
    bench.client.remove_peer(ANNA)
    bench.client.remove_peer(ANNA)
    assert not bench.client.is_in_flight(3)
    assert bench.client.peers == ()
    bench.client.on_response(request, served(BLOCKS)(request), 0.0)
    bench.client.add_peer(ANNA, 0.0)
    bench.client.add_peer(ANNA, 0.0)
    bench.client.on_failure(request, 0.0)
    bench.client.on_response(replace(request, number=2), served(BLOCKS)(request), 0.0)
    assert (bench.received, bench.scores.seen) == ([], {})
    assert [again.number for again in bench.client.take_requests(0.0)] == [2]


# --- the receiver


def test_a_busy_receiver_gets_blocks_again() -> None:
    bench = Bench(ANNA)
    bench.refuse = 1
    bench.want(1, 6)
    bench.run(served(BLOCKS))
    assert bench.received == []
    bench.want(1, 6)
    assert bench.received == [5, 4, 3, 2]
    assert len(bench.requests) == 4


def test_a_receiver_that_asks_for_more() -> None:
    bench = Bench(ANNA)

    def receive(_peer: PeerID, envelope: ExecutionPayloadEnvelope) -> None:
        bench.received.append(envelope.payload.block_number)
        client.request_l2_range(ref(BLOCKS[0]), ref(envelope))

    client = bench.client = SyncClient(config(), receive, bench.scores)
    client.add_peer(ANNA, 0.0)
    client.request_l2_range(ref(BLOCKS[0]), ref(BLOCKS[299]))
    bench.run(served(BLOCKS))
    assert bench.received == list(range(299, 1, -1))


# --- quarantine


def test_quarantine() -> None:
    left: list[PeerID] = []
    quarantine = Quarantine(left.append)
    for block in BLOCKS[:101]:
        quarantine.put(SyncResult(block, ANNA))
    assert (len(quarantine), left) == (100, [ANNA])
    assert quarantine.hash_at(1) is None
    assert quarantine.hash_at(2) == BLOCKS[1].payload.block_hash
    quarantine.trust(BLOCKS[1].payload.block_hash)
    quarantine.remove(BLOCKS[1].payload.block_hash)
    assert left == [ANNA]
    # Another block with the same number takes its place; the first one leaving does not change that.
    quarantine.put(SyncResult(FORK[5], BERT))
    quarantine.remove(BLOCKS[5].payload.block_hash)
    assert quarantine.hash_at(6) == FORK[5].payload.block_hash
    assert left == [ANNA, ANNA]


# --- any order of things


def mutated(random: Random, block: ExecutionPayloadEnvelope) -> bytes:
    kind = random.randrange(4)
    if kind == 0:
        return random.randbytes(random.randrange(30))
    if kind == 1:
        return bytes((random.randrange(1, 256),))
    if kind == 2:
        other = hashed(replace(block.payload, gas_used=random.randrange(9)), block.parent_beacon_block_root)
        return encode_response(other, config())
    return encode_response(block, config())[:-2]


@pytest.mark.parametrize("seed", range(30))
def test_with_bad_peers_the_chain_comes_and_nothing_else(seed: int) -> None:
    random = Random(seed)
    bench = Bench(ANNA, BERT, CARL)

    def answer(request: SyncRequest) -> bytes | None:
        block = BLOCKS[request.number - 1]
        if request.peer == ANNA or random.random() < 0.5:
            return encode_response(block, config())
        return None if random.random() < 0.2 else mutated(random, block)

    bench.sync(60, answer)
    assert all(block == BLOCKS[block.payload.block_number - 1] for block in bench.blocks)
    assert not any(bench.client.is_in_flight(number) for number in range(61))
