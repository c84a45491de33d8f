"""One thread that carries out calls, the urgent ones first, also in the middle of others.

An engine and its database are for one thread. A consensus client must not wait behind everybody who reads. So
what takes long calls :func:`give_way` every few milliseconds, and more urgent calls are carried out there and
then, on top of it; it goes on when they are done. That is safe for calls that only read: the state of a block
is found by its hash, and does not change meanwhile.

A second thread would share the interpreter's lock with the first, so that each public call would make blocks
take twice as long; a second process would need a database and a pool that two can use.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from enum import IntEnum
from typing import Any, ParamSpec, TypeVar

from pyoprollup.rpc.errors import CallAbandoned

__all__ = ["CallFuture", "CallWorker", "Urgency", "do_later", "give_way", "is_wanted", "start_thread"]

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")

_STACK_SIZE = 128 << 20
"""Bytes: contracts that call each other a thousand times deep need more than some systems give a thread, and
one call may run on top of another."""


class Urgency(IntEnum):
    """What goes first; a smaller number does."""

    URGENT = 0
    """Calls of the consensus client."""
    SOON = 1
    """Work that nobody waits for yet: filling a block, blocks that were fetched."""
    USUAL = 2
    """Calls that are quick."""
    PATIENT = 3
    """Calls that may take seconds."""


_NOTHING = len(Urgency)


class CallFuture(Future[R]):
    """What comes of a call. Whoever does not want it any more gives it up with :meth:`abandon`."""

    def __init__(self) -> None:
        super().__init__()
        self.abandoned = False

    def abandon(self) -> None:
        """Nobody waits for it any more: it is not begun, or ends at its next :func:`give_way`."""
        self.abandoned = True
        self.cancel()


_Job = tuple[int, int, Callable[[], None] | None, CallFuture[Any] | None]

_current = threading.local()


def start_thread(target: Callable[[], None], name: str) -> threading.Thread:
    """A thread with a stack that is deep enough for an engine."""
    before = threading.stack_size(_STACK_SIZE)
    try:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
    finally:
        threading.stack_size(before)
    return thread


def give_way() -> None:
    """Let more urgent calls go first. Called by calls that take long; does nothing outside of a worker.

    Raises :class:`~pyoprollup.rpc.errors.CallAbandoned` if nobody waits for the call any more.
    """
    worker: CallWorker | None = getattr(_current, "worker", None)
    if worker is not None:
        worker.give_way()


def is_wanted() -> bool:
    """Whether something more urgent than the current call waits; never outside of a worker."""
    worker: CallWorker | None = getattr(_current, "worker", None)
    return worker is not None and worker.is_wanted()


def do_later(job: Callable[[], None]) -> None:
    """Have the current worker do this as soon as no urgent call waits; outside of a worker it is not done.

    Nor is it done by a worker that is being closed. What it raises is lost.
    """
    worker: CallWorker | None = getattr(_current, "worker", None)
    if worker is not None:
        with suppress(RuntimeError):
            worker.soon.submit(job)


class CallWorker:
    """The thread. What is under way when it is closed is finished, and so is what waits.

    Nothing is taken any more from then on: that is a ``RuntimeError``, as with the executors of Python.
    """

    def __init__(self, name: str = "calls") -> None:
        self._jobs: list[_Job] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._hurry: set[int] = set()
        self._first = _NOTHING
        """Urgency of the job that is next; read without the lock."""
        self._level = _NOTHING
        self._future: CallFuture[Any] | None = None
        """Of the job that is carried out."""
        self.urgent: Executor = _Entrance(self, Urgency.URGENT)
        """Takes calls that go before all others."""
        self.soon: Executor = _Entrance(self, Urgency.SOON)
        """Takes what nobody waits for, and what goes before the calls of everybody."""
        self.usual: Executor = _Entrance(self, Urgency.USUAL)
        self.patient: Executor = _Entrance(self, Urgency.PATIENT)
        """Takes calls that let all others go first."""
        self._thread = start_thread(self._run, name)

    @property
    def waiting(self) -> int:
        """How many jobs have not been begun."""
        return len(self._jobs)

    def put(self, urgency: int, job: Callable[[], None], future: CallFuture[Any] | None = None) -> None:
        """Queue a job; jobs with a lower number run first."""
        with self._changed:
            if self._closed or urgency in self._hurry:
                raise RuntimeError("the worker is closed")
            self._push((urgency, next(self._order), job, future))

    def _push(self, job: _Job) -> None:
        heapq.heappush(self._jobs, job)
        self._first = self._jobs[0][0]
        self._changed.notify()

    def _pop(self) -> _Job:
        job = heapq.heappop(self._jobs)
        self._first = self._jobs[0][0] if self._jobs else _NOTHING
        return job

    def _run(self) -> None:
        _current.worker = self
        while True:
            with self._changed:
                while not self._jobs:
                    self._changed.wait()
                job = self._pop()
            if job[2] is None:
                return
            self._do(job)

    def _do(self, job: _Job) -> None:
        urgency, _, run, future = job
        before = self._level, self._future
        self._level, self._future = urgency, future
        try:
            if run is not None:
                run()
        finally:
            self._level, self._future = before

    def is_wanted(self) -> bool:
        """Whether a job waits that is more urgent than the one that runs."""
        return self._first < self._level

    def give_way(self) -> None:
        """Run what is more urgent than the current job; see :func:`give_way`."""
        future = self._future
        if future is not None and future.abandoned and self._level != Urgency.URGENT:
            raise CallAbandoned("nobody waits for the call any more")
        if self._level in self._hurry:
            raise CallAbandoned("the server stops")
        while self._first < self._level:
            with self._changed:
                if not self._first < self._level:
                    return
                job = self._pop()
            self._do(job)
            if job[0] >= Urgency.USUAL:
                return  # a long call has its turn between short ones

    def hurry(self, *levels: Urgency) -> None:
        """Jobs of these kinds are not begun any more, and end at their next :func:`give_way`."""
        with self._changed:
            self._hurry.update(levels)
            dropped = [job for job in self._jobs if job[0] in self._hurry]
            self._jobs = [job for job in self._jobs if job[0] not in self._hurry]
            heapq.heapify(self._jobs)
            self._first = self._jobs[0][0] if self._jobs else _NOTHING
        for _, _, _, future in dropped:
            if future is not None:
                future.abandon()

    def close(self) -> None:
        """Wait for what is to be done, and end the thread."""
        with self._changed:
            self._closed = True
            self._push((_NOTHING, next(self._order), None, None))
        self._thread.join()

    def __enter__(self) -> CallWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Entrance(Executor):
    """The worker as seen by callers of one urgency."""

    def __init__(self, worker: CallWorker, urgency: Urgency) -> None:
        self._worker = worker
        self._urgency = urgency

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> CallFuture[T]:
        future: CallFuture[T] = CallFuture()

        def job() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result: Any = fn(*args, **kwargs)
            except BaseException as exc:  # noqa: BLE001 - for whoever waits for the result
                future.set_exception(exc)
            else:
                future.set_result(result)

        self._worker.put(self._urgency, job, future)
        return future
