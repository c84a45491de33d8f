"""What can go wrong with large pre-images."""

from __future__ import annotations

from pyoprollup.errors import RollupError, Unavailable

__all__ = ["IncorrectCommitmentCount", "KeccakError", "LeavesUnavailable", "TreeFull"]


class KeccakError(RollupError):
    """The root of the errors about large pre-images and their leaves."""


class TreeFull(KeccakError):
    """A large pre-image has more blocks than its tree can hold."""


class IncorrectCommitmentCount(KeccakError):
    """There are more or fewer commitments than the data has blocks.

    The contract takes no such leaves, so what was read is not what it has.
    """


class LeavesUnavailable(KeccakError, Unavailable):
    """The leaves that the contract has were not found on L1, or others were. Nothing is known about them."""
