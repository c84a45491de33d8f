"""Services end when a signal says so: in good order at the first, at once at the second."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["until_stopped"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def until_stopped() -> Iterator[threading.Event]:
    """An event that the first signal to stop sets; the second one ends the process."""
    stopped = threading.Event()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if stopped.is_set():
            os._exit(128 + number)
        stopped.set()

    before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
