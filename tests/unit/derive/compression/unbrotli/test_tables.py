"""Samples from the tables of RFC 7932."""

from __future__ import annotations

from pyoprollup.derive.compression.unbrotli.tables import (
    BLOCK_LENGTHS,
    COMMANDS,
    CONTEXT_TABLES,
    distance_ranges,
)


def test_block_lengths() -> None:
    assert BLOCK_LENGTHS[0] == (1, 2)
    assert BLOCK_LENGTHS[13] == (145, 5)
    assert BLOCK_LENGTHS[25] == (16625, 24)


def test_commands() -> None:
    assert COMMANDS[0] == (0, 0, 2, 0, True, 0)
    assert COMMANDS[127] == (8, 1, 54, 4, True, 3)
    assert COMMANDS[128] == (0, 0, 2, 0, False, 0)
    assert COMMANDS[703] == (22594, 24, 2118, 24, False, 3)
    assert COMMANDS[448] == (130, 6, 2, 0, False, 0)
    assert COMMANDS[384] == (0, 0, 70, 5, False, 3)


def test_distances() -> None:
    assert distance_ranges(0, 0)[:4] == ((1, 1), (3, 1), (5, 2), (9, 2))
    assert len(distance_ranges(3, 15 << 3)) == 120 + 48 * 8
    assert distance_ranges(0, 2)[:4] == ((1, 0), (2, 0), (3, 1), (5, 1))
    assert distance_ranges(1, 0)[:4] == ((1, 1), (2, 1), (5, 1), (6, 1))


def test_contexts() -> None:
    def context(mode: int, last: str, before: str) -> int:
        return CONTEXT_TABLES[mode][0][ord(last)] | CONTEXT_TABLES[mode][1][ord(before)]

    assert context(0, "\xff", "a") == 63
    assert context(1, "\xff", "a") == 63
    assert context(2, "e", "h") == 56 + 3
    assert context(2, "9", " ") == 44
    assert context(2, "\xe1", "A") == 3 | 2
    assert context(3, "\x7f", "\x0f") == 3 << 3 | 1
