"""Where jumps may lead: to a JUMPDEST that is not in the data of a PUSH.

To find all of them takes long for code that is full of them, and a contract may run many such codes once
each. So a position is looked at when somebody jumps there, from a place shortly before it where an
instruction begins.
"""

from __future__ import annotations

import re
from bisect import bisect_right

__all__ = ["JumpDestinations"]

_JUMPDEST = 0x5B
_STRIDE = 1024
"""Bytes between the places that are remembered, at most."""

# Whole instructions, as many as there are: a PUSH with all its data, or anything else.
_WHOLE = re.compile(
    b"(?:[^\\x60-\\x7f]|"
    + b"|".join(re.escape(bytes([0x5F + size])) + b".{%d}" % size for size in range(1, 33))
    + b")*+",
    re.DOTALL,
)


class JumpDestinations:
    """Of some code. ``known`` are those that were found so far."""

    __slots__ = ("_code", "_starts", "known")

    def __init__(self, code: bytes) -> None:
        self._code = code
        self._starts = [0]
        self.known: set[int] = set()

    def __contains__(self, position: int) -> bool:
        if position in self.known:
            return True
        code = self._code
        if position >= len(code) or code[position] != _JUMPDEST or not self._begins_at(position):
            return False
        self.known.add(position)
        return True

    def _begins_at(self, position: int) -> bool:
        """Whether an instruction does."""
        starts = self._starts
        if starts[-1] + _STRIDE <= position:
            starts = list(starts)  # another thread may be here, too
            while starts[-1] + _STRIDE <= position:
                end = self._end(starts[-1], min(starts[-1] + _STRIDE, len(self._code)))
                if end == starts[-1]:  # the data of a PUSH that the end of the code cuts off
                    return False
                starts.append(end)
            self._starts = starts
        start = starts[bisect_right(starts, position) - 1]
        return self._end(start, position) == position

    def _end(self, start: int, limit: int) -> int:
        """Where the last whole instruction ends that ends up to ``limit``."""
        found = _WHOLE.match(self._code, start, limit)
        return start if found is None else found.end()
