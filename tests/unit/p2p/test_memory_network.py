from __future__ import annotations

from math import inf

import pytest

from pyoprollup.p2p import InMemoryNetwork, InMemoryTransport, LinkFaults, PeerID, ValidationResult
from tests.unit.p2p.support import Clock

TOPIC = "/a/topic"


def deliver(net: InMemoryNetwork, until: float) -> int:
    """How many messages arrive."""
    before = net.delivered
    net.step(until)
    return net.delivered - before


class Listener:
    """Keeps what comes; ``result`` tells what becomes of it."""

    def __init__(
        self, transport: InMemoryTransport, result: ValidationResult = ValidationResult.IGNORE
    ) -> None:
        self.messages: list[tuple[PeerID, bytes]] = []
        self.transport = transport
        self.result = result
        transport.subscribe(TOPIC, self.handle)

    def handle(self, peer: PeerID, data: bytes) -> ValidationResult:
        self.messages.append((peer, data))
        return self.result


def network(count: int = 3, **options: object) -> tuple[InMemoryNetwork, Clock, list[Listener]]:
    clock = Clock(0.0)
    made = InMemoryNetwork(clock, **options)  # type: ignore[arg-type]
    return made, clock, [Listener(made.join(f"n{i}")) for i in range(count)]


def test_messages_go_to_the_other_nodes_of_the_topic() -> None:
    net, _, (zero, one, two) = network()
    two.transport.unsubscribe(TOPIC)
    two.transport.unsubscribe(TOPIC)
    zero.transport.publish(TOPIC, b"hello")
    assert one.messages == []
    assert deliver(net, 0.0) == 2
    assert (zero.messages, one.messages, two.messages) == ([], [("n0", b"hello")], [])
    zero.transport.publish("/another", b"hello")
    net.step(0.0)
    assert len(one.messages) == 1
    with pytest.raises(ValueError, match="n1"):
        net.join("n1")


def test_what_is_accepted_goes_on_but_not_back() -> None:
    net, _, nodes = network(4)
    for one, other in ((0, 2), (0, 3), (1, 3)):
        net.disconnect(f"n{one}", f"n{other}")
    assert net.neighbours("n1") == ("n0", "n2")
    nodes[1].result = ValidationResult.ACCEPT
    nodes[2].result = ValidationResult.REJECT
    nodes[0].transport.publish(TOPIC, b"hello")
    net.step(0.0)
    assert [node.messages for node in nodes] == [[], [("n0", b"hello")], [("n1", b"hello")], []]
    nodes[2].result = ValidationResult.ACCEPT
    nodes[0].transport.publish(TOPIC, b"again")
    net.step(0.0)
    assert nodes[3].messages == [("n2", b"again")]
    assert nodes[0].messages == []


def test_time() -> None:
    net, clock, nodes = network(2, faults=LinkFaults(min_delay=1.0, max_delay=1.0))
    nodes[1].result = ValidationResult.ACCEPT
    third = Listener(net.join("n2"))
    net.disconnect("n0", "n2")
    assert net.next_due == inf
    nodes[0].transport.publish(TOPIC, b"hello")
    assert net.next_due == 1.0
    assert deliver(net, 0.9) == 0
    clock.time = 5.0
    # What the second node sends on leaves it at 1.0.
    assert deliver(net, 1.9) == 1
    assert net.next_due == 2.0
    net.step(5.0)
    assert third.messages == [("n1", b"hello")]


def test_links_that_lose_double_and_delay() -> None:
    net, _, (zero, one) = network(2, faults=LinkFaults(0.25, 0.5, 0.0, 10.0), seed=3)
    sent = [number.to_bytes(2, "big") for number in range(1000)]
    for data in sent:
        zero.transport.publish(TOPIC, data)
    net.step(10.0)
    got = [data for _, data in one.messages]
    assert 1000 * 1.5 * 0.70 < len(got) < 1000 * 1.5 * 0.80
    assert len(set(got)) < 1000
    assert got != sorted(got)
    assert set(got) <= set(sent)


def test_the_seed_tells_what_happens() -> None:
    def run(seed: int) -> list[tuple[PeerID, bytes]]:
        net, _, nodes = network(5, faults=LinkFaults(0.3, 0.3, 0.0, 1.0), seed=seed)
        for node in nodes:
            node.transport.publish(TOPIC, node.transport.peer_id.encode())
        net.step(inf)
        return [message for node in nodes for message in node.messages]

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_faults_of_a_single_link() -> None:
    net, _, (zero, one, two) = network()
    net.set_faults("n1", "n0", LinkFaults(loss=1.0))
    zero.transport.publish(TOPIC, b"x")
    net.step(0.0)
    assert (one.messages, len(two.messages)) == ([], 1)


def test_cut_and_gone() -> None:
    net, _, (zero, one, two) = network()
    net.disconnect("n0", "n1")
    zero.transport.publish(TOPIC, b"x")
    net.leave("n2")
    net.leave("nobody")
    net.connect("n1", "n0")
    net.step(0.0)
    assert one.messages == two.messages == []
    zero.transport.publish(TOPIC, b"y")
    net.step(0.0)
    assert one.messages == [("n0", b"y")]


# --- requests


def test_requests() -> None:
    net, clock, (zero, one, _) = network(faults=LinkFaults(min_delay=0.5, max_delay=0.5))
    answers: list[tuple[float, bytes | None]] = []
    one.transport.serve("/p", lambda peer, data: (2.0, peer.encode() + data))

    def on_response(response: bytes | None) -> None:
        answers.append((clock.time, response))

    zero.transport.request(PeerID("n1"), "/p", b"?", on_response)
    zero.transport.request(PeerID("n1"), "/unknown", b"?", on_response)
    zero.transport.request(PeerID("n2"), "/p", b"?", on_response)
    zero.transport.request(PeerID("nobody"), "/p", b"?", on_response)
    while net.next_due < inf:
        clock.time = net.next_due
        net.step(clock.time)
    assert answers == [(3.0, b"n0?"), (10.0, None), (10.0, None), (10.0, None)]


def test_a_request_has_one_answer() -> None:
    net, _, (zero, one) = network(2, faults=LinkFaults(duplication=1.0))
    served: list[bytes] = []
    answers: list[bytes | None] = []

    def serve(_peer: PeerID, data: bytes) -> tuple[float, bytes]:
        served.append(data)
        return 0.0, b"!"

    one.transport.serve("/p", serve)
    zero.transport.request(PeerID("n1"), "/p", b"?", answers.append)
    net.step(100.0)
    assert (served, answers) == ([b"?", b"?"], [b"!"])
