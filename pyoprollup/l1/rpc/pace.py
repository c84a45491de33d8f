"""How many calls go to an endpoint: in a second, and in one request."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["BatchSize", "Pace"]

_GROW_AFTER = 100
"""Requests of the smaller size that work before a larger one is tried."""


class Pace:
    """Spreads calls so that there are no more than ``rate`` a second (0: no limit).

    What was not used in the last second may be used at once.
    """

    def __init__(self, rate: float, clock: Callable[[], float], sleep: Callable[[float], object]) -> None:
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = clock() - 1.0

    def take(self, calls: int) -> None:
        """Wait until so many calls may go out."""
        if not self._rate:
            return
        with self._lock:
            now = self._clock()
            self._next = max(self._next, now - 1.0) + calls / self._rate
            wait = self._next - now
        if wait > 0:
            self._sleep(wait)


class BatchSize:
    """How many calls an endpoint takes in one request, as far as is known.

    A size that was refused is not asked for again. A size with which a request only failed (a proxy that says
    502 to what is too large says it to anything on a bad day) is tried again after many that worked.
    """

    def __init__(self, limit: int) -> None:
        self._most = limit
        self._now = limit
        self._worked = 0
        self._lock = threading.Lock()

    @property
    def now(self) -> int:
        """Calls for the next request."""
        return self._now

    def refused(self, size: int) -> None:
        """The endpoint says that so many are too many."""
        with self._lock:
            self._most = max(1, min(self._most, size // 2))
            self._now = min(self._now, self._most)

    def failed(self, size: int) -> None:
        """So many failed, and fewer worked."""
        with self._lock:
            self._now = max(1, min(self._now, size // 2))
            self._worked = 0

    def worked(self) -> None:
        """A request was answered."""
        with self._lock:
            if self._now < self._most:
                self._worked += 1
                if self._worked >= _GROW_AFTER:
                    self._worked = 0
                    self._now = min(2 * self._now, self._most)
