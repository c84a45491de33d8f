"""Events of the driver: steps and their scheduling, and what passes between it and derivation."""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.derive import AttributesWithParent
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.events import Event

__all__ = [
    "ConfirmPipelineResetEvent",
    "ConfirmReceivedAttributesEvent",
    "DerivedAttributesEvent",
    "DeriverL1StatusEvent",
    "DeriverMoreEvent",
    "L1SafeEvent",
    "L1UnsafeEvent",
    "PipelineStepEvent",
    "ResetStepBackoffEvent",
    "SequencerActionEvent",
    "StepAttemptEvent",
    "StepDelayedReqEvent",
    "StepEvent",
    "StepReqEvent",
]


# --- scheduling


@dataclass(frozen=True, slots=True)
class StepReqEvent(Event):
    """Ask for a step: at once, or after a delay when steps have failed before."""

    reset_backoff: bool = False


@dataclass(frozen=True, slots=True)
class StepDelayedReqEvent(Event):
    """Ask for a step after ``delay`` seconds."""

    delay: float


@dataclass(frozen=True, slots=True)
class StepAttemptEvent(Event):
    """The time for a step has come. Counts as a failure until something shows that it was not."""


@dataclass(frozen=True, slots=True)
class StepEvent(Event):
    """Make one step of derivation."""


@dataclass(frozen=True, slots=True)
class ResetStepBackoffEvent(Event):
    """All is well: the next step need not wait."""


@dataclass(frozen=True, slots=True)
class SequencerActionEvent(Event):
    """The time that the sequencer asked for has come."""


# --- L1


@dataclass(frozen=True, slots=True)
class L1UnsafeEvent(Event):
    """L1 has a new head."""

    ref: L1BlockRef


@dataclass(frozen=True, slots=True)
class L1SafeEvent(Event):
    """L1 has a new justified block."""

    ref: L1BlockRef


# --- derivation


@dataclass(frozen=True, slots=True)
class PipelineStepEvent(Event):
    """Ask derivation for the block after ``pending_safe``."""

    pending_safe: L2BlockRef


@dataclass(frozen=True, slots=True)
class DerivedAttributesEvent(Event):
    """Derivation has found attributes."""

    attributes: AttributesWithParent


@dataclass(frozen=True, slots=True)
class ConfirmReceivedAttributesEvent(Event):
    """The attributes have been taken; there may be more."""


@dataclass(frozen=True, slots=True)
class ConfirmPipelineResetEvent(Event):
    """The engine has been reset, so the pipeline can be."""


@dataclass(frozen=True, slots=True)
class DeriverMoreEvent(Event):
    """Derivation made progress and can go on at once."""


@dataclass(frozen=True, slots=True)
class DeriverL1StatusEvent(Event):
    """Derivation went on to another L1 block."""

    origin: L1BlockRef
