"""Errors of the pipeline by severity: out of data, temporary, reset, critical.

A stage returns an item or raises one of these, or :class:`~pyoprollup.errors.Unavailable` when a source does
not answer; nothing else may leave a stage. The driver maps them to what happens next:

============================  ==========================================================
:class:`EndOfData`            all L1 data so far is used up: advance to the next L1 block
:class:`NotEnoughData`        progress was made but there is no item yet: call again
``Unavailable``               a read failed: call again later, nothing has changed
:class:`ResetError`           L1 or L2 changed under us: reset the pipeline
:class:`CriticalError`        derivation cannot continue; an operator must act
============================  ==========================================================

Specification: protocol/derivation.md, Resetting the pipeline.
"""

from __future__ import annotations

from pyoprollup.errors import RollupError

__all__ = [
    "CriticalError",
    "EndOfData",
    "NotEnoughData",
    "PipelineError",
    "ResetError",
]


class PipelineError(RollupError):
    """Base class of everything that a derivation stage raises, but for ``Unavailable``."""


class EndOfData(PipelineError):
    """The stage needs more L1 data than the current L1 block has."""


class NotEnoughData(PipelineError):
    """The stage advanced without an item to show for it; calling again continues."""


class ResetError(PipelineError):
    """What was derived no longer fits L1 or L2; the pipeline has to be reset."""


class CriticalError(PipelineError):
    """The chain or its configuration cannot be derived; retrying will not help."""
