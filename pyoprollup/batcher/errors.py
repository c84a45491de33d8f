"""Errors of the batcher."""

from __future__ import annotations

from pyoprollup.errors import RollupError

__all__ = [
    "AlreadyRunningError",
    "BatcherError",
    "BlockRejected",
    "NoTxData",
    "NotRunningError",
    "ReorgError",
    "ThrottlingUnsupported",
]


class BatcherError(RollupError):
    """Base class of this package's errors."""


class ThrottlingUnsupported(BatcherError):
    """An engine does not support throttling, so the batcher stops: the operator must know of it."""


class BlockRejected(BatcherError):
    """A block cannot go into a channel: it is malformed, or larger than any channel may be."""


class ReorgError(BatcherError):
    """A block does not build on the one before it: the L2 chain was reorganised."""


class NoTxData(BatcherError):
    """There is nothing to send at this time."""


class AlreadyRunningError(BatcherError):
    """The batcher was started before."""


class NotRunningError(BatcherError):
    """The batcher is not running."""
