"""The methods that an operator has: stop the challenger, and let it go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pyoprollup.challenger.challenger import Challenger

__all__ = ["ChallengerAPI"]


class ChallengerAPI:
    """``admin_*`` of a challenger. A challenger that is stopped finishes what it has begun."""

    def __init__(self, challenger: Challenger) -> None:
        self._challenger = challenger

    def start(self) -> None:
        """Look at games from now on; nothing if it does already."""
        self._challenger.paused = False
        self._challenger.wake()

    def stop(self) -> None:
        """Look at no further game."""
        self._challenger.paused = True

    def methods(self) -> Mapping[str, Callable[..., Any]]:
        """By their names in JSON-RPC."""
        return {
            "admin_startChallenger": self.start,
            "admin_stopChallenger": self.stop,
        }
