"""Runs any number of steppers: in virtual time, or piece by piece for a service with a thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pyoprollup.errors import RollupError
from pyoprollup.events.clock import VirtualClock
from pyoprollup.events.stepping import NEVER, Stepper

__all__ = ["Schedule", "ScheduleStuck"]

_MAX_STEPS = 100_000


class ScheduleStuck(RollupError):
    """A stepper is always due, so that virtual time cannot go on; the message names it."""


class Schedule:
    """Steppers by name, in the order of their registration. It is a stepper itself.

    Time goes on to what is due first; of several that are due by then, the one registered first goes first.
    Nobody waits for one that has no end of work: in each round everybody who is due has a turn.

    ``max_steps`` is how many steps one stepper may make while virtual time stands still.
    """

    def __init__(self, steppers: Mapping[str, Stepper] | None = None, max_steps: int = _MAX_STEPS) -> None:
        self._steppers: dict[str, Stepper] = dict(steppers or {})
        self._max_steps = max_steps

    def __getitem__(self, name: str) -> Stepper:
        return self._steppers[name]

    def __setitem__(self, name: str, stepper: Stepper) -> None:
        """Register a stepper. One that replaces another of its name takes over the place in the order."""
        self._steppers[name] = stepper

    # --- the contract

    @property
    def next_due(self) -> float:
        """When the first of them is due."""
        return min((stepper.next_due for stepper in self._steppers.values()), default=NEVER)

    def step(self, now: float) -> None:
        """One round: a step of each that is due."""
        for stepper in list(self._steppers.values()):
            if stepper.next_due <= now:
                stepper.step(now)

    def wake(self) -> None:
        """Wake all of them."""
        for stepper in list(self._steppers.values()):
            stepper.wake()

    # --- virtual time

    def run_until(self, clock: VirtualClock, time: float) -> None:
        """Let everything happen that is due up to a time, and be at that time.

        Whoever is due works until it is due no more, before the next one has its turn. Raises
        :class:`ScheduleStuck`, and what the steppers raise.
        """
        while (due := self._rest(clock)) <= time:
            clock.advance(due)
        clock.advance(time)

    def _rest(self, clock: VirtualClock) -> float:
        """Run all until nothing is due now; returns when the next thing is."""
        steps: Counter[str] = Counter()
        while self.next_due <= clock.time:
            for name in list(self._steppers):
                while self._steppers[name].next_due <= clock.time:
                    if steps[name] >= self._max_steps:
                        raise ScheduleStuck(f"{name} is always due at {clock.time}")
                    steps[name] += 1
                    self._steppers[name].step(clock.time)
        return self.next_due
