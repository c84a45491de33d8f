"""Chess clocks: how long each side of a game has thought.

Every claim carries a clock: the time that its side had used up when it was made (``duration``), and when that
was (``timestamp``). The side that would answer it thinks from then on, and has already used what stands on
the clock of the claim's parent, which is a claim of its own side.

Specification: fault-proof/stage-one/fault-dispute-game.md, "Clocks", "Clock Extension", "Game Clock".
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.errors import DecodeError
from pyoprollup.eth.types import U64_MAX

__all__ = ["Clock", "chess_clock", "clock_extension", "next_duration"]


@dataclass(frozen=True, slots=True)
class Clock:
    """A claim's clock, both numbers in seconds: used up when it was made, and when that was (since 1970)."""

    duration: int
    timestamp: int

    @classmethod
    def unpack(cls, packed: int) -> Clock:
        """From the contract's ``uint128``: the duration in the upper 64 bits, the timestamp in the lower.

        Raises :class:`DecodeError` if it is wider.
        """
        if not 0 <= packed < 1 << 128:
            raise DecodeError(f"clock: {packed:#x} is not of 128 bits")
        return cls(packed >> 64, packed & U64_MAX)

    def pack(self) -> int:
        """The contract's ``uint128``, as :meth:`unpack` reads it."""
        return self.duration << 64 | self.timestamp


def chess_clock(now: int, claim: Clock, parent: Clock | None) -> int:
    """Seconds on the clock of the side that would answer a claim; ``parent`` is ``None`` for the root claim.

    Negative where ``now`` is before the claim.
    """
    return (0 if parent is None else parent.duration) + now - claim.timestamp


def clock_extension(
    depth: int, *, split_depth: int, max_depth: int, extension: int, challenge_period: int
) -> int:
    """Seconds that the side which is to answer a new claim at ``depth`` has left at least.

    That claim's answer opens the lower game, or takes a step, for which more is to be computed: at
    ``split_depth - 1`` it is twice the ``extension``, at ``max_depth - 1`` there must be time for a large
    pre-image, that is the oracle's ``challenge_period`` besides.
    """
    if depth == max_depth - 1:
        return extension + challenge_period
    if depth == split_depth - 1:
        return extension * 2
    return extension


def next_duration(used: int, max_duration: int, extension: int) -> int:
    """What stands on a new claim's clock: ``used`` seconds, less if its side would be left with too little.

    ``used`` is the side's :func:`chess_clock` and below ``max_duration``; ``extension`` comes from
    :func:`clock_extension`.
    """
    return min(used, max_duration - extension)
