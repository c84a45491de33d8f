"""What can go wrong when a VM makes a trace."""

from __future__ import annotations

from pyoprollup.errors import RollupError, Unavailable

__all__ = ["FileDamaged", "VmError", "VmFailed", "VmPanicked", "VmStopped", "VmTimedOut"]


class VmError(RollupError):
    """The root of the errors about VMs and their files."""


class FileDamaged(VmError, Unavailable):
    """A file of a trace is not what it should be: cut off, malformed, or larger than any can be."""


class VmFailed(VmError, Unavailable):
    """The VM ended without the trace, or could not be started. What it said last is in the message."""


class VmPanicked(VmFailed):
    """The VM itself crashed (exit code 2): a program that panics is a result, and not this."""


class VmTimedOut(VmFailed):
    """The VM took longer than its limit and was ended."""


class VmStopped(VmFailed):
    """The VM was ended because the service that runs it stops."""
