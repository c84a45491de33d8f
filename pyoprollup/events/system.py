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


class _Input:
    """An event from outside, with what it has led to so far: events that wait, and those delivered."""

    __slots__ = ("count", "delivered", "waiting")

    def __init__(self) -> None:
        self.waiting = 0
        self.count = 0
        self.delivered: Counter[str] = Counter()


class EventSystem:
    """Delivers each event to every component, in the order of their registration.

    Components emit while they handle an event; what they emit waits in the queue. Nothing is run
    until :meth:`drain` is called. ``max_queued`` and ``max_per_drain`` stop loops among the components:
    they limit what a single event from outside leads to. However many come from outside at once, that is no
    loop.
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
        self._queue: deque[tuple[str, Event, _Input]] = deque()
        self._current: _Input | None = None
        """What the event that is being delivered goes back to."""
        self._critical: CriticalErrorEvent | None = None

    @property
    def critical(self) -> CriticalErrorEvent | None:
        """The event that stopped everything, if one did."""
        return self._critical

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits to be delivered."""
        return not self._queue

    def register(self, name: str, deriver: Deriver) -> Emit:
        """Add a component under a name of its own; returns its emitter."""
        if name in self._derivers:
            raise ValueError(f"there is a component {name!r} already")
        self._derivers[name] = deriver
        emit = self.emitter(name)
        deriver.attach_emitter(emit)
        return emit

    def emitter(self, name: str) -> Emit:
        """An emitter under a name, for components that handle no events."""

        def emit(event: Event) -> None:
            self._emit(name, event)

        return emit

    def _emit(self, name: str, event: Event) -> None:
        if self._critical is not None:
            return
        source = self._current or _Input()
        if isinstance(event, CriticalErrorEvent):
            self._critical = event
            self._queue.clear()
        elif source.waiting >= self._max_queued:
            names = Counter([event_name(each) for _, each, of in self._queue if of is source])
            raise self._hot_loop(f"{source.waiting} events wait", names)
        source.waiting += 1
        self._queue.append((name, event, source))

    def drain(self) -> None:
        """Deliver until nothing is left to deliver."""
        self.drain_until(lambda _event: False)

    def drain_until(self, stop: Callable[[Event], bool]) -> bool:
        """Deliver until ``stop`` says so of an event just delivered; whether it did.

        Raises :class:`HotLoopError`. What belongs to the loop is forgotten then, and the next call goes on
        with the rest.
        """
        while self._queue:
            name, event, source = self._queue.popleft()
            source.waiting -= 1
            try:
                self._count(event, source)
                self._deliver(name, event, source)
            except HotLoopError:
                self._queue = deque([queued for queued in self._queue if queued[2] is not source])
                raise
            if stop(event):
                return True
        return False

    def _count(self, event: Event, source: _Input) -> None:
        if source.count >= self._max_per_drain:
            raise self._hot_loop(f"{source.count} events delivered without a pause", source.delivered)
        source.count += 1
        source.delivered[event_name(event)] += 1

    def _deliver(self, name: str, event: Event, source: _Input) -> None:
        self._current = source
        try:
            handlers = tuple([key for key, deriver in self._derivers.items() if deriver.on_event(event)])
        finally:
            self._current = None
        if self._recorder is not None:
            self._recorder.record(Recorded(name, event, handlers))

    @staticmethod
    def _hot_loop(what: str, counts: Counter[str]) -> HotLoopError:
        most = ", ".join(f"{name} ({count})" for name, count in counts.most_common(3))
        return HotLoopError(f"{what}, mostly {most}")
