"""Decodes many commands, or many literals of one, where nothing special can happen.

That is: within one block type, the ring and the metablock, and well before the end of the input. Symbols
without bits are plain at the end of the input too.

Twin: pyoprollup.derive.compression.unbrotli.commands; held equal by
tests/unit/derive/compression/unbrotli/test_quick.py.
"""

from __future__ import annotations

from enum import Enum, auto

from pyoprollup.derive.compression.prefix_code import PrefixCode
from pyoprollup.derive.compression.unbrotli.bits import BitReader
from pyoprollup.derive.compression.unbrotli.header import Metablock
from pyoprollup.derive.compression.unbrotli.sink import Sink
from pyoprollup.derive.compression.unbrotli.tables import (
    COMMANDS,
    CONTEXT_TABLES,
    SHORT_DISTANCES,
    distance_ranges,
)

__all__ = ["QuickDecoder", "Step"]

_MARGIN = 64
"""Bytes before the end of the input where this ends. No command without literals takes half of it."""

_MAX_CODE = 15
_TOO_FAR = 0x7FFFFFFF


class Step(Enum):
    """What a decoder of commands does next."""

    COMMAND = auto()
    LITERALS = auto()
    DISTANCE = auto()
    COPY = auto()
    DONE = auto()
    WAIT = auto()
    """For input; the same step is then taken again."""


class QuickDecoder:
    """State of the decoding of a metablock, and the loops for its plain parts."""

    __slots__ = (
        "_again", "_at", "_block", "_command_code", "_copy", "_distance_context", "_free", "_insert",
        "_last", "_literal_codes", "_max_distance", "_one_code", "_reader", "_sink", "_tables",
    )  # fmt: skip

    def __init__(self, reader: BitReader, sink: Sink) -> None:
        self._reader = reader
        self._sink = sink
        self._max_distance = sink.window - 16
        # The last distances; they live on from one metablock to the next.
        self._last = [16, 15, 11, 4]
        self._at = 0
        # The command under way
        self._insert = self._copy = self._distance_context = 0
        self._again = False

    def _begin(self, block: Metablock) -> None:
        self._block = block
        self._command_code = block.command_codes[0]
        self._use_literal_type()

    def _use_literal_type(self) -> None:
        block = self._block
        current = block.literals.current
        codes = block.literal_map[64 * current : 64 * current + 64]
        self._literal_codes = [block.literal_codes[code] for code in codes]
        self._one_code = len(set(codes)) == 1
        self._tables = CONTEXT_TABLES[block.context_modes[current]]
        self._free = all(code.mask == 0 for code in self._literal_codes)

    def _short_distance(self, symbol: int) -> int:
        which, more = SHORT_DISTANCES[symbol]
        distance = self._last[(self._at - which) & 3] + more
        return distance if distance > 0 else _TOO_FAR

    def _run(self) -> Step | None:
        """Decode whole commands. ``None``: not even one; else the step at which to go on."""
        reader, sink, block = self._reader, self._sink, self._block
        code = self._command_code
        root, mask, links, shift = code.root, code.mask, code.links, code.shift
        windows, base = reader.windows(reader.end)
        start = pos = reader.pos - base
        stop = 8 * (reader.end - _MARGIN) - base
        reserve = 8 * _MARGIN // 2
        if pos + reserve > stop:
            if mask:
                return None
            stop, reserve = start, 0
        left, literals, out = block.commands.left, block.literals, sink.out
        following = None
        while pos <= stop and left:
            bits = windows[pos >> 3] >> (pos & 7)
            entry = root[bits & mask]
            if entry < 0:
                entry = links[~entry][(bits >> shift) & code.link_mask]
            insert, extra, copy, copy_extra, again, context = COMMANDS[entry >> 4]
            after = pos + (entry & 15)
            if extra:
                insert += (windows[after >> 3] >> (after & 7)) & ((1 << extra) - 1)
                after += extra
            if copy_extra:
                copy += (windows[after >> 3] >> (after & 7)) & ((1 << copy_extra) - 1)
                after += copy_extra
            size = insert + copy
            if (
                size >= sink.remaining
                or insert > literals.left
                or len(out) + size >= sink.boundary
                or after + (0 if self._free else _MAX_CODE * insert) > stop
            ):
                break
            pos = after
            left -= 1
            following = Step.COMMAND
            if insert:
                pos = self._run_literals(windows, pos, stop, insert)
                literals.left -= insert
                sink.remaining -= insert
            self._again, self._copy, self._distance_context = again, copy, context
            after = self._run_copy(windows, pos, stop + reserve)
            if after < 0:
                following = Step.DISTANCE
                break
            pos = after
        block.commands.left = left
        if following:
            if not reserve:
                reader.pull(_MAX_CODE)
            reader.move_to(base + pos)
        return following

    def _run_copy(self, windows: list[int], pos: int, stop: int) -> int:
        """Read a distance, up to bit ``stop``, and copy from there. Returns the new position; or -1, and
        nothing is done, if that is not all there is to it."""
        block, out = self._block, self._sink.out
        symbol = 0
        if not self._again:
            types = block.distances
            if types.left <= 0:
                return -1
            code = block.distance_codes[block.distance_map[4 * types.current + self._distance_context]]
            bits = windows[pos >> 3] >> (pos & 7)
            entry = code.root[bits & code.mask]
            if entry < 0:
                entry = code.links[~entry][(bits >> code.shift) & code.link_mask]
            symbol = entry >> 4
            pos += entry & 15
        if symbol < 16:
            distance = self._short_distance(symbol)
        else:
            distance, extra = distance_ranges(block.postfix_bits, block.direct_codes)[symbol - 16]
            rest = (windows[pos >> 3] >> (pos & 7)) & ((1 << extra) - 1)
            distance += rest << block.postfix_bits
            pos += extra
        if pos > stop or distance > len(out) or distance > self._max_distance:
            return -1
        if symbol:
            self._last[self._at & 3] = distance
            self._at += 1
        if not self._again:
            block.distances.left -= 1
        count = self._copy
        start = len(out) - distance
        if count <= distance:
            out += out[start : start + count]
        else:
            self._sink.copy(distance, count)
        self._sink.remaining -= count
        return pos

    def _literals_at_once(self) -> bool:
        """Decode literals up to where the input, the block type or the ring may end; false if none."""
        reader, sink, types = self._reader, self._sink, self._block.literals
        count = min(self._insert, types.left, sink.boundary - len(sink.out) - 1)
        ample = reader.pos >> 3 < reader.end - 2 * _MARGIN
        if count < 4 or not (ample or self._free):
            return False
        windows, base = reader.windows(reader.end)
        before = len(sink.out)
        stop = 8 * (reader.end - _MARGIN) - base
        reader.pull(_MAX_CODE)
        reader.move_to(base + self._run_literals(windows, reader.pos - base, stop, count))
        done = len(sink.out) - before
        types.left -= done
        self._insert -= done
        return True

    def _run_literals(self, windows: list[int], pos: int, stop: int, count: int) -> int:
        """Decode up to ``count`` literals, while they surely end before bit ``stop``; the new position."""
        if self._one_code:
            return self._run_plain_literals(windows, pos, stop, count)
        out = self._sink.out
        append = out.append
        codes = self._literal_codes
        last_table, before_table = self._tables
        last = out[-1] if out else 0
        before = out[-2] if len(out) > 1 else 0
        steps = count if self._free else min(count, max(stop - pos, 0) // _MAX_CODE)
        for _ in range(steps):
            code = codes[last_table[last] | before_table[before]]
            bits = windows[pos >> 3] >> (pos & 7)
            entry = code.root[bits & code.mask]
            if entry < 0:
                entry = code.links[~entry][(bits >> code.shift) & code.link_mask]
            pos += entry & 15
            before = last
            last = entry >> 4
            append(last)
        return pos

    def _run_plain_literals(self, windows: list[int], pos: int, stop: int, count: int) -> int:
        """The same where the literals before do not matter."""
        code: PrefixCode = self._literal_codes[0]
        out = self._sink.out
        if self._free:
            out += bytes((code.root[0] >> 4,)) * count
            return pos
        append = out.append
        root, mask, links = code.root, code.mask, code.links
        shift, link_mask = code.shift, code.link_mask
        for _ in range(min(count, (stop - pos) // _MAX_CODE)):
            bits = windows[pos >> 3] >> (pos & 7)
            entry = root[bits & mask]
            if entry < 0:
                entry = links[~entry][(bits >> shift) & link_mask]
            pos += entry & 15
            append(entry >> 4)
        return pos
