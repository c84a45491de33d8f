"""What an event is, who emits it and who takes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Deriver", "Emit", "Event", "event_name", "no_emit"]


@dataclass(frozen=True, slots=True)
class Event:
    """Base class of all events; each is a frozen dataclass."""


Emit = Callable[[Event], None]
"""Puts an event at the end of the queue. It is delivered after the current one, never during it."""


class Deriver(Protocol):
    """A component that takes events and derives new ones from them."""

    def attach_emitter(self, emit: Emit) -> None:
        """Called once, before any event, with the way to emit."""
        ...

    def on_event(self, event: Event) -> bool:
        """Handle an event; whether it was one of those that the component knows."""
        ...


def no_emit(event: Event) -> None:
    """The emitter of a component that has not been registered yet."""
    raise RuntimeError(f"{event_name(event)} emitted by a component that is not registered")


_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def event_name(event: Event) -> str:
    """The name as the reference logs it: ``BuildStartEvent`` is ``build-start``."""
    return _WORD.sub("-", type(event).__name__.removesuffix("Event")).lower()
