"""Workers that are threads: for looks at games, which wait for L1 and for traces."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from pyoprollup.challenger.workers import Workers

__all__ = ["ThreadWorkers"]

T = TypeVar("T")


class ThreadWorkers(Workers[T], Generic[T]):
    """At most ``count`` pieces of work at a time. ``on_result`` is called by the threads.

    A piece that raises, which it must not, is an error of whoever collects the results. Those of others are
    not lost by it.
    """

    def __init__(self, count: int, on_result: Callable[[], object], name: str = "worker") -> None:
        self.count = count
        self._executor = ThreadPoolExecutor(count, thread_name_prefix=name)
        self._on_result = on_result
        self._results: queue.SimpleQueue[Future[T]] = queue.SimpleQueue()
        self._outstanding = 0
        self._collected: list[T] = []

    def submit(self, work: Callable[[], T]) -> None:
        self._outstanding += 1
        future = self._executor.submit(work)
        future.add_done_callback(self._done)

    def _done(self, future: Future[T]) -> None:
        self._results.put(future)
        self._on_result()

    def collect(self) -> list[T]:
        while not self._results.empty():
            future = self._results.get_nowait()
            self._outstanding -= 1
            if not future.cancelled():
                self._collected.append(future.result())
        results, self._collected = self._collected, []
        return results

    @property
    def has_results(self) -> bool:
        return bool(self._collected) or not self._results.empty()

    @property
    def busy(self) -> int:
        return self._outstanding

    def close(self) -> None:
        """Wait for what is under way; what has not begun is not done any more."""
        self._executor.shutdown(wait=True, cancel_futures=True)
