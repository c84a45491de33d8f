"""The queue: events are delivered one after the other, in the order in which they were emitted."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable

from pyoprollup.errors import RollupError
from pyoprollup.events.event import Deriver, Emit, Event, event_name
from pyoprollup.events.recorder import EventRecorder, Recorded
from pyoprollup.events.signals import CriticalErrorEvent

__all__ = ["EventSystem", "HotLoopError"]

_MAX_QUEUED = 1000
_MAX_PER_DRAIN = 1_000_000


class HotLoopError(RollupError):
    """Components keep each other busy without end; the message names what they say most."""


class EventSystem:
    """Delivers each event to every component, in the order of their registration.

    Components emit while they handle an event; what they emit waits in the queue. Nothing is run
    until somebody calls :meth:`drain`. ``max_queued`` and ``max_per_drain`` stop loops.
    """

    def __init__(
        self,
        recorder: EventRecorder | None = None,
        *,
        max_queued: int = _MAX_QUEUED,
        max_per_drain: int = _MAX_PER_DRAIN,
    ) -> None:
        self._recorder = recorder
        self._max_queued = max_queued
        self._max_per_drain = max_per_drain
        self._derivers: dict[str, Deriver] = {}
        self._queue: deque[tuple[str, Event]] = deque()
        self._critical: CriticalErrorEvent | None = None

    @property
    def critical(self) -> CriticalErrorEvent | None:
        """The event that stopped everything, if one did."""
        return self._critical

    def register(self, name: str, deriver: Deriver) -> Emit:
        """Add a component under a name of its own; returns its emitter."""
        if name in self._derivers:
            raise ValueError(f"there is a component {name!r} already")
        self._derivers[name] = deriver
        emit = self.emitter(name)
        deriver.attach_emitter(emit)
        return emit

    def emitter(self, name: str) -> Emit:
        """A way to emit under a name, for those who take no events."""

        def emit(event: Event) -> None:
            self._emit(name, event)

        return emit

    def _emit(self, name: str, event: Event) -> None:
        if self._critical is not None:
            return
        if isinstance(event, CriticalErrorEvent):
            self._critical = event
            self._queue.clear()
        elif len(self._queue) >= self._max_queued:
            raise self._hot_loop(f"{len(self._queue)} events wait", Counter(map(_name, self._queue)))
        self._queue.append((name, event))

    def drain(self) -> None:
        """Deliver until nothing is left to deliver."""
        self.drain_until(lambda _event: False)

    def drain_until(self, stop: Callable[[Event], bool]) -> bool:
        """Deliver until ``stop`` says so of an event just delivered; whether it did.

        Raises :class:`HotLoopError`, with the rest still queued.
        """
        delivered: Counter[str] = Counter()
        count = 0
        while self._queue:
            if count >= self._max_per_drain:
                raise self._hot_loop(f"{count} events delivered without a pause", delivered)
            name, event = self._queue.popleft()
            count += 1
            delivered[event_name(event)] += 1
            self._deliver(name, event)
            if stop(event):
                return True
        return False

    def _deliver(self, name: str, event: Event) -> None:
        handlers = tuple([key for key, deriver in self._derivers.items() if deriver.on_event(event)])
        if self._recorder is not None:
            self._recorder.record(Recorded(name, event, handlers))

    @staticmethod
    def _hot_loop(what: str, counts: Counter[str]) -> HotLoopError:
        most = ", ".join(f"{name} ({count})" for name, count in counts.most_common(3))
        return HotLoopError(f"{what}, mostly {most}")


def _name(queued: tuple[str, Event]) -> str:
    return event_name(queued[1])
