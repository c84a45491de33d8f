from __future__ import annotations

from pyoprollup.driver import StepSchedulingDeriver
from pyoprollup.driver.events import (
    ResetStepBackoffEvent,
    StepAttemptEvent,
    StepDelayedReqEvent,
    StepEvent,
    StepReqEvent,
)
from pyoprollup.events import AT_ONCE, NEVER, Event, exponential_backoff


class Bench:
    def __init__(self) -> None:
        self.time = 100.0
        self.steps: list[Event] = []
        self.scheduler = StepSchedulingDeriver(lambda: self.time)
        self.scheduler.attach_emitter(self.steps.append)

    def send(self, *events: Event) -> float:
        for event in events:
            assert self.scheduler.on_event(event)
        return self.scheduler.next_due


def test_backoff() -> None:
    assert [exponential_backoff(attempts) for attempts in (0, 1, 2, 3, 4, 10**9)] == [1, 2, 4, 8, 10, 10]


def test_first_request_is_for_now() -> None:
    bench = Bench()
    assert bench.scheduler.next_due == NEVER
    assert bench.send(StepReqEvent()) == AT_ONCE
    bench.time = 105
    assert bench.scheduler.next_due == AT_ONCE
    assert bench.send(StepAttemptEvent()) == NEVER
    assert bench.steps == [StepEvent()]


def test_attempts_that_lead_nowhere_are_further_and_further_apart() -> None:
    bench = Bench()
    delays = []
    bench.send(StepReqEvent())
    for _ in range(5):
        bench.send(StepAttemptEvent())
        due = bench.send(StepReqEvent())
        delays.append(due - bench.time)
        bench.time = due
    assert delays == [2, 4, 8, 10, 10]


def test_requests_do_not_pile_up() -> None:
    bench = Bench()
    bench.send(StepReqEvent(), StepAttemptEvent())
    due = bench.send(StepReqEvent())
    bench.time += 1
    assert bench.send(StepReqEvent(), StepDelayedReqEvent(0.1)) == due
    assert bench.send(StepAttemptEvent()) == NEVER
    assert len(bench.steps) == 2


def test_progress_makes_the_next_step_immediate() -> None:
    bench = Bench()
    bench.send(StepReqEvent(), StepAttemptEvent(), StepReqEvent())
    assert bench.send(StepReqEvent(reset_backoff=True)) == AT_ONCE
    bench.send(StepAttemptEvent(), StepAttemptEvent())
    assert bench.send(ResetStepBackoffEvent(), StepReqEvent()) == AT_ONCE


def test_delayed_request() -> None:
    bench = Bench()
    assert bench.send(StepDelayedReqEvent(2.5)) == 102.5
    assert bench.send(StepReqEvent()) == AT_ONCE


def test_other_events_are_not_known() -> None:
    assert not Bench().scheduler.on_event(StepEvent())


def test_new_data_ends_a_back_off_at_once() -> None:
    bench = Bench()
    bench.send(StepReqEvent(), StepAttemptEvent(), StepReqEvent(), StepAttemptEvent())
    assert bench.send(StepReqEvent()) == 104
    bench.time = 101
    bench.scheduler.wake()
    assert bench.scheduler.next_due == AT_ONCE
    bench.scheduler.step(101)
    assert bench.steps[-1] == StepAttemptEvent()
    assert bench.send(StepAttemptEvent(), StepReqEvent()) == 103, "failures before it do not count any more"


def test_waking_makes_no_steps_that_nobody_asked_for() -> None:
    bench = Bench()
    bench.scheduler.wake()
    assert bench.scheduler.next_due == NEVER
    bench.scheduler.step(bench.time)
    assert bench.steps == []
