"""Threads for reads that may take long, or hang."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

__all__ = ["Workers"]


class Workers:
    """Makes calls in the order in which they come, ``count`` at a time. A call must not raise."""

    def __init__(self, count: int, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._count = count
        for number in range(count):
            threading.Thread(target=self._run, name=f"{name} {number}", daemon=True).start()

    def put(self, call: Callable[[], None]) -> None:
        """Have a call made."""
        self._calls.put(call)

    def close(self) -> None:
        """End the threads after what waits. They are not waited for: one that hangs is left to itself."""
        for _ in range(self._count):
            self._calls.put(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call()
