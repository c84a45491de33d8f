"""The size that FastLZ (level 1) would compress data to: the estimate behind the data fee since Fjord.

Specification: protocol/fjord/exec-engine.md, FastLZ Implementation. Only the size is needed, so nothing is
written; but every decision of the compressor is taken as the C code takes it, its hash table of 8192
positions included, since the size is money.

Twin: tests.unit.evm.plain_fastlz; held equal by tests/unit/evm/test_fastlz.py.
"""

from __future__ import annotations

from functools import lru_cache

__all__ = ["fastlz_size"]

_HASH_FACTOR = 2654435769
_MAX_DISTANCE = 0x1FFF
_MARGIN = 13
"""No match begins within this many bytes of the end."""
_MAX_MATCH = 262


@lru_cache(maxsize=8)
def fastlz_size(data: bytes) -> int:
    """Compressed size of ``data`` in bytes. Time is linear in the input.

    The last few are remembered: the data fee of a transaction and its DA footprint ask for the same.
    """
    total = len(data)
    limit = max(total - _MARGIN, 0)
    table: dict[int, int] = {}  # hash of three bytes -> newest position; an absent one counts as 0
    size = anchor = 0
    pos = 2
    while pos < limit:
        earlier = 0
        while pos < limit:
            word = data[pos] | data[pos + 1] << 8 | data[pos + 2] << 16
            key = (_HASH_FACTOR * word & 0xFFFFFFFF) >> 19
            earlier = table.get(key, 0)
            table[key] = pos
            if pos - earlier <= _MAX_DISTANCE and data[earlier : earlier + 3] == data[pos : pos + 3]:
                break
            pos += 1
        if pos + 1 >= limit:  # also when the very last position has a match: the original gives up there
            break
        if pos > anchor:
            size += _literals(pos - anchor)
        length = _match_length(data, earlier + 3, pos + 3, limit + 9)
        size += _match(length)
        pos += length
        for after in (pos, pos + 1):
            word = data[after] | data[after + 1] << 8 | data[after + 2] << 16
            table[(_HASH_FACTOR * word & 0xFFFFFFFF) >> 19] = after
        anchor = pos = pos + 2
    return size + _literals(total - anchor)


def _literals(count: int) -> int:
    """Bytes for a run of literals: one control byte for each 32."""
    runs, rest = divmod(count, 32)
    return 33 * runs + (rest + 1 if rest else 0)


def _match(length: int) -> int:
    """Bytes for a match, whose ``length`` counts from its third byte."""
    runs, rest = divmod(length - 1, _MAX_MATCH)
    return 3 * runs + (3 if rest >= 6 else 2)


def _match_length(data: bytes, earlier: int, pos: int, end: int) -> int:
    """Bytes compared from both positions until they differ (the differing one included) or ``end``."""
    count = end - pos
    step = 64
    done = 0
    while done < count:
        width = min(step, count - done)
        if data[earlier + done : earlier + done + width] == data[pos + done : pos + done + width]:
            done += width
            continue
        while data[earlier + done] == data[pos + done]:
            done += 1
        return done + 1
    return count
