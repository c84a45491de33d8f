"""Waiting at the start: services begin in any order, and one that is asked too early is asked again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from pyoprollup.errors import RollupError, Unavailable
from pyoprollup.events import News, Tell

__all__ = ["StartAbandoned", "Waiting"]

T = TypeVar("T")
_PAUSE, _LOOK = 2.0, 0.1


class StartAbandoned(RollupError):
    """A service was told to stop before it had begun."""


class Waiting:
    """Makes calls until they have an answer, every ``pause`` seconds, and tells what is waited for."""

    def __init__(
        self, tell: Tell, is_unwanted: Callable[[], bool] = lambda: False, pause: float = _PAUSE
    ) -> None:
        self.is_unwanted = is_unwanted
        """Whether nobody wants the service any more."""
        self._news = News("start", tell)
        self._pause = pause

    def until(self, what: str, call: Callable[[], T]) -> T:
        """What the call returns once it does not raise ``Unavailable``.

        Raises :class:`StartAbandoned`, and whatever else the call raises.
        """
        said = ""
        while True:
            try:
                return call()
            except Unavailable as exc:
                if str(exc) != said:
                    said = str(exc)
                    self._news.failed(f"waiting-for-{what}", exc)
            end = time.monotonic() + self._pause
            while time.monotonic() < end:
                if self.is_unwanted():
                    raise StartAbandoned(f"stopped while waiting for {what}: {said}")
                time.sleep(_LOOK)
