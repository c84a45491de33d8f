"""Virtual time, which only moves when it is advanced."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["VirtualClock"]


class VirtualClock:
    """Call it for the time, in Unix seconds.

    ``pace`` is called with each time before it comes: whoever wants time to pass waits there.
    """

    def __init__(self, time: float, pace: Callable[[float], None] = lambda _time: None) -> None:
        self.time = time
        self._pace = pace

    def __call__(self) -> float:
        return self.time

    def advance(self, time: float) -> None:
        """Go on to a time; never back."""
        self._pace(time)
        self.time = max(self.time, time)
