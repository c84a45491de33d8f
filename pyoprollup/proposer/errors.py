"""Errors of the proposer."""

from __future__ import annotations

from pyoprollup.errors import RollupError, Unavailable

__all__ = ["AlreadyRunningError", "NotRunningError", "ProposerError", "SourceFailed"]


class ProposerError(RollupError):
    """Base class of this package's errors."""


class AlreadyRunningError(ProposerError):
    """It was started, and not stopped since."""


class NotRunningError(ProposerError):
    """It was not started, or stopped since."""


class SourceFailed(ProposerError, Unavailable):
    """The node gives no answer, or one that cannot be proposed: another version, another block."""
