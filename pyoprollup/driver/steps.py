"""Scheduling of steps: at once while there is progress, with exponential backoff otherwise."""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.driver.events import (
    ResetStepBackoffEvent,
    StepAttemptEvent,
    StepDelayedReqEvent,
    StepEvent,
    StepReqEvent,
)
from pyoprollup.events import AT_ONCE, NEVER, Emit, Event, exponential_backoff, no_emit

__all__ = ["StepSchedulingDeriver"]


class StepSchedulingDeriver:
    """Keeps at most one step due at once and one due later.

    It is a :class:`~pyoprollup.events.Stepper`, whose step emits a :class:`StepAttemptEvent`. ``now`` gives
    seconds.
    """

    def __init__(
        self, now: Callable[[], float], backoff: Callable[[int], float] = exponential_backoff
    ) -> None:
        self._now = now
        self._backoff = backoff
        self._emit: Emit = no_emit
        self._attempts = 0
        self._at_once = False
        self._delayed_until = NEVER

    def attach_emitter(self, emit: Emit) -> None:
        self._emit = emit

    @property
    def next_due(self) -> float:
        """When the next step is due; never if nobody asked for one."""
        return AT_ONCE if self._at_once else self._delayed_until

    def step(self, now: float) -> None:
        """Have a step made, if one is due."""
        if self.next_due <= now:
            self._emit(StepAttemptEvent())

    def wake(self) -> None:
        """Failures so far do not count any more: a step that is put off is made at once."""
        self._attempts = 0
        if self._delayed_until != NEVER:
            self._on_request(reset_backoff=True)

    def on_event(self, event: Event) -> bool:
        match event:
            case StepReqEvent():
                self._on_request(event.reset_backoff)
            case StepDelayedReqEvent():
                self._delay(event.delay)
            case StepAttemptEvent():
                self._at_once = False
                self._delayed_until = NEVER
                self._attempts += 1
                self._emit(StepEvent())
            case ResetStepBackoffEvent():
                self._attempts = 0
            case _:
                return False
        return True

    def _on_request(self, reset_backoff: bool) -> None:
        if reset_backoff:
            self._attempts = 0
        if self._attempts:
            self._delay(self._backoff(self._attempts))
            return
        self._delayed_until = NEVER
        self._at_once = True

    def _delay(self, delay: float) -> None:
        if self._delayed_until == NEVER:
            self._delayed_until = self._now() + delay
