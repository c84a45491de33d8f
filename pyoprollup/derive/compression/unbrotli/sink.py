"""Decompressed data, and how much of it the decoder has passed on to its reader.

The reference decodes into a ring buffer. It passes data on when the ring is full, when it wants input,
and at the end; each time no more than the read that is under way has asked for. What is in the ring
when the decoder meets a fault is lost.
"""

from __future__ import annotations

from pyoprollup.derive.compression.read_sizes import READ_BUFFER, ReadSizes
from pyoprollup.derive.compression.unbrotli.bits import FaultError

__all__ = ["Sink"]

_SMALLEST_RING = 1024


class Sink:
    """``out`` is all data so far, of which the reader has received ``written`` bytes.

    ``remaining`` bytes of the metablock are still to come; negative if there were too many.
    """

    __slots__ = ("_next_ring", "_room", "_sizes", "_started", "boundary", "out", "remaining", "ring",
                 "window", "written")  # fmt: skip

    def __init__(self, window_bits: int, limit: int) -> None:
        self.out = bytearray()
        self.written = 0
        self.remaining = 0
        self.window = 1 << window_bits
        self.ring = 0
        self.boundary = 0
        """Where the ring is full next, as a position in ``out``."""
        self._next_ring = 0
        self._sizes = ReadSizes(self.out, limit)
        self._started = 0
        self._room = 0

    # Reads

    def start_read(self) -> None:
        """The reader asks for more, having received all that was written."""
        self._started = self.written
        self._room = self._sizes.direct(self.written) or READ_BUFFER

    def received_on_fault(self) -> int:
        """How much the reader can use if the read under way ends with an error."""
        return self._started if self._sizes.direct(self._started) else self.written

    def pass_on(self) -> bool:
        """Write what there is up to where the ring ends; true if the read had room for all of it."""
        if self.remaining < 0:
            raise FaultError("metablock is longer than it says")
        pending = min(len(self.out), self.boundary) - self.written
        count = min(pending, self._room)
        self.written += count
        self._room -= count
        return count == pending

    def drain(self) -> None:
        """The reader takes all that is left, in as many reads as it needs."""
        self.written = len(self.out)

    # The ring

    def plan_ring(self, length: int) -> None:
        """Choose the ring for a metablock of ``length`` bytes: the smallest that holds all data."""
        if self.ring == self.window:
            return
        wanted = max(self.ring or _SMALLEST_RING, len(self.out) + length)
        size = self.window
        while size >> 1 >= wanted:
            size >>= 1
        self._next_ring = size

    def make_ring(self) -> None:
        if self.ring != self._next_ring:
            self.ring = self.boundary = self._next_ring

    @property
    def wraps(self) -> bool:
        """The ring has its full size, so it is used again from the start once it is full."""
        return self.ring == self.window

    # Copies

    def copy(self, distance: int, count: int) -> None:
        """Repeat ``count`` bytes from ``distance`` back."""
        out = self.out
        start = len(out) - distance
        if count <= distance:
            out += out[start : start + count]
        else:
            out += (bytes(out[start:]) * (count // distance + 1))[:count]
