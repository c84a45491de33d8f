"""Protocols of the transport between nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NewType, Protocol

from pyoprollup.p2p.verdict import ValidationResult

__all__ = ["GossipTransport", "MessageHandler", "PeerID", "RequestHandler", "RequestTransport"]

PeerID = NewType("PeerID", str)
"""A node's name among its peers."""

MessageHandler = Callable[[PeerID, bytes], ValidationResult]
"""Judges a message, given the peer that it came from and its bytes."""

RequestHandler = Callable[[PeerID, bytes], tuple[float, bytes]]
"""Serves a request, given the peer that it came from and its bytes: seconds to wait, and the response."""


class GossipTransport(Protocol):
    """Publishes and receives messages by topic.

    Every message that comes goes to its topic's handler first. What the handler accepts is passed on to other
    peers, but not back to where it came from; nothing else is. What the handler says of a message is what
    the transport may think of the peer.
    """

    @property
    def peer_id(self) -> PeerID:
        """This node."""
        ...

    def subscribe(self, topic: str, handler: MessageHandler) -> None:
        """Join a topic and pass its messages to a handler."""
        ...

    def unsubscribe(self, topic: str) -> None:
        """Leave a topic; nothing happens if it was not joined."""
        ...

    def publish(self, topic: str, data: bytes) -> None:
        """Send a message of our own to peers; raises :class:`PublishError`."""
        ...


class RequestTransport(Protocol):
    """Sends requests to single peers, and serves those of others."""

    def request(
        self, peer: PeerID, protocol: str, data: bytes, on_response: Callable[[bytes | None], None]
    ) -> None:
        """Send a request. ``on_response`` is called once, with the response or ``None``."""
        ...

    def serve(self, protocol: str, handler: RequestHandler) -> None:
        """Answer requests of a protocol."""
        ...
