"""How much of the news is passed on, changeable while a service runs (``admin_setLogLevel``)."""

from __future__ import annotations

from pyoprollup.errors import DecodeError
from pyoprollup.events import Happening, Level, Tell

__all__ = ["LEVELS", "LeveledTell"]

LEVELS = {
    "trace": Level.TRACE,
    "debug": Level.DEBUG,
    "info": Level.INFO,
    "warn": Level.WARNING,
    "error": Level.ERROR,
    "crit": Level.ERROR,
}
"""The names that op-node's services know."""


class LeveledTell:
    """A ``tell`` that passes on what has at least a level."""

    def __init__(self, tell: Tell, level: Level = Level.INFO) -> None:
        self._tell = tell
        self.level = level

    def __call__(self, happening: Happening) -> None:
        if happening.level >= self.level:
            self._tell(happening)

    def set_level(self, name: str) -> None:
        """Change the level; raises :class:`DecodeError` for a name that there is not."""
        if (level := LEVELS.get(name.lower())) is None:
            raise DecodeError(f"log level {name[:40]!r} is none of {', '.join(LEVELS)}")
        self.level = level
