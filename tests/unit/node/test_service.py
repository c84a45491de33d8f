"""A service: one thread, an inbox, and what it tells when something fails."""

from __future__ import annotations

import itertools
import threading

import pytest

from pyoprollup.events import AT_ONCE, NEVER, Schedule
from pyoprollup.node import Service, ServiceFailed

PATIENCE = 60.0
"""Seconds after which a test gives up: far more than anything here takes."""


class Work:
    """Does one piece of work for each :meth:`ask`, and remembers in which thread."""

    def __init__(self) -> None:
        self.due = NEVER
        self.threads: list[threading.Thread] = []
        self.done = threading.Event()
        self.error: Exception | None = None

    def ask(self) -> None:
        self.due = 0.0

    @property
    def next_due(self) -> float:
        return self.due

    def step(self, now: float) -> None:
        if self.due > now:
            return
        self.due = NEVER
        if self.error is not None:
            raise self.error
        self.threads.append(threading.current_thread())
        self.done.set()

    def wake(self) -> None:
        """Nothing."""


def test_calls_and_steps_are_made_in_one_thread() -> None:
    work, called = Work(), []
    with Service(work, name="node") as service:
        service.post(lambda: called.append(threading.current_thread()))
        service.post(work.ask)
        assert work.done.wait(PATIENCE)
        assert service.health.running
        assert service.health.error is None
    assert called == work.threads
    assert called[0].name == "node" and called[0] is not threading.current_thread()
    assert not called[0].is_alive()
    assert not service.health.running


def test_what_is_due_already_is_done() -> None:
    work = Work()
    work.ask()
    with Service(work):
        assert work.done.wait(PATIENCE)


def test_a_stepper_that_fails_ends_the_service_and_is_told_of() -> None:
    work = Work()
    work.error = ValueError("a defect")
    service = Service(work, name="node")
    service.start()
    service.post(work.ask)
    assert service._thread is not None
    service._thread.join(PATIENCE)
    assert not service.health.running
    assert service.health.error is work.error
    with pytest.raises(ServiceFailed, match="node: a defect") as raised:
        service.stop()
    assert raised.value.__cause__ is work.error


def test_a_call_that_fails_does_too() -> None:
    def fail() -> None:
        raise ValueError("a defect of the caller")

    with pytest.raises(ServiceFailed, match="of the caller"), Service(Work()) as service:
        service.post(fail)
        assert service._thread is not None
        service._thread.join(PATIENCE)


def test_health_shows_work_that_does_not_end() -> None:
    begun, end = threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        end.wait(PATIENCE)

    service = Service(Work(), clock=lambda: 7.0)
    service.start()
    assert service.health.busy_since is None
    service.post(hang)
    service.post(lambda: None)
    assert begun.wait(PATIENCE)
    assert service.health.busy_since == 7.0
    assert service.health.queued == 1
    service.stop(timeout=0.0)
    end.set()
    service.stop()
    assert service.health.busy_since is None


def test_starts_once() -> None:
    with Service(Work()) as service, pytest.raises(RuntimeError):
        service.start()


def test_a_service_that_was_never_started_can_be_stopped() -> None:
    Service(Work()).stop()


def test_a_clock_that_goes_on_by_itself_finds_what_is_due_at_once() -> None:
    """By the time that somebody looks, "now" has passed: who is due at once must not name a time."""
    ticks = itertools.count()
    done = threading.Event()

    class AtOnce:
        next_due = AT_ONCE

        def step(self, now: float) -> None:
            self.next_due = NEVER
            done.set()

        def wake(self) -> None:
            pass

    with Service(Schedule({"part": AtOnce()}), lambda: float(next(ticks))):
        assert done.wait(60)
