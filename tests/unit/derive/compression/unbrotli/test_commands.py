from __future__ import annotations

import brotli
import pytest

from pyoprollup.derive.compression.stream_end import StreamEnd
from pyoprollup.derive.compression.unbrotli import FIRST_PORTION, unbrotli
from pyoprollup.derive.compression.unbrotli.tables import COMMANDS
from tests.bit_writer import BrotliWriter
from tests.unit.derive.compression.unbrotli.support import library_output

COPY_2118 = next(i for i, c in enumerate(COMMANDS) if c[0] == 0 and c[2] == 2118)
"""No literals, copy of 2118 bytes or more, with 24 extra bits."""
TOO_FAR = 63
"""A distance symbol with 24 extra bits, beyond everything that a window of 22 bits can reach."""


def one_command(command: int, distance: int, extra: list[tuple[int, int]], length: int) -> bytes:
    """16 zeros, then a metablock with this command. The only literal is ``x``."""
    writer = BrotliWriter()
    writer.uncompressed(bytes(16))
    writer.compressed(length)
    writer.simple_code(256, [ord("x")])
    writer.simple_code(704, [command])
    writer.simple_code(64, [distance])
    for field in extra:
        writer.put(*field)
    return writer.finish()


def command(insert: int, copy: int, *, again: bool = False) -> int:
    return next(i for i, c in enumerate(COMMANDS) if (c[0], c[2], c[4]) == (insert, copy, again))


@pytest.mark.parametrize(
    ("symbol", "distance", "extra", "length", "result"),
    [
        (command(0, 2), 0, [], 2, b"\0\0"),
        (command(1, 2), 16, [(1, 0)], 3, b"xxx"),
        (command(2, 4), 16, [(1, 0)], 6, b"xxxxxx"),
        (command(1, 2, again=True), 0, [], 3, b"x\0\0"),
        (command(0, 5), 17, [(1, 0)], 5, b"\0\0\0\0\0"),
        (command(0, 4), 19, [(2, 2)], 4, b"\0\0\0\0"),
        (command(0, 4), 20, [(3, 4)], 4, b"time"),
        (command(0, 4), 20, [(3, 5)], 4, b"down"),
    ],
)
def test_single_commands(
    symbol: int, distance: int, extra: list[tuple[int, int]], length: int, result: bytes
) -> None:
    stream = one_command(symbol, distance, extra, length)
    assert unbrotli(stream).out == bytes(16) + result
    assert brotli.decompress(stream) == bytes(16) + result


@pytest.mark.parametrize(
    ("symbol", "distance", "extra", "detail"),
    [
        (command(0, 2), TOO_FAR, [(24, 0)], "no dictionary words of this length"),
        (command(0, 4), TOO_FAR, [(24, 0)], "no such transform"),
        (command(0, 4), 49, [(17, 0)], "no such transform"),
        (command(0, 9), 0, [], "metablock is longer than it says"),
        (command(5, 2), 0, [], "metablock is longer than it says"),
    ],
)
def test_faults(symbol: int, distance: int, extra: list[tuple[int, int]], detail: str) -> None:
    stream = one_command(symbol, distance, extra, 4)
    result = unbrotli(stream)
    assert result.end is StreamEnd.CORRUPT
    assert result.detail.startswith(detail)
    assert result.out == b"", "all in the same portion"
    with pytest.raises(brotli.error):
        brotli.decompress(stream)


def test_distance_of_zero() -> None:
    """Four times the last distance (4) less three is 1; a fifth time it is not positive."""
    writer = BrotliWriter()
    writer.uncompressed(bytes(16))
    writer.compressed(100)
    writer.simple_code(256, [0])
    writer.simple_code(704, [command(0, 2)])
    writer.simple_code(64, [8])
    writer.align()
    assert unbrotli(writer.getvalue()).end is StreamEnd.CORRUPT


def straddling(padding: int, commands_in_use: list[int]) -> bytes:
    """Twelve copies around the end of the first portion, of 26 bits each, or 25 if there is only one
    command in use; then a fault."""
    writer = BrotliWriter()
    writer.uncompressed(b"abcdefghijklmnop")
    writer.metadata(bytes(4000 + padding))
    writer.compressed(12 * 2118 + 100)
    writer.simple_code(256, [0])
    commands = writer.simple_code(704, commands_in_use)
    distances = writer.simple_code(64, [0, TOO_FAR])
    for _ in range(12):
        writer.put(*commands[COPY_2118])
        writer.put(24, 0)
        writer.put(*distances[0])
    last = commands_in_use[-1]
    writer.put(*commands[last])
    writer.put(24 if last == COPY_2118 else 0, 0)
    writer.put(*distances[TOO_FAR])
    writer.put(24, 0)
    writer.align()
    return writer.getvalue()


@pytest.mark.parametrize(
    ("commands_in_use", "expected"),
    [
        ([COPY_2118, command(0, 2)], "00000000100000000000010000"),
        ([COPY_2118], "00000001001000000000000000"),
    ],
    ids=["two", "one"],
)
def test_a_command_that_straddles_two_portions(commands_in_use: list[int], expected: str) -> None:
    """It is finished byte by byte, and what it yields is passed on even if a fault follows.

    That is so if bytes of it were set aside, which depends on how far the reference has read.
    """
    passed_on = ""
    for padding in range(32, 58):
        stream = straddling(padding, commands_in_use)
        before = len(library_output([stream[:FIRST_PORTION]])[0])
        result = unbrotli(stream)
        assert result.end is StreamEnd.CORRUPT
        passed_on += str((len(result.out) - before) // 2118)
    assert passed_on == expected, "as measured with the reference"
