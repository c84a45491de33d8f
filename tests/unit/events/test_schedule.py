"""A schedule: who goes when, and what happens to one that never rests."""

from __future__ import annotations

import pytest

from pyoprollup.events import NEVER, Schedule, ScheduleStuck, Stepper, VirtualClock


class Ticking:
    """Is due at some times, and writes down when it is stepped."""

    def __init__(self, name: str, log: list[tuple[str, float]], *times: float) -> None:
        self.name = name
        self.log = log
        self.times = sorted(times)
        self.awake = 0

    @property
    def next_due(self) -> float:
        return self.times[0] if self.times else NEVER

    def step(self, now: float) -> None:
        if self.next_due <= now:
            self.times.pop(0)
            self.log.append((self.name, now))

    def wake(self) -> None:
        self.awake += 1


class Busy(Ticking):
    """Always has something to do."""

    @property
    def next_due(self) -> float:
        return 0.0

    def step(self, now: float) -> None:
        self.log.append((self.name, now))


class Bench:
    def __init__(self) -> None:
        self.clock = VirtualClock(0.0)
        self.log: list[tuple[str, float]] = []
        self.schedule = Schedule(max_steps=50)

    def add(self, name: str, *times: float) -> Ticking:
        stepper = Ticking(name, self.log, *times)
        self.schedule[name] = stepper
        return stepper


def test_time_goes_on_to_what_is_due_first() -> None:
    bench = Bench()
    bench.add("slow", 5.0, 9.0)
    bench.add("quick", 1.0, 2.0)
    assert bench.schedule.next_due == 1.0
    bench.schedule.run_until(bench.clock, 6.0)
    assert bench.log == [("quick", 1.0), ("quick", 2.0), ("slow", 5.0)]
    assert bench.clock.time == 6.0
    assert bench.schedule.next_due == 9.0


def test_what_is_due_at_the_end_is_done() -> None:
    bench = Bench()
    bench.add("one", 3.0)
    bench.schedule.run_until(bench.clock, 3.0)
    assert bench.log == [("one", 3.0)]


def test_of_several_at_once_the_first_to_be_registered_goes_first() -> None:
    bench = Bench()
    bench.add("b", 1.0, 1.0)
    bench.add("a", 1.0)
    bench.schedule.run_until(bench.clock, 1.0)
    assert bench.log == [("b", 1.0), ("b", 1.0), ("a", 1.0)]


def test_one_that_is_replaced_keeps_its_place() -> None:
    bench = Bench()
    bench.add("first", 1.0)
    bench.add("second", 1.0)
    bench.schedule["first"] = Ticking("another", bench.log, 1.0)
    bench.schedule.run_until(bench.clock, 1.0)
    assert bench.log == [("another", 1.0), ("second", 1.0)]


def test_one_may_make_another_due() -> None:
    bench = Bench()
    early = bench.add("early")
    late = bench.add("late", 1.0)
    late.step = lambda now: (late.times.clear(), early.times.append(now))  # type: ignore[assignment, return-value]
    bench.schedule.run_until(bench.clock, 2.0)
    assert bench.log == [("early", 1.0)]


def test_one_that_never_rests_is_noticed_by_name() -> None:
    bench = Bench()
    bench.schedule["busy"] = Busy("busy", bench.log)
    with pytest.raises(ScheduleStuck, match="busy is always due at 0"):
        bench.schedule.run_until(bench.clock, 1.0)


def test_two_that_keep_each_other_busy_are_noticed() -> None:
    bench = Bench()
    one, two = bench.add("one", 0.0), bench.add("two")
    one.step = lambda now: (one.times.clear(), two.times.append(now))  # type: ignore[assignment, return-value]
    two.step = lambda now: (two.times.clear(), one.times.append(now))  # type: ignore[assignment, return-value]
    with pytest.raises(ScheduleStuck):
        bench.schedule.run_until(bench.clock, 1.0)


def test_in_rounds_nobody_waits_for_one_that_never_rests() -> None:
    bench = Bench()
    bench.schedule["busy"] = Busy("busy", bench.log)
    bench.add("other", 2.0)
    for now in (1.0, 2.0, 3.0):
        bench.schedule.step(now)
    assert bench.log == [("busy", 1.0), ("busy", 2.0), ("other", 2.0), ("busy", 3.0)]


def test_waking_wakes_all() -> None:
    bench = Bench()
    steppers = [bench.add("one"), bench.add("two", 5.0)]
    bench.schedule.wake()
    assert [stepper.awake for stepper in steppers] == [1, 1]


def test_without_anybody_time_just_goes_on() -> None:
    schedule: Stepper = Schedule()
    assert schedule.next_due == NEVER
    clock = VirtualClock(7.0)
    Schedule().run_until(clock, 9.0)
    assert clock() == 9.0


def test_pace_is_told_of_each_time_before_it_comes() -> None:
    paced: list[float] = []
    bench = Bench()
    bench.clock = VirtualClock(0.0, pace=paced.append)
    bench.add("one", 1.0, 2.0)
    bench.schedule.run_until(bench.clock, 3.0)
    assert paced == [1.0, 2.0, 3.0]
