"""Hostile peers for networks in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

from pyoprollup.eth.signed_payload import SnappyError, compress, decompress
from pyoprollup.p2p.transport import GossipTransport, PeerID
from pyoprollup.p2p.verdict import ValidationResult

__all__ = ["HostilePeer", "mutate"]


class HostilePeer:
    """Sends on what it receives, changed: ``copies`` times each message, by ``change``.

    It sends no more than ``budget`` messages, so that two of them cannot loop forever.
    """

    def __init__(
        self,
        transport: GossipTransport,
        random: Random,
        *,
        copies: int = 3,
        budget: int = 10_000,
        change: Callable[[Random, bytes], bytes] | None = None,
    ) -> None:
        self._transport = transport
        self._random = random
        self._copies = copies
        self._budget = budget
        self._change = mutate if change is None else change
        self.sent: list[bytes] = []

    def join(self, topics: Iterable[str]) -> None:
        """Subscribe to the gossip topics of its transport."""
        for topic in topics:
            self._transport.subscribe(topic, self._handler(topic))

    def _handler(self, topic: str) -> Callable[[PeerID, bytes], ValidationResult]:
        def handle(_peer: PeerID, message: bytes) -> ValidationResult:
            for _ in range(min(self._copies, self._budget - len(self.sent))):
                changed = self._change(self._random, message)
                self.sent.append(changed)
                self._transport.publish(topic, changed)
            return ValidationResult.IGNORE

        return handle


def mutate(random: Random, message: bytes) -> bytes:
    """The bytes of a message, damaged before or after compression, or something made up."""
    if random.random() < 0.5:
        try:
            return compress(_damaged(random, decompress(message)))
        except SnappyError:
            pass
    return _damaged(random, message)


def _damaged(random: Random, data: bytes) -> bytes:
    kind = random.randrange(5)
    at = random.randrange(len(data)) if data else 0
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data + random.randbytes(random.randrange(1, 50))
    if kind == 2:
        return data[:at] + random.randbytes(1) + data[at:]
    if kind == 3:
        return random.randbytes(random.randrange(200))
    return data[:at] + bytes((data[at] ^ 1 << random.randrange(8),)) + data[at + 1 :] if data else b"\0"
