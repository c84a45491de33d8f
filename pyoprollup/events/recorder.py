"""Keeps the events that went through the queue: who said what, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from pyoprollup.events.event import Event, event_name

__all__ = ["EventRecorder", "Recorded"]

_E = TypeVar("_E", bound=Event)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event, the component that emitted it and the components that knew it."""

    emitter: str
    event: Event
    handlers: tuple[str, ...]


class EventRecorder:
    """The last ``limit`` events (all, if there is none)."""

    def __init__(self, limit: int | None = None) -> None:
        self.records: deque[Recorded] = deque(maxlen=limit)

    def record(self, recorded: Recorded) -> None:
        self.records.append(recorded)

    def clear(self) -> None:
        self.records.clear()

    def names(self) -> list[str]:
        """Names of the events, in order of delivery."""
        return [event_name(recorded.event) for recorded in self.records]

    def of(self, kind: type[_E]) -> list[_E]:
        """The events of one class."""
        return [recorded.event for recorded in self.records if isinstance(recorded.event, kind)]

    def lines(self) -> Iterator[str]:
        """A sequence diagram as text, one line for each event."""
        for recorded in self.records:
            yield f"{recorded.emitter} -> {', '.join(recorded.handlers) or '-'}: {event_name(recorded.event)}"
