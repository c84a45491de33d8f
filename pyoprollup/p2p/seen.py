"""What has been seen: message ids for a time, block hashes by height."""

from __future__ import annotations

from collections import OrderedDict

from pyoprollup.eth.types import Hash32
from pyoprollup.sources.lru import Lru

__all__ = ["MAX_BLOCKS_PER_HEIGHT", "SEEN_MESSAGES_TTL", "SeenBlocks", "SeenMessages"]

SEEN_MESSAGES_TTL = 65
"""Seconds that a message's id is remembered: 130 heartbeats."""

MAX_BLOCKS_PER_HEIGHT = 5
"""With more blocks than these known at a height, others of that height are rejected."""

_MAX_HEIGHTS = 1000
_MAX_MESSAGES = 1 << 16


class SeenMessages:
    """Ids of messages, from when they are first seen. Bounded by time and number."""

    def __init__(self, ttl: float = SEEN_MESSAGES_TTL, capacity: int = _MAX_MESSAGES) -> None:
        self._ttl = ttl
        self._capacity = capacity
        self._ends: OrderedDict[bytes, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._ends)

    def mark(self, message_id: bytes, now: float) -> bool:
        """Remember a message, unless it is remembered already; whether it is new."""
        while self._ends and next(iter(self._ends.values())) <= now:
            self._ends.popitem(last=False)
        if message_id in self._ends:
            return False
        self._ends[message_id] = now + self._ttl
        if len(self._ends) > self._capacity:
            self._ends.popitem(last=False)
        return True

    def forget(self, message_id: bytes) -> None:
        """Take a message for new when it comes again."""
        self._ends.pop(message_id, None)


class SeenBlocks:
    """Hashes of accepted blocks at the 1000 heights that were met last."""

    def __init__(self) -> None:
        self._heights: Lru[int, list[Hash32]] = Lru(_MAX_HEIGHTS)

    def look_up(self, height: int, block_hash: Hash32) -> tuple[int, bool]:
        """How many blocks are known at a height, and whether this is one. Counts as meeting the height."""
        hashes = self._heights.get(height)
        if hashes is None:
            hashes = []
            self._heights.put(height, hashes)
        return len(hashes), block_hash in hashes

    def mark(self, height: int, block_hash: Hash32) -> None:
        """Remember the hash of an accepted block at its height."""
        hashes = self._heights.get(height) or []
        self._heights.put(height, [*hashes, block_hash])
