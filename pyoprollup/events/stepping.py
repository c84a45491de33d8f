"""The one contract of everything that runs: it is stepped, says when it is next due, and can be woken.

Nothing in the core waits or has a thread. A :class:`Stepper` does what is due when it is told to, and says
when there is more to do; a :class:`~pyoprollup.events.schedule.Schedule` runs any number of them, in virtual
time or as a service.
"""

from __future__ import annotations

from math import inf
from typing import Protocol

__all__ = ["AT_ONCE", "NEVER", "Stepper", "exponential_backoff"]

NEVER = inf
"""The :attr:`Stepper.next_due` of who has nothing to do until something new comes."""

AT_ONCE = -inf
"""The :attr:`Stepper.next_due` of who has something to do whatever the time is.

Not the time of now: a clock that goes on by itself has gone on when it is compared with the time of the
step, and then nothing would ever be due.
"""

_MAX_DELAY = 10.0


def exponential_backoff(attempts: int) -> float:
    """Seconds to wait after so many attempts that led nowhere: 2, 4, 8, then 10."""
    return min(2.0 ** min(attempts, 10), _MAX_DELAY)


class Stepper(Protocol):
    """Something that runs. Times are seconds on the clock of whoever runs it."""

    def step(self, now: float) -> None:
        """Do what is due at ``now``: a limited piece of work, after which others may have their turn.

        More of it may be due at once. A step before :attr:`next_due` does nothing.
        """
        ...

    @property
    def next_due(self) -> float:
        """When to step next; :data:`NEVER` if that depends on something new, :data:`AT_ONCE` for now."""
        ...

    def wake(self) -> None:
        """There is new data: what waits only because an attempt failed is due at once."""
        ...
