"""Reads bits, and keeps track of how many bytes the reference has pulled into its bit buffer.

The reference has two ways of reading. While 28 or more bytes of input are left it reads *fast*: before
a read it adds 4 bytes if there are 32 bits or fewer in its buffer. Otherwise it reads *with care*: one
byte at a time, as many as the read needs. How far it is ahead decides when it changes from one to the
other, and how many bytes it keeps aside when the input runs out in the middle of a symbol.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyoprollup.derive.inflate import windows32
from pyoprollup.derive.prefix_code import PrefixCode

__all__ = ["FAST_INPUT", "BitReader", "FaultError"]

FAST_INPUT = 28
"""Bytes that must be left to be pulled for the fast way of reading."""


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
            self._windows = windows32(self.data, at, stop + 1)
        return self._windows, 8 * self._base

    # With care

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
        if self.pulled == (self.pos + 7) >> 3 and not self.pos & 7:
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

    # Fast

    def fill(self) -> None:
        """Make sure that there are 33 bits."""
        if 8 * self.pulled - self.pos <= 32:
            self.pulled += 4

    def settle(self) -> None:
        """Bring ``pulled`` up to date after any number of symbols that were read the fast way.

        It only ever grew by 4, and after a fill it is the least such number with more than 32 bits.
        """
        least = (self.pos + 33 + 7) >> 3
        self.pulled = least + (self.pulled - least) % 4

    def fast_symbol(self, code: PrefixCode) -> int:
        self.fill()
        entry = code.find(self.peek())
        self.pos += entry & 15
        return entry >> 4

    def fast_bits(self, count: int) -> int:
        self.fill()
        return self.take(count)
