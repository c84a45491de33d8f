"""What can go wrong in the rules of a game."""

from __future__ import annotations

from pyoprollup.errors import RollupError

__all__ = ["ClaimNotFound", "GameError", "PositionError"]


class GameError(RollupError):
    """The root of the errors about a game's rules and its tree of claims."""


class PositionError(GameError, ValueError):
    """There is no such position, or it is not one of this game's."""


class ClaimNotFound(GameError):
    """A claim names another that is not in the game."""
