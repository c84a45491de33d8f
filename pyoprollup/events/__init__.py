"""Events between components: what they have in common, and the queue that delivers them.

The package lies below ``engine``, ``finality`` and ``driver``, so that each of them can emit without
knowing who listens. An event is a frozen dataclass with the reference's name; it lives with the
package that means something by it. Only what several packages say to each other is here:
:mod:`~pyoprollup.events.signals`.

:class:`EventSystem` is a first-in, first-out queue without threads or a clock: the same inputs give the
same order of events, and an :class:`EventRecorder` keeps that order, which is the sequence diagram.

:class:`Happening` is the other kind: news for those who watch, by which nobody decides.
"""

from __future__ import annotations

from pyoprollup.events.clock import VirtualClock
from pyoprollup.events.event import Deriver, Emit, Event, event_name, no_emit
from pyoprollup.events.news import Happening, Level, News, Tell, no_news
from pyoprollup.events.recorder import EventRecorder, Recorded
from pyoprollup.events.schedule import Schedule, ScheduleStuck
from pyoprollup.events.signals import (
    CriticalErrorEvent,
    DeriverIdleEvent,
    EngineTemporaryErrorEvent,
    L1TemporaryErrorEvent,
    ResetEvent,
)
from pyoprollup.events.stepping import AT_ONCE, NEVER, Stepper, exponential_backoff
from pyoprollup.events.system import EventSystem, HotLoopError

__all__ = [
    "AT_ONCE",
    "NEVER",
    "CriticalErrorEvent",
    "Deriver",
    "DeriverIdleEvent",
    "Emit",
    "EngineTemporaryErrorEvent",
    "Event",
    "EventRecorder",
    "EventSystem",
    "Happening",
    "HotLoopError",
    "L1TemporaryErrorEvent",
    "Level",
    "News",
    "Recorded",
    "ResetEvent",
    "Schedule",
    "ScheduleStuck",
    "Stepper",
    "Tell",
    "VirtualClock",
    "event_name",
    "exponential_backoff",
    "no_emit",
    "no_news",
]
