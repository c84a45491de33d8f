"""Inflates DEFLATE data up to a fault, with exactly the output that Go's inflater has by then.

Needed only for streams that do not end cleanly: the C library gives up to a dozen bytes more
(or less) than the reference there. The reference takes its input byte by byte and wants, before
it looks at a symbol, at least as many bits as the shortest symbol has, and for literals and
lengths at least as many as the end-of-block symbol has. A symbol near the end of a truncated
stream may therefore stay undecoded although all its bits are there.

Twin: zlib; held equal by tests/unit/derive/compression/test_inflate.py.

Specification: RFC 1951.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pyoprollup.derive.compression.prefix_code import PrefixCode, bit_windows, build_code
from pyoprollup.derive.compression.stream_end import StreamEnd

__all__ = ["WINDOW_SIZE", "Inflated", "inflate"]

WINDOW_SIZE = 1 << 15

_END_OF_BLOCK = 256
_MAX_LENGTH_SYMBOL = 285
_MAX_DISTANCE_SYMBOL = 29
_LENGTH_CODE_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
_REPEATS = ((3, 2), (3, 3), (11, 7))
"""``(least count, extra bits)`` of the code length symbols from 16 on."""
_REGION = 1 << 15
"""Bytes of input for which bit windows are made at a time."""
_STEP_BITS = 48
"""No symbol with its extra bits, its distance and the distance's extra bits takes more."""
_MAX_MATCH = 258


def _length_table() -> tuple[tuple[int, int], ...]:
    """``(base, extra bits)`` by symbol - 257."""
    rows = [(symbol - 254, 0) for symbol in range(257, 265)]
    for extra in range(1, 6):
        rows += [(3 + ((4 + i) << extra), extra) for i in range(4)]
    return (*rows, (_MAX_MATCH, 0))


def _distance_table() -> tuple[tuple[int, int], ...]:
    """``(base, extra bits)`` by symbol."""
    rows = [(symbol + 1, 0) for symbol in range(4)]
    for extra in range(1, 14):
        rows += [(1 + ((2 + i) << extra), extra) for i in range(2)]
    return tuple(rows)


_LENGTHS = _length_table()
_DISTANCES = _distance_table()


@dataclass(frozen=True, slots=True)
class Inflated:
    """Output up to the end or the fault, and what the caller needs to go on from there."""

    out: bytearray
    end: StreamEnd
    detail: str
    position: int
    """Where the byte behind the final block is, if the end is clean."""
    flushed: int
    """How much of the output the reference has handed out before the read that meets the end."""


class _StopError(Exception):
    """Leaves the decoding loops; never leaves this module."""

    def __init__(self, end: StreamEnd, detail: str) -> None:
        super().__init__(detail)
        self.end = end


@dataclass(frozen=True, slots=True)
class _Alphabet:
    """A code and the number of bits that must be there before a symbol is looked at."""

    code: PrefixCode
    least: int


def inflate(data: bytes, start: int = 0, limit: int = 0) -> Inflated:
    """Inflate ``data[start:]``, up to one byte more than ``limit`` (0: all of it). Never raises."""
    inflater = _Inflater(data, start, limit)
    end, detail = StreamEnd.CLEAN, ""
    try:
        inflater.run()
    except _StopError as stop:
        end, detail = stop.end, str(stop)
    out = inflater.out
    flushed = max(inflater.flushed, len(out) - len(out) % WINDOW_SIZE)
    if limit and len(out) > limit:
        del out[limit + 1 :]
        end, detail = StreamEnd.CLIPPED, f"more than {limit} bytes"
    return Inflated(out, end, detail, (inflater.pos + 7) >> 3, flushed)


class _Inflater:
    __slots__ = ("_base", "_cap", "_data", "_end", "_region", "_windows", "flushed", "out", "pos")

    def __init__(self, data: bytes, start: int, limit: int) -> None:
        self._data = data
        self._end = 8 * len(data)
        self._cap = limit + 1 if limit else 1 << 62
        self.pos = 8 * start
        self.out = bytearray()
        self.flushed = 0
        self._base = self._region = 0
        self._windows: list[int] = []

    def run(self) -> None:
        final = 0
        while not final:
            header = self._bits(3)
            final, kind = header & 1, header >> 1
            if kind == 0:
                self._stored(bool(final))
            elif kind == 1:
                self._symbols(*_fixed_alphabets())
            elif kind == 2:
                self._symbols(*self._dynamic_alphabets())
            else:
                self._corrupt("reserved block type")

    # Bits and symbols, one at a time

    def _corrupt(self, what: str) -> None:
        raise _StopError(StreamEnd.CORRUPT, f"{what} before byte {(self.pos + 7) >> 3}")

    def _peek(self) -> int:
        """57 bits or more."""
        at = self.pos >> 3
        return int.from_bytes(self._data[at : at + 8], "little") >> (self.pos & 7)

    def _need(self, count: int) -> None:
        if self._end - self.pos < count:
            raise _StopError(StreamEnd.TRUNCATED, f"input ends at byte {len(self._data)}")

    def _bits(self, count: int) -> int:
        self._need(count)
        value = self._peek() & ((1 << count) - 1)
        self.pos += count
        return value

    def _symbol(self, alphabet: _Alphabet) -> int:
        self._need(alphabet.least)
        entry = alphabet.code.find(self._peek())
        length = entry & 15
        if length == 0:
            self._corrupt("no such symbol")
        self._need(length)
        self.pos += length
        return entry >> 4

    # Blocks

    def _stored(self, final: bool) -> None:
        data = self._data
        at = (self.pos + 7) >> 3
        self.pos = 8 * at
        self._need(32)
        size = data[at] | data[at + 1] << 8
        self.pos += 32
        if size ^ 0xFFFF != data[at + 2] | data[at + 3] << 8:
            self._corrupt("stored block has a wrong length")
        if size == 0 and not final:
            self.flushed = len(self.out)
        body = data[at + 4 : at + 4 + size]
        self.out += body
        self._check_cap()
        self.pos += 8 * len(body)
        if len(body) < size:
            self._need(1)

    def _dynamic_alphabets(self) -> tuple[_Alphabet, _Alphabet]:
        counts = self._bits(14)
        literals, distances = (counts & 31) + 257, (counts >> 5 & 31) + 1
        if literals > _MAX_LENGTH_SYMBOL + 1 or distances > _MAX_DISTANCE_SYMBOL + 1:
            self._corrupt("too many symbols")
        order = _LENGTH_CODE_ORDER[: (counts >> 10) + 4]
        packed = self._bits(3 * len(order))
        meta = [0] * 19
        for i, symbol in enumerate(order):
            meta[symbol] = packed >> 3 * i & 7
        lengths = self._code_lengths(self._alphabet(bytes(meta)), literals + distances)
        return (
            self._alphabet(lengths[:literals], lengths[_END_OF_BLOCK]),
            self._alphabet(lengths[literals:]),
        )

    def _code_lengths(self, alphabet: _Alphabet, total: int) -> bytes:
        lengths = bytearray()
        root, mask, data = alphabet.code.root, alphabet.code.mask, self._data
        while len(lengths) < total:
            at = self.pos >> 3
            bits = int.from_bytes(data[at : at + 4], "little") >> (self.pos & 7)
            entry = root[bits & mask]
            symbol, width = entry >> 4, entry & 15
            if not width or self._end - self.pos < 32:
                # Close to the end, or no symbol: look at the bits one by one.
                symbol = self._symbol(alphabet)
                bits, width = self._peek(), 0
            if symbol < 16:
                self.pos += width
                lengths.append(symbol)
                continue
            least, extra = _REPEATS[symbol - 16]
            if symbol == 16 and not lengths:
                self._corrupt("repeat without a length before it")
            self.pos += width
            self._need(extra)
            self.pos += extra
            again = least + (bits >> width & (1 << extra) - 1)
            if len(lengths) + again > total:
                self._corrupt("too many code lengths")
            lengths += (lengths[-1:] if symbol == 16 else b"\0") * again
        return bytes(lengths)

    def _alphabet(self, lengths: bytes, least: int = 0) -> _Alphabet:
        """The code must be complete, empty, or one symbol of one bit."""
        counts = [lengths.count(length) for length in range(16)]
        room = sum(counts[length] << (15 - length) for length in range(1, 16))
        used = len(lengths) - counts[0]
        if used and room != 1 << 15 and (used, counts[1]) != (1, 1):
            self._corrupt("code is not complete")
        shortest = next((length for length in range(1, 16) if counts[length]), 0)
        return _Alphabet(build_code(lengths), max(shortest, least))

    def _symbols(self, literals: _Alphabet, distances: _Alphabet) -> None:
        while True:
            if self._end - self.pos >= 4 * _STEP_BITS and self._quick(literals.code, distances.code):
                return
            symbol = self._symbol(literals)
            if symbol < _END_OF_BLOCK:
                self.out.append(symbol)
            elif symbol == _END_OF_BLOCK:
                return
            else:
                self._match(symbol, distances)
            self._check_cap()

    def _match(self, symbol: int, distances: _Alphabet) -> None:
        if symbol > _MAX_LENGTH_SYMBOL:
            self._corrupt("no such length")
        length, extra = _LENGTHS[symbol - 257]
        length += self._bits(extra)
        symbol = self._symbol(distances)
        if symbol > _MAX_DISTANCE_SYMBOL:
            self._corrupt("no such distance")
        distance, extra = _DISTANCES[symbol]
        distance += self._bits(extra)
        if distance > min(len(self.out), WINDOW_SIZE):
            self._corrupt("distance reaches before the data")
        start = len(self.out) - distance
        chunk = self.out[start : start + length]
        if distance < length:
            chunk = (chunk * (length // distance + 1))[:length]
        self.out += chunk

    def _check_cap(self) -> None:
        if len(self.out) >= self._cap:
            raise _StopError(StreamEnd.CLIPPED, "")

    # The same, away from the end of the input: no need to ask how many bits are there

    def _quick(self, literals: PrefixCode, distances: PrefixCode) -> bool:
        """Decode while there is ample input and output, and no fault; true at the end of the block."""
        while True:
            if self.pos > 8 * self._region - 4 * _STEP_BITS or self.pos < 8 * self._base:
                self._base = self.pos >> 3
                self._region = min(self._base + _REGION, len(self._data))
                self._windows = bit_windows(self._data, self._base, self._region)
            steps = (8 * self._region - self.pos) // _STEP_BITS
            steps = min(steps, (self._cap - len(self.out)) // _MAX_MATCH)
            if steps < 4:
                return False
            ended = self._run(steps, literals, distances)
            if ended is not None:
                return ended

    def _run(self, steps: int, literals: PrefixCode, distances: PrefixCode) -> bool | None:
        """Decode ``steps`` symbols; true at the end of the block, false before a faulty one."""
        out, windows, base = self.out, self._windows, 8 * self._base
        append = out.append
        root, mask, links = literals.root, literals.mask, literals.links
        shift, link_mask = literals.shift, literals.link_mask
        find = distances.find
        pos = self.pos - base
        ended: bool | None = None
        for _ in range(steps):
            bits = windows[pos >> 3] >> (pos & 7)
            entry = root[bits & mask]
            if entry < 0:
                entry = links[~entry][(bits >> shift) & link_mask]
            symbol = entry >> 4
            if symbol < _END_OF_BLOCK:
                pos += entry & 15
                append(symbol)
                continue
            if symbol == _END_OF_BLOCK:
                self.pos = base + pos + (entry & 15)
                return True
            if symbol > _MAX_LENGTH_SYMBOL:
                ended = False
                break
            length, extra = _LENGTHS[symbol - 257]
            after = pos + (entry & 15) + extra
            if extra:
                length += (bits >> (entry & 15)) & ((1 << extra) - 1)
            entry = find(windows[after >> 3] >> (after & 7))
            if entry >> 4 > _MAX_DISTANCE_SYMBOL:
                ended = False
                break
            after += entry & 15
            distance, extra = _DISTANCES[entry >> 4]
            if extra:
                distance += (windows[after >> 3] >> (after & 7)) & ((1 << extra) - 1)
                after += extra
            start = len(out) - distance
            if start < 0 or distance > WINDOW_SIZE:
                ended = False
                break
            chunk = out[start : start + length]
            out += chunk if distance >= length else (chunk * (length // distance + 1))[:length]
            pos = after
        # A fault leaves the loop before its symbol is consumed: the slow path meets it again.
        self.pos = base + pos
        return ended


@cache
def _fixed_alphabets() -> tuple[_Alphabet, _Alphabet]:
    literals = [8] * 144 + [9] * 112 + [7] * 24 + [8] * 8
    return _Alphabet(build_code(bytes(literals)), 7), _Alphabet(build_code(bytes([5] * 32)), 5)
