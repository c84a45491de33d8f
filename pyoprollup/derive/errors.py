"""How running dry, waiting, resetting and giving up are told apart inside the pipeline.

A stage returns an item or raises one of these; nothing else may leave a stage. The pipeline's
``step`` and the driver above it map them to what happens next:

============================  ==========================================================
:class:`EndOfData`            all L1 data so far is used up: advance to the next L1 block
:class:`NotEnoughData`        progress was made but there is no item yet: call again
:class:`TemporaryError`       a read failed: call again later, nothing has changed
:class:`ResetError`           L1 or L2 changed under us: reset the pipeline
:class:`CriticalError`        derivation cannot go on; somebody has to look
============================  ==========================================================

Specification: protocol/derivation.md, Resetting the pipeline.
"""

from __future__ import annotations

from pyoprollup.errors import RollupError

__all__ = [
    "CriticalError",
    "EndOfData",
    "NotEnoughData",
    "NotFoundError",
    "PipelineError",
    "ResetError",
    "TemporaryError",
]


class PipelineError(RollupError):
    """Base class of everything that a derivation stage raises."""


class EndOfData(PipelineError):
    """The stage needs more L1 data than the current L1 block has."""


class NotEnoughData(PipelineError):
    """The stage advanced without an item to show for it; calling again continues."""


class TemporaryError(PipelineError):
    """A source did not answer. The call left no trace and may be repeated as it was."""


class ResetError(PipelineError):
    """What was derived no longer fits L1 or L2; the pipeline has to be reset."""


class CriticalError(PipelineError):
    """The chain or its configuration cannot be derived; retrying will not help."""


class NotFoundError(PipelineError):
    """A source answered that it has no such block (as opposed to not answering)."""
