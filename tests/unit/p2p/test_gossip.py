"""Nodes that gossip: publishing, handing on, duplicates, and peers that mean no good."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from random import Random

import pytest

from pyoprollup.errors import RollupError
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import BlockVersion
from pyoprollup.eth.signed_payload import compress, decompress
from pyoprollup.eth.types import ZERO_ADDRESS
from pyoprollup.p2p import (
    GossipNode,
    HostilePeer,
    InMemoryNetwork,
    LinkFaults,
    LocalSigner,
    PublishError,
    RuntimeConfig,
    ValidationResult,
    blocks_topics,
)
from tests.unit.p2p.support import (
    CHAIN_ID,
    KEY,
    NOW,
    OTHER_KEY,
    SIGNER,
    V2,
    V4,
    Clock,
    Node,
    config,
    envelope,
    message,
    topic,
)


def nodes(count: int, **options: object) -> tuple[InMemoryNetwork, Clock, list[Node]]:
    """The first is the sequencer's."""
    clock = Clock()
    network = InMemoryNetwork(clock, **options)  # type: ignore[arg-type]
    made = [Node(network, f"n{i}", clock, key=None if i else KEY) for i in range(count)]
    return network, clock, made


def run(network: InMemoryNetwork, clock: Clock) -> None:
    while network.next_due < inf:
        clock.time = max(clock.time, network.next_due)
        network.step(clock.time)


@pytest.mark.parametrize("version", BlockVersion)
def test_a_block_reaches_the_others_once(version: BlockVersion) -> None:
    clock = Clock()
    network = InMemoryNetwork(clock)
    sequencer, *others = [
        Node(network, f"n{i}", clock, key=KEY, chain_config=config(version)) for i in range(4)
    ]
    block = envelope(version)
    sequencer.gossip.sign_and_publish_l2_payload(block)
    run(network, clock)
    assert [node.received for node in others] == [[block]] * 3
    assert sequencer.received == []
    assert {event.details["topic"] for event in others[0].events} == {topic(version)}
    # Each gets it of the sequencer, and then again of the others.
    assert others[0].reasons() == ["duplicate_message"] * 2


def test_a_line_of_nodes() -> None:
    network, clock, line = nodes(5, faults=LinkFaults(min_delay=0.1, max_delay=0.1))
    for i in range(5):
        for j in range(i + 2, 5):
            network.disconnect(f"n{i}", f"n{j}")
    block = envelope()
    line[0].gossip.sign_and_publish_l2_payload(block)
    run(network, clock)
    assert [node.received for node in line[1:]] == [[block]] * 4
    assert clock.time == pytest.approx(NOW + 0.4)


def test_what_is_published_again_is_not_sent_again() -> None:
    network, clock, (sequencer, other) = nodes(2)
    sequencer.gossip.sign_and_publish_l2_payload(envelope())
    sequencer.gossip.sign_and_publish_l2_payload(envelope())
    run(network, clock)
    assert len(other.events) == 1


def test_our_own_block_that_comes_back_is_not_handed_on() -> None:
    network, clock, (sequencer, other) = nodes(2)
    block = envelope()
    other.transport.publish(topic(), message(block))
    # Whoever has the key may publish for us, but then it is the block of a peer.
    run(network, clock)
    assert sequencer.received == [block]
    # And a transport that delivers to oneself is not listened to.
    handler = sequencer.transport.handlers[topic()]
    later = message(envelope(block_number=8))
    assert handler(sequencer.gossip.peer_id, later) is ValidationResult.ACCEPT
    assert sequencer.received == [block]


def test_the_same_content_compressed_otherwise_is_a_duplicate() -> None:
    network, clock, (sequencer, other) = nodes(2)
    data = decompress(message(envelope()))
    length = len(data)
    literal = bytes((length & 0x7F | 0x80, length >> 7, 61 << 2)) + (length - 1).to_bytes(2, "little") + data
    assert decompress(literal) == data
    assert literal != compress(data)
    for sent in (compress(data), literal):
        other.transport.publish(topic(), sent)
        run(network, clock)
    assert len(sequencer.received) == 1
    assert sequencer.reasons() == ["duplicate_message"]


def test_a_message_is_judged_again_after_65_seconds() -> None:
    network, clock, (sequencer, other) = nodes(2)
    bad = message(envelope(timestamp=NOW - 61))
    for pause, reasons in ((0, ["too_old"]), (64, ["duplicate_message"]), (1, ["too_old"])):
        clock.time += pause
        sequencer.events.clear()
        other.transport.publish(topic(), bad)
        run(network, clock)
        assert sequencer.reasons() == reasons


def test_another_signature_of_a_known_block_is_ignored() -> None:
    network, clock, (sequencer, other) = nodes(2)
    other.runtime.rotate_signer(SIGNER)
    block = envelope()
    other.transport.publish(topic(), message(block))
    run(network, clock)
    data = decompress(message(block))
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    s = order - int.from_bytes(data[32:64], "big")
    twisted = data[:32] + s.to_bytes(32, "big") + bytes((data[64] ^ 1,)) + data[65:]
    other.transport.publish(topic(), compress(twisted))
    run(network, clock)
    assert sequencer.reasons() == ["already_seen"]


def test_blocks_that_cannot_be_published() -> None:
    network, clock, (sequencer, other) = nodes(2)
    with pytest.raises(PublishError, match="no signer"):
        other.gossip.sign_and_publish_l2_payload(envelope())
    with pytest.raises(PublishError, match="reject: too_old"):
        sequencer.gossip.sign_and_publish_l2_payload(envelope(timestamp=NOW - 61))
    with pytest.raises(PublishError, match="reject: bad_encoding"):
        sequencer.gossip.sign_and_publish_l2_payload(envelope(V2))
    foreign = Node(network, "foreign", clock, key=OTHER_KEY)
    with pytest.raises(PublishError, match="reject: foreign_signer"):
        foreign.gossip.sign_and_publish_l2_payload(envelope())
    foreign.runtime.rotate_signer(ZERO_ADDRESS)
    with pytest.raises(PublishError, match="ignore: no_known_signer"):
        foreign.gossip.sign_and_publish_l2_payload(envelope(block_number=9))
    run(network, clock)
    assert other.events == []
    sequencer.gossip.close()
    with pytest.raises(PublishError, match="cannot be signed: the signer is closed"):
        sequencer.gossip.sign_and_publish_l2_payload(envelope())
    other.transport.publish(topic(), message(envelope()))
    run(network, clock)
    assert sequencer.received == []


def test_what_did_not_go_out_may_be_tried_again() -> None:
    network, clock, (sequencer, other) = nodes(2)
    early = envelope(timestamp=NOW + 6)
    for _ in range(2):
        with pytest.raises(PublishError, match="reject: too_new"):
            sequencer.gossip.sign_and_publish_l2_payload(early)
    clock.time += 1
    publish, failures = sequencer.transport.publish, [PublishError("no peers")]

    def unreliable(name: str, data: bytes) -> None:
        if failures:
            raise failures.pop()
        publish(name, data)

    sequencer.transport.publish = unreliable  # type: ignore[method-assign]
    with pytest.raises(PublishError, match="no peers"):
        sequencer.gossip.sign_and_publish_l2_payload(early)
    sequencer.gossip.sign_and_publish_l2_payload(early)
    sequencer.gossip.sign_and_publish_l2_payload(early)
    run(network, clock)
    assert other.received == [early]
    assert other.reasons() == []


def test_a_receiver_that_fails_does_not_stop_gossip() -> None:
    network, clock, (sequencer, other) = nodes(2)
    failing: list[ExecutionPayloadEnvelope] = []

    def fail(block: ExecutionPayloadEnvelope) -> None:
        failing.append(block)
        raise RollupError("no room")

    events = []
    transport = network.join("failing")
    node = GossipNode(
        *(config(), transport, RuntimeConfig(SIGNER, now=clock), fail), now=clock, tell=events.append
    )
    node.join()
    network.disconnect("n0", "n1")
    sequencer.gossip.sign_and_publish_l2_payload(envelope())
    run(network, clock)
    assert failing == other.received == [envelope()]
    assert [str(event.details["error"]) for event in events] == ["no room"]


@pytest.mark.parametrize("seed", range(10))
def test_loss_doubles_delay_and_hostile_peers(seed: int) -> None:
    """Nothing comes that the sequencer did not publish, nothing comes twice, and most comes."""
    faults = LinkFaults(loss=0.2, duplication=0.2, min_delay=0.01, max_delay=3.0)
    network, clock, (sequencer, *others) = nodes(5, faults=faults, seed=seed)
    peers = [HostilePeer(network.join(f"h{i}"), Random(seed + i), budget=150) for i in range(2)]
    for peer in peers:
        peer.join(blocks_topics(CHAIN_ID))
    published = []
    for number in range(1, 21):
        block = envelope(block_number=number, timestamp=int(clock.time))
        sequencer.gossip.sign_and_publish_l2_payload(block)
        published.append(block)
        clock.time += 2
        network.step(clock.time)
    run(network, clock)
    assert sum(len(peer.sent) for peer in peers) > 100
    for node in others:
        assert len({block.payload.block_hash for block in node.received}) == len(node.received) >= 18
        assert all(block in published for block in node.received)
        assert set(node.reasons()) - {"duplicate_message"}


def test_signers_and_transports_may_be_anything() -> None:
    """The node needs no more of them than their protocols have."""

    class Loud:
        peer_id = "loud"

        def __init__(self) -> None:
            self.published: list[tuple[str, bytes]] = []

        def subscribe(self, topic: str, handler: Callable[..., ValidationResult]) -> None:
            pass

        def unsubscribe(self, topic: str) -> None:
            pass

        def publish(self, topic: str, data: bytes) -> None:
            self.published.append((topic, data))

    loud, clock = Loud(), Clock()
    runtime = RuntimeConfig(SIGNER, now=clock)
    node = GossipNode(config(), loud, runtime, print, now=clock, signer=LocalSigner(KEY))  # type: ignore[arg-type]
    node.sign_and_publish_l2_payload(envelope())
    assert loud.published == [(topic(V4), message(envelope()))]
