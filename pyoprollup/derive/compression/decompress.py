"""Decompresses channels, byte for byte like the reference at every truncation and corruption.

The reference decompresses as a stream while it reads batches, so a broken channel still counts up
to its fault: how many bytes come out before the fault is consensus. The C libraries do the work
for every stream that ends cleanly, is clipped at the size limit, or (brotli) just breaks off. For the others
:mod:`~pyoprollup.derive.compression.inflate` and :mod:`~pyoprollup.derive.compression.unbrotli` say what the
reference sees.

Twin: pyoprollup.derive.compression.inflate; held equal by tests/unit/derive/compression/test_decompress.py.

Specification: protocol/derivation.md, Channel format; protocol/fjord/derivation.md, Brotli
channel compression.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import brotli

from pyoprollup.derive.compression.inflate import Inflated, inflate
from pyoprollup.derive.compression.read_sizes import READ_BUFFER, ReadSizes
from pyoprollup.derive.compression.stream_end import DecompressionError, StreamEnd
from pyoprollup.derive.compression.unbrotli import FIRST_PORTION, PORTION, unbrotli, window_size
from pyoprollup.derive.params import CHANNEL_VERSION_BROTLI

__all__ = ["Compression", "Decompressed", "DecompressionError", "StreamEnd", "decompress_channel"]

_ZLIB_METHODS = (8, 15)
_DEFLATE = 8
_PRESET_DICTIONARY = 0x20
_NO_DICTIONARY = b"\0\0\0\1"
"""Checksum of an empty preset dictionary."""

_PLAIN_HEADER = b"\x78\x01"
_INPUT_PIECE = 1 << 16
_OUTPUT_PIECE = 1 << 20


class Compression(StrEnum):
    """How a channel is compressed."""

    ZLIB = "zlib"
    BROTLI = "brotli"


@dataclass(frozen=True, slots=True)
class Decompressed:
    """What comes out of a channel: the bytes that a reader of RLP strings can use, and what follows.

    Where the stream is broken, bytes that the reference's reader loses together with the error are
    left out; the string they belong to is then incomplete here as it is there.
    """

    data: bytes
    end: StreamEnd
    detail: str
    """Explains the end in words; empty if it is clean."""
    algorithm: Compression


def decompress_channel(data: bytes, limit: int, brotli_allowed: bool) -> Decompressed:
    """Decompress the channel ``data`` into at most ``limit`` bytes (0: no limit).

    Brotli is allowed from Fjord on. Raises :class:`DecompressionError` if the channel is empty or its
    type byte or zlib header is not acceptable. All other faults are in the ``end`` of the result.

    Holds no more than twice the limit and a window (16 MiB at most) at any time.
    """
    if not data:
        raise DecompressionError("channel is empty")
    if data[0] & 15 in _ZLIB_METHODS:
        return _decompress_zlib(data, _open_zlib(data), limit)
    if data[0] != CHANNEL_VERSION_BROTLI:
        raise DecompressionError(f"unknown compression type byte {data[0]:#04x}")
    if not brotli_allowed:
        raise DecompressionError("brotli channel before Fjord")
    return _decompress_brotli(data[1:], limit)


class _Output:
    """Collects output up to the limit, and counts the rest."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.total = 0
        self._kept = io.BytesIO()

    def add(self, piece: bytes) -> None:
        room = self.limit - self.total if self.limit else len(piece)
        if room > 0:
            self._kept.write(piece if len(piece) <= room else memoryview(piece)[:room])
        self.total += len(piece)

    @property
    def clipped(self) -> bool:
        return bool(self.limit) and self.total > self.limit

    def result(self, end: StreamEnd, detail: str, algorithm: Compression) -> Decompressed:
        if self.clipped:
            end, detail = StreamEnd.CLIPPED, f"more than {self.limit} bytes"
        return Decompressed(self._kept.getvalue(), end, detail, algorithm)


def _after_fault(
    out: bytearray, usable: int, end: StreamEnd, detail: str, limit: int, algorithm: Compression
) -> Decompressed:
    """The result of one of the two exact decoders."""
    if limit and usable > limit:
        usable = limit
    if usable == limit and limit and end in (StreamEnd.CORRUPT, StreamEnd.EXCESS):
        # A reader at its limit does not look for more, and so does not meet the fault.
        end, detail = StreamEnd.CLIPPED, f"{limit} bytes, then: {detail}"
    return Decompressed(bytes(memoryview(out)[:usable]), end, detail, algorithm)


# zlib


def _open_zlib(data: bytes) -> int:
    """Check the header; returns where the DEFLATE data starts."""
    if len(data) < 2:
        raise DecompressionError("zlib header is cut short")
    method, window = data[0] & 15, data[0] >> 4
    if method != _DEFLATE or window > 7 or (data[0] << 8 | data[1]) % 31:
        raise DecompressionError(f"zlib header {data[:2].hex()} is not valid")
    if not data[1] & _PRESET_DICTIONARY:
        return 2
    if len(data) < 6:
        raise DecompressionError("zlib header is cut short")
    if data[2:6] != _NO_DICTIONARY:
        raise DecompressionError("zlib stream wants a preset dictionary")
    return 6


def _decompress_zlib(data: bytes, start: int, limit: int) -> Decompressed:
    output = _Output(limit)
    try:
        for piece in _zlib_pieces(data, start):
            output.add(piece)
            if output.clipped:
                break
        return output.result(StreamEnd.CLEAN, "", Compression.ZLIB)
    except zlib.error:
        del output
    inflated = inflate(data, start, limit)
    end, detail = inflated.end, inflated.detail
    if end is StreamEnd.CLEAN:
        end, detail = _check_sum(data, inflated)
    usable = len(inflated.out)
    if end in (StreamEnd.TRUNCATED, StreamEnd.CORRUPT):
        usable = _usable(inflated, limit)
    return _after_fault(inflated.out, usable, end, detail, limit, Compression.ZLIB)


def _zlib_pieces(data: bytes, start: int) -> Iterator[bytes]:
    """All data of a stream; raises ``zlib.error`` unless it ends cleanly."""
    decoder = zlib.decompressobj()
    decoder.decompress(_PLAIN_HEADER)
    for at in range(start, len(data), _INPUT_PIECE):
        piece = decoder.decompress(data[at : at + _INPUT_PIECE], _OUTPUT_PIECE)
        while piece:
            yield piece
            piece = decoder.decompress(decoder.unconsumed_tail, _OUTPUT_PIECE)
        if decoder.eof:
            return
    raise zlib.error("cut short")


def _check_sum(data: bytes, inflated: Inflated) -> tuple[StreamEnd, str]:
    stored = data[inflated.position : inflated.position + 4]
    if len(stored) < 4:
        return StreamEnd.TRUNCATED, "checksum is cut short"
    if int.from_bytes(stored, "big") != zlib.adler32(inflated.out):
        return StreamEnd.CORRUPT, "checksum is wrong"
    return StreamEnd.CLEAN, ""


def _usable(inflated: Inflated, limit: int) -> int:
    """How much of the output before a fault is not lost, see ``read_sizes``."""
    sizes = ReadSizes(inflated.out, limit)
    position, total = inflated.flushed, len(inflated.out)
    while position < total:
        direct = sizes.direct(position)
        if direct >= total - position:
            return position
        position += direct or READ_BUFFER
    return total


# Brotli


def _decompress_brotli(data: bytes, limit: int) -> Decompressed:
    output = _Output(limit)
    try:
        end = _run_brotli(data, output)
        detail = "" if end is StreamEnd.CLEAN else f"input ends at byte {len(data)}"
        return output.result(end, detail, Compression.BROTLI)
    except brotli.error:
        del output
    exact = unbrotli(data, limit)
    return _after_fault(exact.out, len(exact.out), exact.end, exact.detail, limit, Compression.BROTLI)


def _run_brotli(data: bytes, output: _Output) -> StreamEnd:
    """Decompress in the reference's portions; raises ``brotli.error`` at a fault.

    The reference decodes ahead of its reader, to the end of the portion or until its window is full.
    A fault there may cost data that is within the limit, so we have to go as far, and no further.
    """
    decoder = brotli.Decompressor()
    enough = 0
    start, stop = 0, FIRST_PORTION
    while start < len(data):
        if decoder.is_finished():
            raise brotli.error("data follows the stream")
        piece = decoder.process(data[start:stop], output_buffer_limit=_OUTPUT_PIECE)
        while piece:
            output.add(piece)
            if output.clipped:
                enough = enough or _next_full_window(data, output.limit)
                if output.total >= enough:
                    return StreamEnd.CLIPPED
            piece = decoder.process(b"", output_buffer_limit=_OUTPUT_PIECE)
        if output.clipped:
            return StreamEnd.CLIPPED
        start, stop = stop, stop + PORTION
    return StreamEnd.CLEAN if decoder.is_finished() else StreamEnd.TRUNCATED


def _next_full_window(data: bytes, limit: int) -> int:
    """The first place behind the limit at which the reference stops decoding to pass data on."""
    window = window_size(data)
    return (limit // window + 1) * window
