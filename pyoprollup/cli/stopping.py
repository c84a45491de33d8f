"""How services stop: at a signal, within a time; at once at the second signal."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["STOP_SECONDS", "Stopping", "stopping"]

STOP_SECONDS = 10.0
"""From the signal to the end, whatever the process is doing. Databases bear that: each write is whole."""


class Stopping:
    """Waits for a signal, and sees to it that the end comes."""

    def __init__(self, end: Callable[[int], object] = os._exit) -> None:
        self._asked = threading.Event()
        self._end = end
        self._timers: list[threading.Timer] = []

    @property
    def asked(self) -> bool:
        """Whether there was a signal."""
        return self._asked.is_set()

    def wait(self) -> None:
        """Until there is a signal."""
        self._asked.wait()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something if the process is still there after so long."""
        timer = threading.Timer(seconds, action)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def signalled(self, number: int, _frame: FrameType | None = None) -> None:
        """What a signal does: the first asks to stop, the second ends the process."""
        if self._asked.is_set():
            self._end(128 + number)
        self._asked.set()
        self.after(STOP_SECONDS, self._give_up)

    def _give_up(self) -> None:
        sys.stderr.write(f"still not stopped after {STOP_SECONDS:g} s: ending now\n")
        sys.stderr.flush()
        self._end(1)

    def over(self) -> None:
        """Everything is closed, so that nothing of :meth:`after` is to be done any more."""
        for timer in self._timers:
            timer.cancel()


@contextmanager
def stopping() -> Iterator[Stopping]:
    """SIGINT and SIGTERM ask to stop while the context lasts; to be used by the main thread."""
    stop = Stopping()
    before = {number: signal.signal(number, stop.signalled) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        stop.over()
        for number, handler in before.items():
            signal.signal(number, handler)
