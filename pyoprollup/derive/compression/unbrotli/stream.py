"""Feeds a stream to the decoder in the reference's portions and sees what its reader receives.

The reference's decompressor takes 4095 bytes first (what is left in a buffer from which the type byte was
taken), then 32 KiB at a time. A symbol that straddles two portions is finished byte by byte: the
bytes not yet pulled are set aside, and one byte of the new portion at a time is added until they
suffice. Whenever input runs out, also in these small steps, data is passed on to the reader.

Specification: RFC 7932, section 10.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from pyoprollup.derive.compression.stream_end import StreamEnd
from pyoprollup.derive.compression.unbrotli.bits import BitReader, FaultError
from pyoprollup.derive.compression.unbrotli.commands import CommandDecoder
from pyoprollup.derive.compression.unbrotli.header import (
    Extent,
    read_extent,
    read_metablock,
    read_window_bits,
)
from pyoprollup.derive.compression.unbrotli.sink import Sink

__all__ = ["FIRST_PORTION", "PORTION", "Unbrotlied", "unbrotli", "window_size"]

FIRST_PORTION = 4095
PORTION = 1 << 15


@dataclass(frozen=True, slots=True)
class Unbrotlied:
    """The data that an RLP stream can use, and how it ends."""

    out: bytearray
    end: StreamEnd
    detail: str


class _StopError(Exception):
    """The input ends, or the reader has all it will take; never leaves this module."""

    def __init__(self, end: StreamEnd, detail: str) -> None:
        super().__init__(detail)
        self.end = end


def unbrotli(data: bytes, limit: int = 0) -> Unbrotlied:
    """Decode as much as the reference does, up to at least ``limit`` bytes (0: all). Never raises.

    At most one window (16 MiB) more than ``limit`` is held meanwhile, and one byte more returned.
    """
    stream = _Stream(data, limit)
    end, detail = StreamEnd.CLEAN, ""
    try:
        stream.run()
    except _StopError as stop:
        end, detail = stop.end, str(stop)
    except FaultError as fault:
        end, detail = StreamEnd.CORRUPT, f"{fault}, before byte {(stream.reader.pos + 7) >> 3}"
        if stream.finished:
            end = StreamEnd.EXCESS
    usable = stream.usable(end)
    out = stream.sink.out if stream.sink else bytearray()
    if limit and usable > limit:
        usable, end, detail = limit + 1, StreamEnd.CLIPPED, f"more than {limit} bytes"
    del out[usable:]
    return Unbrotlied(out, end, detail)


def window_size(data: bytes) -> int:
    """The window of a stream that has one, in bytes."""
    reader = BitReader(data)
    reader.end = 1
    header = read_window_bits(reader)
    try:
        next(header)
    except StopIteration as result:
        return 1 << int(result.value)
    raise AssertionError("the header has one byte")


class _Stream:
    def __init__(self, data: bytes, limit: int) -> None:
        self._data = data
        self._limit = limit
        self.reader = BitReader(data)
        self.sink: Sink | None = None
        self._portion_end = 0
        self._aside = False
        """The decoder works on bytes set aside and single bytes of the new portion."""
        self.finished = False

    def usable(self, end: StreamEnd) -> int:
        if self.sink is None:
            return 0
        if end in (StreamEnd.CORRUPT, StreamEnd.EXCESS):
            return self.sink.received_on_fault()
        return self.sink.written

    def run(self) -> None:
        for _ in self._decode():
            self._more_input()
        self.finished = True
        sink = self.sink
        if sink is not None and sink.ring:
            while not sink.pass_on():
                self._next_read(sink)
        if (self.reader.pos + 7) >> 3 < self._portion_end:
            raise FaultError("data follows the stream")
        if sink is not None:
            sink.start_read()
        if self._portion_end < len(self._data):
            raise FaultError("data follows the stream")

    # Input

    def _more_input(self) -> None:
        reader, sink = self.reader, self.sink
        if sink is not None and sink.ring:
            sink.pass_on()
        if self._aside:
            if reader.pulled == reader.end:
                self._aside = False
                if reader.end < self._portion_end:
                    reader.end = self._portion_end
                    return
            elif reader.end < self._portion_end:
                reader.end += 1
                return
        else:
            self._aside = reader.pulled < reader.end
        self._next_portion()

    def _next_portion(self) -> None:
        reader, sink = self.reader, self.sink
        if sink is not None:
            sink.drain()
            self._check_limit(sink)
        start = self._portion_end
        if start == len(self._data):
            raise _StopError(StreamEnd.TRUNCATED, f"input ends at byte {start}")
        self._portion_end = min(start + (PORTION if start else FIRST_PORTION), len(self._data))
        if sink is not None:
            sink.start_read()
        reader.end = start + 1 if self._aside else self._portion_end

    def _check_limit(self, sink: Sink) -> None:
        if self._limit and sink.written > self._limit:
            raise _StopError(StreamEnd.CLIPPED, "")

    # Output

    def _next_read(self, sink: Sink) -> None:
        """The read under way returns with its buffer full; the next one goes on from there."""
        if self._aside:
            self._aside = False
            self.reader.end = self._portion_end
        else:
            self.reader.unload()
        sink.start_read()

    def _ring_full(self) -> None:
        sink = self.sink
        assert sink is not None
        if not sink.wraps:
            sink.pass_on()
            return
        while not sink.pass_on():
            self._next_read(sink)
        sink.boundary += sink.window
        self._check_limit(sink)

    # The stream

    def _decode(self) -> Iterator[None]:
        """Decode all metablocks; yields for input."""
        reader = self.reader
        bits = yield from read_window_bits(reader)
        self.sink = sink = Sink(bits, self._limit)
        sink.start_read()
        commands = CommandDecoder(reader, sink, self._ring_full)
        extent = Extent(last=False, length=0)
        while not extent.last:
            extent = yield from read_extent(reader)
            if extent.metadata:
                yield from self._skip(extent.length)
            elif extent.length:
                sink.remaining = extent.length
                sink.plan_ring(extent.length)
                if extent.uncompressed:
                    yield from self._copy_raw(sink)
                else:
                    block = yield from read_metablock(reader)
                    sink.make_ring()
                    yield from commands.run(block)
                if sink.remaining < 0:
                    raise FaultError("metablock is longer than it says")
        reader.align("final")

    def _skip(self, length: int) -> Generator[None, None, None]:
        reader = self.reader
        while True:
            count = min(length, reader.end - (reader.pos >> 3))
            reader.move_to(reader.pos + 8 * count)
            length -= count
            if not length:
                return
            yield

    def _copy_raw(self, sink: Sink) -> Generator[None, None, None]:
        reader = self.reader
        sink.make_ring()
        while True:
            at = reader.pos >> 3
            count = min(reader.end - at, sink.remaining, sink.boundary - len(sink.out))
            sink.out += self._data[at : at + count]
            sink.remaining -= count
            reader.move_to(reader.pos + 8 * count)
            if sink.wraps and len(sink.out) == sink.boundary:
                self._ring_full()
            elif not sink.remaining:
                return
            else:
                yield
