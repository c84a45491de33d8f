"""Errors of the sequencer. Tools match these texts, so they are those of op-node."""

from __future__ import annotations

from pyoprollup.errors import RollupError

__all__ = [
    "HeadMismatch",
    "NextOriginOrphaned",
    "NextOriginRequired",
    "NoPrestate",
    "NotLeader",
    "SequencerAlreadyStarted",
    "SequencerAlreadyStopped",
    "SequencingError",
]


class SequencingError(RollupError):
    """Base class of the sequencer's errors."""


class NotLeader(SequencingError):
    """The conductor has another leader."""

    def __init__(self) -> None:
        super().__init__("sequencer is not the leader, aborting")


class SequencerAlreadyStarted(SequencingError):
    """The sequencer was asked to start while it is running."""

    def __init__(self) -> None:
        super().__init__("sequencer already running")


class SequencerAlreadyStopped(SequencingError):
    """It does not run."""

    def __init__(self) -> None:
        super().__init__("sequencer not running")


class NoPrestate(SequencingError):
    """The head is not known yet, so the sequencer cannot check what to start on."""


class HeadMismatch(SequencingError):
    """Asked to start on another block than the head."""


class NextOriginRequired(SequencingError):
    """The drift is used up, and the next L1 origin is not there yet."""


class NextOriginOrphaned(SequencingError):
    """The next L1 block is not a child of the origin: L1 has reorged."""
