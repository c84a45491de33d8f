"""A schedule as a service: one thread that steps it when it is due, and an inbox for everybody else."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from typing import Any, ParamSpec, Self, TypeVar

from pyoprollup.errors import RollupError
from pyoprollup.events import Stepper
from pyoprollup.rpc.worker import start_thread

__all__ = ["Health", "Service", "ServiceFailed"]

P = ParamSpec("P")
T = TypeVar("T")

_LONGEST_WAIT = 1.0
"""Seconds after which the clock is looked at again, should it have been set meanwhile."""


class ServiceFailed(RollupError):
    """A stepper, or a call from the inbox, has raised; the cause is attached."""


@dataclass(frozen=True, slots=True)
class Health:
    """``error``: what has ended the service. ``queued``: calls that wait in the inbox. ``busy_since``:
    when, on the service's clock, the piece of work began that is under way now; ``None`` while it waits."""

    running: bool
    error: BaseException | None
    queued: int
    steps: int
    busy_since: float | None


class Service:
    """Runs a stepper, mostly a :class:`~pyoprollup.events.Schedule`, until it is stopped.

    All of the stepper's work, and every call of the inbox, is done in one thread, so none of them needs
    locks. The first thing that raises ends the service: :attr:`health` and :meth:`stop` tell.

    ``clock`` gives Unix seconds. It is a context manager that starts and stops.
    """

    def __init__(
        self, stepper: Stepper, clock: Callable[[], float] = time.time, name: str = "service"
    ) -> None:
        self._stepper = stepper
        self._clock = clock
        self._name = name
        self._inbox: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._ended = False
        self._promises: set[Future[Any]] = set()
        self.executor: Executor = _Entrance(self)
        """Makes calls in the service's thread, for others that wait for the results: an RPC server's worker.

        A call that raises ends nothing; its error is the result. After the end of the service a call is a
        ``RuntimeError``, as with the executors of Python, and one that waits is cancelled.
        """
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._error: BaseException | None = None
        self._steps = 0
        self._busy_since: float | None = None

    def start(self) -> None:
        """Begin. Raises :class:`RuntimeError` the second time."""
        if self._thread is not None:
            raise RuntimeError(f"{self._name} was started already")
        self._thread = start_thread(self._run, self._name)

    def post(self, call: Callable[[], object]) -> None:
        """Have something done in the service's thread, before its next step. From any thread.

        After the end it is not done any more.
        """
        self._inbox.put(call)

    def promise(self, call: Callable[[], T]) -> Future[T]:
        """As :meth:`post`, but what the call returns or raises goes to the future."""
        future: Future[T] = Future()
        with self._lock:
            if self._ended:
                raise RuntimeError(f"{self._name} has ended")
            self._promises.add(future)
            self._inbox.put(partial(self._keep, future, call))
        return future

    def _keep(self, future: Future[T], call: Callable[[], T]) -> None:
        with self._lock:
            self._promises.discard(future)
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001 - for whoever waits for the result
            future.set_exception(error)
        else:
            future.set_result(result)

    @property
    def health(self) -> Health:
        """How it is, now."""
        running = self._thread is not None and self._thread.is_alive() and not self._stopping.is_set()
        return Health(running, self._error, self._inbox.qsize(), self._steps, self._busy_since)

    def stop(self, timeout: float | None = None) -> None:
        """End after the piece of work that is under way, which is waited for ``timeout`` seconds at most.

        Raises :class:`ServiceFailed` if the service has ended by itself.
        """
        self._stopping.set()
        self._inbox.put(lambda: None)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)
        if self._error is not None:
            raise ServiceFailed(f"{self._name}: {self._error}") from self._error

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- in the thread

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._take_calls()
                self._busy_since = now = self._clock()
                self._stepper.step(now)
                self._steps += 1
        except BaseException as error:  # noqa: BLE001 - for whoever looks after the service
            self._error = error
        finally:
            self._busy_since = None
            with self._lock:
                self._ended = True
                left, self._promises = self._promises, set()
            for future in left:
                future.cancel()

    def _take_calls(self) -> None:
        """Wait until the next step is due or a call comes, and do all calls that are there."""
        self._busy_since = None
        wait = min(self._stepper.next_due - self._clock(), _LONGEST_WAIT)
        try:
            call = self._inbox.get(timeout=wait) if wait > 0 else self._inbox.get_nowait()
            # Those that come meanwhile wait for the next round, or the stepper would never have its turn.
            for _ in range(self._inbox.qsize()):
                self._busy_since = self._clock()
                call()
                if self._stopping.is_set():
                    return
                call = self._inbox.get_nowait()
            call()
        except queue.Empty:
            return


class _Entrance(Executor):
    """The service as an executor."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return self._service.promise(partial(fn, *args, **kwargs))
