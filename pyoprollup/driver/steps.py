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
from pyoprollup.events import Emit, Event, no_emit

__all__ = ["StepSchedulingDeriver", "exponential_backoff"]

_MAX_DELAY = 10.0


def exponential_backoff(attempts: int) -> float:
    """Seconds to wait after so many attempts: 2, 4, 8, then 10."""
    return min(2.0 ** min(attempts, 10), _MAX_DELAY)


class StepSchedulingDeriver:
    """Keeps at most one step due at once and one due later.

    It does not wait: its owner looks at :attr:`next_step_at` and emits a
    :class:`StepAttemptEvent` when that time has come. ``now`` gives seconds.
    """

    def __init__(
        self, now: Callable[[], float], backoff: Callable[[int], float] = exponential_backoff
    ) -> None:
        self._now = now
        self._backoff = backoff
        self._emit: Emit = no_emit
        self._attempts = 0
        self._at_once = False
        self._delayed_until: float | None = None

    def attach_emitter(self, emit: Emit) -> None:
        self._emit = emit

    @property
    def next_step_at(self) -> float | None:
        """When the next step is due; ``None`` if none was requested."""
        return self._now() if self._at_once else self._delayed_until

    def on_event(self, event: Event) -> bool:
        match event:
            case StepReqEvent():
                self._on_request(event.reset_backoff)
            case StepDelayedReqEvent():
                self._delay(event.delay)
            case StepAttemptEvent():
                self._at_once = False
                self._delayed_until = None
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
        self._delayed_until = None
        self._at_once = True

    def _delay(self, delay: float) -> None:
        if self._delayed_until is None:
            self._delayed_until = self._now() + delay
