"""Running a stepper by hand."""

from __future__ import annotations

from pyoprollup.events import Stepper

__all__ = ["run"]

_MAX_STEPS = 1_000_000


def run(stepper: Stepper, now: float) -> float:
    """Step until nothing is due at a time; when the next step is."""
    for _ in range(_MAX_STEPS):
        stepper.step(now)
        if stepper.next_due > now:
            return stepper.next_due
    raise AssertionError("always due")
