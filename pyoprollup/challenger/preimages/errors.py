"""What can go wrong when a pre-image is brought to the oracle contract."""

from __future__ import annotations

from pyoprollup.challenger.game.trace import TraceError
from pyoprollup.errors import RollupError, Unavailable

__all__ = [
    "ChallengePeriodNotOver",
    "InvalidPreimage",
    "PreimageCountered",
    "PreimageError",
    "PreimageUnsupported",
    "PreimagesUnreadable",
    "UploadIncomplete",
]


class PreimageError(RollupError):
    """The root of the errors about pre-images."""


class PreimageUnsupported(PreimageError):
    """The contract cannot be given this pre-image: no such type of key, or no such part of it."""


class PreimageCountered(PreimageError):
    """Our upload of a large pre-image was challenged with success, so it is never accepted."""


class ChallengePeriodNotOver(PreimageError, Unavailable):
    """A large pre-image is uploaded, and can still be challenged. The step has to wait; nothing failed."""


class UploadIncomplete(PreimageError, Unavailable):
    """The contract does not have all of a large pre-image, or the node that was asked does not know yet."""


class InvalidPreimage(PreimageError, TraceError):
    """What the VM read and what its pre-images say contradict each other. Nobody makes a step on that."""


class PreimagesUnreadable(PreimageError, Unavailable):
    """The files with a trace's pre-images cannot be read, or not all are there."""
