"""News: what happened, for people and machines that watch. Nobody decides by it.

Every component that has something to say takes a ``tell`` beside its other parts. What it tells is a
:class:`Happening`; logs, metrics, traces and the devnet's report are made from these (see
:mod:`pyoprollup.telemetry`). An error that a component deals with by itself is told with its text, so that
it is never lost to a counter. The core has no logger and no clock of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

__all__ = ["Happening", "Level", "News", "Tell", "no_news"]


class Level(IntEnum):
    """How much attention something deserves; the numbers are those of Python's logging."""

    TRACE = 5
    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened: ``source`` says ``event``.

    ``event`` is a name in lower case with hyphens, stable enough for a metric's label. ``details`` are
    values as the component has them; ``targets`` are components that took note, where that is known.
    ``node`` and ``time`` (seconds) are filled in on the way by whoever knows them.
    """

    source: str
    event: str
    details: Mapping[str, Any] = field(default_factory=dict)
    level: Level = Level.INFO
    targets: tuple[str, ...] = ()
    node: str = ""
    time: float = 0.0


Tell = Callable[[Happening], None]
"""Takes a happening. Must not raise, and must not call back into the component that tells."""


def no_news(_happening: Happening) -> None:
    """The ``tell`` of a component that nobody watches."""


class News:
    """A component's voice: ``news("block-rejected", error=error)``."""

    __slots__ = ("_source", "_tell")

    def __init__(self, source: str, tell: Tell = no_news) -> None:
        self._source = source
        self._tell = tell

    def __call__(self, event: str, level: Level = Level.INFO, **details: Any) -> None:
        if self._tell is not no_news:
            self._tell(Happening(self._source, event, details, level))

    def failed(self, event: str, error: Exception, **details: Any) -> None:
        """Something went wrong and will be tried again, or was refused: a warning with the error's text."""
        self(event, Level.WARNING, error=error, **details)
