"""How a game stands: in progress, or won by one side."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["GameStatus"]


class GameStatus(IntEnum):
    """The numbers are those of contracts."""

    IN_PROGRESS = 0
    CHALLENGER_WON = 1
    DEFENDER_WON = 2

    def __str__(self) -> str:
        return self.name.replace("_", " ").capitalize()
