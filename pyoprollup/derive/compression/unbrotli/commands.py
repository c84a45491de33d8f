"""Decodes the data of a compressed metablock: commands, literals, distances.

The decoder is a machine of four steps that mirrors where the reference may stop for input or for a full
ring. Away from both it runs through whole commands in one go (``quick``), and the steps see the rest.

Specification: RFC 7932, sections 4, 5, 6 and 10.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pyoprollup.derive.compression.prefix_code import PrefixCode
from pyoprollup.derive.compression.unbrotli.bits import BitReader, FaultError
from pyoprollup.derive.compression.unbrotli.dictionary import dictionary_word
from pyoprollup.derive.compression.unbrotli.header import BlockTypes, Metablock
from pyoprollup.derive.compression.unbrotli.quick import QuickDecoder, Step
from pyoprollup.derive.compression.unbrotli.sink import Sink
from pyoprollup.derive.compression.unbrotli.tables import BLOCK_LENGTHS, COMMANDS, distance_ranges

__all__ = ["CommandDecoder"]

_MAX_DISTANCE = 0x7FFFFFFC


class CommandDecoder(QuickDecoder):
    """Decodes metablock after metablock; the last distances live on from one to the next.

    ``ring_full`` is called when the data has reached ``sink.boundary``.
    """

    __slots__ = ("_distance", "_ring_full")

    def __init__(self, reader: BitReader, sink: Sink, ring_full: Callable[[], None]) -> None:
        super().__init__(reader, sink)
        self._ring_full = ring_full
        self._distance = 0

    def run(self, block: Metablock) -> Iterator[None]:
        """Decode one metablock; yields when it needs more input."""
        self._begin(block)
        take = {
            Step.COMMAND: self._command,
            Step.LITERALS: self._literals,
            Step.DISTANCE: self._read_distance,
            Step.COPY: self._copy_back,
        }
        step = Step.COMMAND
        while step is not Step.DONE:
            following = take[step]()
            if following is Step.WAIT:
                yield
            else:
                step = following

    # Block types

    def _switch(self, types: BlockTypes) -> bool:
        """Read the next block type and its length; false if the input does not suffice."""
        reader = self._reader
        if types.type_code is None or types.length_code is None:
            # The reference goes round in circles here.
            raise FaultError("more elements than a single block type can have")
        start = reader.pos, reader.pulled
        symbol = reader.try_symbol(types.type_code)
        if symbol < 0:
            return False
        length = reader.try_symbol(types.length_code)
        if length >= 0:
            base, extra = BLOCK_LENGTHS[length]
            rest = reader.try_bits(extra)
            if rest >= 0:
                types.switch(symbol, base + rest)
                return True
        reader.pos, reader.pulled = start
        return False

    # Steps

    def _command(self) -> Step:
        reader, types = self._reader, self._block.commands
        if types.left == 0:
            if not self._switch(types):
                return Step.WAIT
            self._command_code = self._block.command_codes[types.current]
            return Step.COMMAND
        if following := self._run():
            return following
        start = reader.pos, reader.pulled
        symbol = reader.try_symbol(self._command_code)
        if symbol < 0:
            return Step.WAIT
        insert, insert_extra, copy, copy_extra, self._again, context = COMMANDS[symbol]
        more = reader.try_bits(insert_extra)
        rest = reader.try_bits(copy_extra) if more >= 0 else -1
        if rest < 0:
            reader.pos, reader.pulled = start
            return Step.WAIT
        types.left -= 1
        self._insert, self._copy, self._distance_context = insert + more, copy + rest, context
        if not self._insert:
            return Step.DISTANCE
        self._sink.remaining -= self._insert
        return Step.LITERALS

    def _literals(self) -> Step:
        reader, sink, types = self._reader, self._sink, self._block.literals
        out = sink.out
        while self._insert:
            if types.left == 0:
                if not self._switch(types):
                    return Step.WAIT
                self._use_literal_type()
                return Step.LITERALS
            if self._literals_at_once():
                continue
            literal = reader.try_symbol(self._literal_code())
            if literal < 0:
                return Step.WAIT
            out.append(literal)
            types.left -= 1
            self._insert -= 1
            if len(out) == sink.boundary:
                return self._after_full_ring(Step.LITERALS if self._insert else Step.DISTANCE)
        return Step.DONE if sink.remaining <= 0 else Step.DISTANCE

    def _after_full_ring(self, following: Step) -> Step:
        self._ring_full()
        sink = self._sink
        if following is not Step.LITERALS and following is not Step.COPY and sink.remaining == 0:
            return Step.DONE
        return following

    def _literal_code(self) -> PrefixCode:
        if self._one_code:
            return self._literal_codes[0]
        out = self._sink.out
        last, before = self._tables
        last_byte = out[-1] if out else 0
        byte_before = out[-2] if len(out) > 1 else 0
        return self._literal_codes[last[last_byte] | before[byte_before]]

    def _read_distance(self) -> Step:
        """Find the distance of the copy, then make the copy or insert a word."""
        sink = self._sink
        if self._again:
            self._distance_context = 1
            self._at -= 1
            self._distance = self._last[self._at & 3]
        else:
            types = self._block.distances
            if types.left == 0 and types.count > 1 and not self._switch(types):
                return Step.WAIT
            if not self._distance_symbol():
                return Step.WAIT
            types.left -= 1
        oldest = min(len(sink.out), self._max_distance)
        if self._distance <= oldest:
            self._last[self._at & 3] = self._distance
            self._at += 1
            sink.remaining -= self._copy
            return Step.COPY
        if self._distance > _MAX_DISTANCE:
            raise FaultError("distance is not positive")
        word = dictionary_word(self._copy, self._distance - oldest - 1)
        self._at += self._distance_context
        sink.out += word
        sink.remaining -= len(word)
        if len(sink.out) >= sink.boundary:
            return self._after_full_ring(Step.COMMAND)
        return Step.DONE if sink.remaining <= 0 else Step.COMMAND

    def _distance_symbol(self) -> bool:
        reader, block = self._reader, self._block
        context = 4 * block.distances.current + self._distance_context
        code = block.distance_codes[block.distance_map[context]]
        start = reader.pos, reader.pulled
        symbol = reader.try_symbol(code)
        if symbol < 0:
            return False
        if symbol < 16:
            self._distance = self._short_distance(symbol)
            self._distance_context = 1 if symbol == 0 else 0
            self._at -= self._distance_context
            return True
        base, extra = distance_ranges(block.postfix_bits, block.direct_codes)[symbol - 16]
        rest = reader.try_bits(extra)
        if rest < 0:
            reader.pos, reader.pulled = start
            return False
        self._distance_context = 0
        self._distance = base + (rest << block.postfix_bits)
        return True

    def _copy_back(self) -> Step:
        sink = self._sink
        count = min(self._copy, sink.boundary - len(sink.out))
        if count:
            sink.copy(self._distance, count)
            self._copy -= count
            if len(sink.out) == sink.boundary:
                return self._after_full_ring(Step.COPY)
        return Step.DONE if sink.remaining <= 0 else Step.COMMAND
