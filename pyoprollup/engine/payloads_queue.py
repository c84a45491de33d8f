"""A queue of gossiped payloads, ordered by number and limited in memory."""

from __future__ import annotations

import heapq
from collections.abc import Callable

from pyoprollup.errors import RollupError
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.types import Hash32

__all__ = ["MAX_UNSAFE_PAYLOADS_MEMORY", "PayloadsQueue", "PayloadsQueueError", "payload_mem_size"]

MAX_UNSAFE_PAYLOADS_MEMORY = 500 * 1024 * 1024
"""Bytes that waiting payloads may take, in all."""

_FIXED_COST, _TX_COST = 1000, 24


class PayloadsQueueError(RollupError):
    """A payload was not taken: it is there already, or too large."""


def payload_mem_size(envelope: ExecutionPayloadEnvelope) -> int:
    """Bytes that a payload counts for."""
    transactions = envelope.payload.transactions
    return _FIXED_COST + _TX_COST * len(transactions) + sum(map(len, transactions))


class PayloadsQueue:
    """Lowest number first; of the same number, the one that came first."""

    def __init__(
        self,
        max_size: int = MAX_UNSAFE_PAYLOADS_MEMORY,
        size_of: Callable[[ExecutionPayloadEnvelope], int] = payload_mem_size,
    ) -> None:
        self._max_size = max_size
        self._size_of = size_of
        self._heap: list[tuple[int, int, int, ExecutionPayloadEnvelope]] = []
        self._arrived = 0
        self._hashes: set[Hash32] = set()
        self._size = 0

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def mem_size(self) -> int:
        """Bytes that the payloads count for."""
        return self._size

    def push(self, envelope: ExecutionPayloadEnvelope) -> None:
        """Add a payload; over the limit, the lowest numbers are dropped, possibly this one.

        Raises :class:`PayloadsQueueError` for a hash that is there, and for one payload over the limit.
        """
        payload = envelope.payload
        if payload.block_hash in self._hashes:
            raise PayloadsQueueError(f"payload {payload.id} is queued already")
        size = self._size_of(envelope)
        if size > self._max_size:
            raise PayloadsQueueError(f"payload {payload.id} takes {size} bytes, at most {self._max_size}")
        self._arrived += 1
        heapq.heappush(self._heap, (payload.block_number, self._arrived, size, envelope))
        self._hashes.add(payload.block_hash)
        self._size += size
        while self._size > self._max_size:
            self.pop()

    def peek(self) -> ExecutionPayloadEnvelope | None:
        """The payload with the lowest number."""
        return self._heap[0][3] if self._heap else None

    def pop(self) -> ExecutionPayloadEnvelope | None:
        """Take the payload with the lowest number out."""
        if not self._heap:
            return None
        _, _, size, envelope = heapq.heappop(self._heap)
        self._size -= size
        self._hashes.discard(envelope.payload.block_hash)
        return envelope
