"""One thread that carries out calls, the urgent ones first.

An engine and its database are for one thread. A consensus client must not wait behind everybody who reads.
"""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

__all__ = ["CallWorker", "start_thread"]

P = ParamSpec("P")
T = TypeVar("T")

_STACK_SIZE = 64 << 20
"""Bytes: contracts that call each other a thousand times deep need more than some systems give a thread."""

_URGENT, _USUAL, _LAST = range(3)


def start_thread(target: Callable[[], None], name: str) -> threading.Thread:
    """A thread with a stack that is deep enough for an engine."""
    before = threading.stack_size(_STACK_SIZE)
    try:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
    finally:
        threading.stack_size(before)
    return thread


class CallWorker:
    """The thread. What is under way when it is closed is finished, and so is what waits.

    Nothing is taken any more from then on: that is a ``RuntimeError``, as with the executors of Python.
    """

    def __init__(self, name: str = "calls") -> None:
        self._jobs: queue.PriorityQueue[tuple[int, int, Callable[[], None] | None]] = queue.PriorityQueue()
        self._order = itertools.count()
        self._lock = threading.Lock()
        self._closed = False
        self.urgent: Executor = _Entrance(self, _URGENT)
        """Takes calls that go before all others."""
        self.usual: Executor = _Entrance(self, _USUAL)
        self._thread = start_thread(self._run, name)

    def put(self, priority: int, job: Callable[[], None]) -> None:
        """Queue a job; jobs with a lower priority number run first."""
        with self._lock:
            if self._closed:
                raise RuntimeError("the worker is closed")
            self._jobs.put((priority, next(self._order), job))

    def _run(self) -> None:
        while True:
            job = self._jobs.get()[2]
            if job is None:
                return
            job()

    def close(self) -> None:
        """Wait for what is to be done, and end the thread."""
        with self._lock:
            self._closed = True
            self._jobs.put((_LAST, next(self._order), None))
        self._thread.join()

    def __enter__(self) -> CallWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Entrance(Executor):
    """The worker as seen by callers of one priority."""

    def __init__(self, worker: CallWorker, priority: int) -> None:
        self._worker = worker
        self._priority = priority

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()

        def job() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result: Any = fn(*args, **kwargs)
            except BaseException as exc:  # noqa: BLE001 - for whoever waits for the result
                future.set_exception(exc)
            else:
                future.set_result(result)

        self._worker.put(self._priority, job)
        return future
