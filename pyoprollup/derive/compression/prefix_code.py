"""Canonical prefix codes as look-up tables, for bit streams whose first bit is the lowest.

DEFLATE and brotli assign code words the same way: shorter ones first, equal lengths in the order
of the symbols. A table entry is ``symbol << 4 | length``.

Specification: RFC 1951, 3.2.2; RFC 7932, 3.2.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

__all__ = ["NO_SYMBOL", "PrefixCode", "bit_windows", "build_code", "single_symbol"]

NO_SYMBOL = 0xFFF
"""Stands in the table where an incomplete code has no code word; its length is 0."""

_ROOT_BITS = 10


@dataclass(frozen=True, slots=True)
class PrefixCode:
    """A code of up to 15 bits a word, looked up in one step or two.

    ``root`` is indexed with the next bits under ``mask``. A negative entry ``~i`` refers to
    ``links[i]``, indexed with the bits that follow (``>> shift``, under ``link_mask``).
    """

    root: Sequence[int]
    mask: int
    links: Sequence[Sequence[int]]
    shift: int
    link_mask: int

    def find(self, bits: int) -> int:
        """The entry for the next 15 or more ``bits``."""
        entry = self.root[bits & self.mask]
        if entry < 0:
            entry = self.links[~entry][(bits >> self.shift) & self.link_mask]
        return entry


def build_code(lengths: bytes | bytearray) -> PrefixCode:
    """The code whose symbol ``i`` has a word of ``lengths[i]`` bits (0: none).

    The lengths must not ask for more words than there are. A code that has fewer gets
    :data:`NO_SYMBOL` for the rest. An empty word is the business of :func:`single_symbol`.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__)[lengths.count(0) :]
    if not order:
        return PrefixCode((NO_SYMBOL << 4,), 0, (), 0, 0)
    longest = lengths[order[-1]]
    width = min(longest, _ROOT_BITS)
    root: list[int] = []
    deep: list[int] = []
    start = 0
    for length in range(1, longest + 1):
        stop = start + lengths.count(length)
        table, room = (root, width - length) if length <= width else (deep, longest - length)
        if room:
            for symbol in order[start:stop]:
                table += [symbol << 4 | length] * (1 << room)
        else:
            table += [symbol << 4 | length for symbol in order[start:stop]]
        start = stop
    step = longest - width
    links = [_REVERSED[step](deep[i : i + (1 << step)]) for i in range(0, len(deep), 1 << step)]
    root += [~i for i in range(len(links))]
    root += [NO_SYMBOL << 4] * ((1 << width) - len(root))
    return PrefixCode(_REVERSED[width](root), (1 << width) - 1, links, width, (1 << step) - 1)


def single_symbol(symbol: int) -> PrefixCode:
    """The code of one symbol whose word is empty."""
    return PrefixCode((symbol << 4,), 0, (), 0, 0)


def _reversal(width: int) -> Callable[[list[int]], Any]:
    """Turns a table indexed by code words read upwards into one indexed by bits as they arrive."""
    if width == 0:
        return tuple
    return itemgetter(*[int(f"{i:0{width}b}"[::-1], 2) for i in range(1 << width)])


_REVERSED = [_reversal(width) for width in range(_ROOT_BITS + 1)]


def bit_windows(data: bytes, start: int, stop: int) -> list[int]:
    """The 32 bits that begin at each byte of ``data[start:stop]``, little-endian, zeros behind the data.

    Shifted right by 0..7 each has 25 valid bits, enough for any read of a prefix code or its extra
    bits, so a position in the stream needs no state but its bit number.
    """
    words = (stop - start + 3) // 4
    raw = data[start : start + 4 * words + 3].ljust(4 * words + 3, b"\0")
    result = [0] * (4 * words)
    for shift in range(4):
        result[shift::4] = struct.unpack_from(f"<{words}I", raw, shift)
    return result
