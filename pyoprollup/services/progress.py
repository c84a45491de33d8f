"""A line in the log now and then that says how far a node is."""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.events import News

__all__ = ["Progress"]

_INTERVAL = 10.0


class Progress:
    """A stepper that tells the heads every ``interval`` seconds, if something has moved."""

    def __init__(self, status: Callable[[], SyncStatus], news: News, interval: float = _INTERVAL) -> None:
        self._status = status
        self._news = news
        self._interval = interval
        self._told = SyncStatus()
        self.next_due = 0.0

    def step(self, now: float) -> None:
        """Tell, if it is time."""
        if now < self.next_due:
            return
        self.next_due = now + self._interval
        status = self._status()
        if status != self._told:
            self._told = status
            self._news(
                "heads",
                unsafe=status.unsafe_l2,
                safe=status.safe_l2,
                finalized=status.finalized_l2,
                l1=status.head_l1,
                derived=status.current_l1,
            )

    def wake(self) -> None:
        """Nothing: lines have their time."""
