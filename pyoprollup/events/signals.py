"""Events that mean the same to every component: failures by class, and running out of L1 data."""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.events.event import Event

__all__ = [
    "CriticalErrorEvent",
    "DeriverIdleEvent",
    "EngineTemporaryErrorEvent",
    "L1TemporaryErrorEvent",
    "ResetEvent",
]


@dataclass(frozen=True, slots=True)
class ResetEvent(Event):
    """L1 or L2 is not what we built on: the engine's heads and the pipeline must be reset."""

    error: Exception


@dataclass(frozen=True, slots=True)
class L1TemporaryErrorEvent(Event):
    """L1 did not answer; worth another attempt, later."""

    error: Exception


@dataclass(frozen=True, slots=True)
class EngineTemporaryErrorEvent(Event):
    """The engine did not answer or was not ready; worth another attempt, later."""

    error: Exception


@dataclass(frozen=True, slots=True)
class CriticalErrorEvent(Event):
    """Going on would be wrong. The queue takes no other events after this one."""

    error: Exception


@dataclass(frozen=True, slots=True)
class DeriverIdleEvent(Event):
    """All of L1 up to ``origin`` has been derived from (``None``: nothing has been yet)."""

    origin: L1BlockRef | None
