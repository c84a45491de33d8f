"""Reads bits, and keeps track of how many bytes the reference has pulled into its bit buffer.

That decides how many bytes it sets aside when the input runs out in the middle of a symbol. Mostly it
pulls just the bytes that a read needs. Where much input is left it reads ahead, up to 64 bits; for
commands it does so only while 28 bytes are left, and when it stops at least six bytes are still
unpulled, too many for that to matter. For code lengths it reads ahead until the last four bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyoprollup.derive.compression.prefix_code import PrefixCode, bit_windows

__all__ = ["BitReader", "FaultError"]


class FaultError(Exception):
    """The stream is wrong; never leaves this package."""


class BitReader:
    """Position in the stream: ``pos`` counts bits consumed, ``pulled`` bytes in or past the bit buffer.

    ``end`` is where the input that the decoder has been given so far ends, in bytes.
    """

    __slots__ = ("_base", "_stop", "_windows", "data", "end", "pos", "pulled")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.pos = self.pulled = self.end = 0
        self._base = self._stop = 0
        self._windows: list[int] = []

    def peek(self) -> int:
        """25 bits or more from the position on; zeros behind the data."""
        at = self.pos >> 3
        return int.from_bytes(self.data[at : at + 4], "little") >> (self.pos & 7)

    def windows(self, stop: int) -> tuple[list[int], int]:
        """Bit windows for the input up to byte ``stop``, and the bit at which the first one starts."""
        at = self.pos >> 3
        if stop > self._stop or at < self._base:
            self._base, self._stop = at, stop
            self._windows = bit_windows(self.data, at, stop + 1)
        return self._windows, 8 * self._base

    def pull(self, count: int) -> bool:
        """Pull bytes until ``count`` bits are there; false, with all input pulled, if they are not."""
        wanted = (self.pos + count + 7) >> 3
        if wanted > self.end:
            self.pulled = self.end
            return False
        if wanted > self.pulled:
            self.pulled = wanted
        return True

    def try_symbol(self, code: PrefixCode) -> int:
        """The next symbol, or -1 if its bits are not all there."""
        self.pull(15)
        entry = code.find(self.peek())
        after = self.pos + (entry & 15)
        if after > 8 * self.end:
            return -1
        self.pos = after
        return entry >> 4

    def try_bits(self, count: int) -> int:
        """The next bits, or -1 if they are not all there."""
        if not self.pull(count):
            return -1
        value = self.peek() & ((1 << count) - 1)
        self.pos += count
        return value

    def bits(self, count: int) -> Iterator[None]:
        """Wait (by yielding) until ``count`` bits are there. Use ``take`` for them."""
        while not self.pull(count):
            yield

    def take(self, count: int) -> int:
        """Consume bits that are known to be there."""
        value = self.peek() & ((1 << count) - 1)
        self.pos += count
        return value

    def warm_up(self) -> bool:
        """Pull a byte if the bit buffer is empty; false if there is none."""
        if 8 * self.pulled == self.pos:
            if self.pulled == self.end:
                return False
            self.pulled += 1
        return True

    def align(self, what: str) -> None:
        """Skip to the next byte; the bits skipped must be zero."""
        if self.take(-self.pos & 7):
            raise FaultError(f"{what} padding is not zero")

    def unload(self) -> None:
        """Give whole bytes in the bit buffer back to the input."""
        self.pulled = (self.pos + 7) >> 3

    def read_ahead(self) -> None:
        """Pull four bytes unless there are 33 bits."""
        if 8 * self.pulled - self.pos <= 32:
            self.pulled += 4

    def move_to(self, pos: int) -> None:
        """Go on at ``pos``, with what lies before consumed."""
        self.pos = pos
        self.pulled = max(self.pulled, (pos + 7) >> 3)
