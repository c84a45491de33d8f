"""The outcome of checking a batch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pyoprollup.derive.drops import DropReason

__all__ = ["ACCEPT", "BatchValidity", "Verdict"]


class BatchValidity(Enum):
    """What to do with a batch now."""

    DROP = "drop"
    """It can never become valid."""
    ACCEPT = "accept"
    """It is the next one."""
    UNDECIDED = "undecided"
    """Information is missing; look again when there is more."""
    FUTURE = "future"
    """It may become valid once blocks before it are there (before Holocene)."""
    PAST = "past"
    """The safe chain is already beyond it (Holocene)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A validity, the rule that it follows from, and the values that decided."""

    validity: BatchValidity
    reason: DropReason | None = None
    detail: str = ""

    @classmethod
    def drop(cls, reason: DropReason, detail: str = "") -> Verdict:
        return cls(BatchValidity.DROP, reason, detail)

    @classmethod
    def undecided(cls, reason: DropReason, detail: str = "") -> Verdict:
        return cls(BatchValidity.UNDECIDED, reason, detail)


ACCEPT = Verdict(BatchValidity.ACCEPT)
