"""What comes of a test case."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Apart", "Rejected", "Result", "Verdict"]


class Verdict(Enum):
    """Passed, failed, or of L1 only."""

    PASSED = "passed"
    FAILED = "failed"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Result:
    """A case with what came of it; ``detail`` says why it failed, or which kind of L1's it is."""

    name: str
    verdict: Verdict
    detail: str = ""


class Apart(Exception):
    """The case needs something that no L2 has; the text names the kind."""


class Rejected(Exception):
    """A block or a transaction breaks a rule; the text says which."""
