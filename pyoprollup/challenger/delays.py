"""Holds back answers until their time has come, without waiting for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyoprollup.challenger.agent import Delays, HeldBack
from pyoprollup.challenger.game.actions import Action, ChallengeL2BlockNumber, Move
from pyoprollup.events import NEVER

__all__ = ["HeldAnswers"]


class HeldAnswers(Delays):
    """The answers of one game that wait. ``now`` gives seconds.

    An answer waits from when it was first to be given. After a restart it waits anew.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._since: dict[Any, float] = {}
        self.next_due = NEVER
        """When the next one may be given, of those that were held back since :meth:`begin`."""

    def begin(self) -> None:
        """A new look at the game begins."""
        self.next_due = NEVER

    def hold(self, action: Action, seconds: int) -> None:
        now = self._now()
        until = self._since.setdefault(_key(action), now) + seconds
        if now < until:
            self.next_due = min(self.next_due, until)
            raise HeldBack(f"until {until}")


def _key(action: Action) -> Any:
    match action:
        case ChallengeL2BlockNumber():
            return "challenge"
        case Move(parent, is_attack, value):
            return parent.key, is_attack, value
        case _:
            return action.parent.key
