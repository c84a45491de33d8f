"""Virtual time, which only moves when it is advanced."""

from __future__ import annotations

__all__ = ["VirtualClock"]


class VirtualClock:
    """Call it for the time, in Unix seconds."""

    def __init__(self, time: float) -> None:
        self.time = time

    def __call__(self) -> float:
        return self.time

    def advance(self, time: float) -> None:
        """Go on to a time; never back."""
        self.time = max(self.time, time)
