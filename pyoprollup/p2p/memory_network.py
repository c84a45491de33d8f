"""A network in memory: nodes, links with faults, and virtual time. The same seed gives the same run.

A link loses, delays, doubles and thereby reorders what goes over it. Nothing is sent while nobody looks:
:meth:`InMemoryNetwork.step` carries what has arrived by a time.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf
from random import Random

from pyoprollup.p2p.transport import MessageHandler, PeerID, RequestHandler
from pyoprollup.p2p.verdict import ValidationResult

__all__ = ["PERFECT", "InMemoryNetwork", "InMemoryTransport", "LinkFaults"]

_RESPONSE_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class LinkFaults:
    """What a link does to messages. Probabilities from 0 to 1; delays in seconds."""

    loss: float = 0.0
    duplication: float = 0.0
    """Of a second copy, with a delay of its own."""
    min_delay: float = 0.0
    max_delay: float = 0.0
    """Delays differ between these, so that messages overtake each other."""


PERFECT = LinkFaults()


class InMemoryNetwork:
    """All nodes and what is on its way between them.

    Every node is linked with every other, except where :meth:`disconnect` says otherwise. ``now`` gives
    virtual seconds; messages sent while another is being delivered go out at that one's time.
    """

    def __init__(self, now: Callable[[], float], *, seed: int = 0, faults: LinkFaults = PERFECT) -> None:
        self._now = now
        # Chance that is the same twice is the point.
        self._random = Random(seed)  # noqa: S311
        self._faults = faults
        self._link_faults: dict[frozenset[PeerID], LinkFaults] = {}
        self._cut: set[frozenset[PeerID]] = set()
        self._nodes: dict[PeerID, InMemoryTransport] = {}
        self._on_the_way: list[tuple[float, int, Callable[[], None]]] = []
        self._sent = 0
        self.delivered = 0
        """Messages that have arrived."""
        self._delivering_at: float | None = None

    # --- who is there

    def join(self, peer_id: str) -> InMemoryTransport:
        """A new node; raises :class:`ValueError` if the name is taken."""
        peer = PeerID(peer_id)
        if peer in self._nodes:
            raise ValueError(f"there is a node {peer_id} already")
        self._nodes[peer] = InMemoryTransport(self, peer)
        return self._nodes[peer]

    def leave(self, peer_id: str) -> None:
        """A node is gone; what is on its way to it gets lost."""
        self._nodes.pop(PeerID(peer_id), None)

    def disconnect(self, one: str, other: str) -> None:
        """Cut a link, for messages that are sent from now on."""
        self._cut.add(_link(one, other))

    def connect(self, one: str, other: str) -> None:
        """Connect two nodes again after :meth:`disconnect`."""
        self._cut.discard(_link(one, other))

    def set_faults(self, one: str, other: str, faults: LinkFaults) -> None:
        """Give a link faults of its own."""
        self._link_faults[_link(one, other)] = faults

    def neighbours(self, peer_id: str) -> tuple[PeerID, ...]:
        """The nodes that a node has links with, in the order in which they joined."""
        return tuple(
            other for other in self._nodes if other != peer_id and _link(peer_id, other) not in self._cut
        )

    # --- time

    @property
    def next_due(self) -> float:
        """When the next message arrives; infinite if none is on its way."""
        return self._on_the_way[0][0] if self._on_the_way else inf

    def step(self, now: float) -> None:
        """Deliver what arrives up to a time, and what is sent in consequence."""
        while self._on_the_way and self._on_the_way[0][0] <= now:
            at, _, arrive = heapq.heappop(self._on_the_way)
            self._delivering_at = at
            try:
                arrive()
            finally:
                self._delivering_at = None
            self.delivered += 1

    def wake(self) -> None:
        """Nothing: messages take their time."""

    # --- sending, for the nodes

    def _time(self) -> float:
        return self._now() if self._delivering_at is None else self._delivering_at

    def _at(self, time: float, arrive: Callable[[], None]) -> None:
        heapq.heappush(self._on_the_way, (time, self._sent, arrive))
        self._sent += 1

    def _send(self, sender: PeerID, receiver: PeerID, arrive: Callable[[], None], wait: float = 0.0) -> None:
        link = _link(sender, receiver)
        if link in self._cut:
            return
        faults = self._link_faults.get(link, self._faults)
        copies = 1 + (self._random.random() < faults.duplication)
        for _ in range(copies):
            delay = self._random.uniform(faults.min_delay, faults.max_delay)
            if self._random.random() >= faults.loss:
                self._at(self._time() + wait + delay, arrive)

    def _spread(self, sender: PeerID, topic: str, data: bytes, source: PeerID | None = None) -> None:
        for receiver in self.neighbours(sender):
            if receiver != source:
                self._send(sender, receiver, partial(self._arrive, sender, receiver, topic, data))

    def _arrive(self, sender: PeerID, receiver: PeerID, topic: str, data: bytes) -> None:
        node = self._nodes.get(receiver)
        handler = None if node is None else node.handlers.get(topic)
        if handler is not None and handler(sender, data) is ValidationResult.ACCEPT:
            self._spread(receiver, topic, data, source=sender)

    def _request(self, sender: PeerID, receiver: PeerID, protocol: str, data: bytes, answer: _Once) -> None:
        node = self._nodes.get(receiver)
        handler = None if node is None else node.servers.get(protocol)
        if handler is not None:
            wait, response = handler(sender, data)
            self._send(receiver, sender, partial(answer, response), wait)

    def _open(self, sender: PeerID, receiver: PeerID, protocol: str, data: bytes, answer: _Once) -> None:
        self._send(sender, receiver, partial(self._request, sender, receiver, protocol, data, answer))
        self._at(self._time() + _RESPONSE_TIMEOUT, partial(answer, None))


class InMemoryTransport:
    """A node's connection: implements ``GossipTransport`` and ``RequestTransport``."""

    def __init__(self, network: InMemoryNetwork, peer_id: PeerID) -> None:
        self._network = network
        self._peer_id = peer_id
        self.handlers: dict[str, MessageHandler] = {}
        self.servers: dict[str, RequestHandler] = {}

    @property
    def peer_id(self) -> PeerID:
        return self._peer_id

    def subscribe(self, topic: str, handler: MessageHandler) -> None:
        self.handlers[topic] = handler

    def unsubscribe(self, topic: str) -> None:
        self.handlers.pop(topic, None)

    def publish(self, topic: str, data: bytes) -> None:
        self._network._spread(self._peer_id, topic, data)

    def serve(self, protocol: str, handler: RequestHandler) -> None:
        self.servers[protocol] = handler

    def request(
        self, peer: PeerID, protocol: str, data: bytes, on_response: Callable[[bytes | None], None]
    ) -> None:
        self._network._open(self._peer_id, peer, protocol, data, _Once(on_response))


class _Once:
    """Passes on the first of several answers: a response may be doubled, or come after the timeout."""

    def __init__(self, on_response: Callable[[bytes | None], None]) -> None:
        self._on_response: Callable[[bytes | None], None] | None = on_response

    def __call__(self, response: bytes | None) -> None:
        on_response, self._on_response = self._on_response, None
        if on_response is not None:
            on_response(response)


def _link(one: str, other: str) -> frozenset[PeerID]:
    return frozenset((PeerID(one), PeerID(other)))
