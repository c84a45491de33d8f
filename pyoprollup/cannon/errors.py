"""What can go wrong in a machine, and in what it is made of and kept in.

Where the reference crashes, one of these is raised, and the machine is what it was before the step.
"""

from __future__ import annotations

from pyoprollup.errors import DecodeError, RollupError

__all__ = [
    "BadPreimageOffset",
    "CannonError",
    "DivisionByZero",
    "ElfError",
    "InvalidInstruction",
    "JumpInDelaySlot",
    "MisalignedInstruction",
    "NoActiveThread",
    "PreimageError",
    "StateFileError",
    "StepError",
    "SymbolsError",
    "UnknownSyscall",
    "UnsupportedVersion",
    "WriteTooLong",
]


class CannonError(RollupError):
    """The root of the errors about the fault-proof machine."""


class StepError(CannonError):
    """A step cannot be done; the machine stands where it stood. The message says at which step, and where."""


class NoActiveThread(StepError):
    """No thread is left to run, or none is on the active stack, though the machine has not exited."""


class MisalignedInstruction(StepError):
    """The program counter is no multiple of four."""


class InvalidInstruction(StepError):
    """There is no such instruction, or not in this machine."""


class JumpInDelaySlot(StepError):
    """A jump or branch is in the delay slot of another one."""


class DivisionByZero(StepError):
    """An integer division has no result."""


class UnknownSyscall(StepError):
    """The program makes a system call that this machine does not know; the message has its number."""


class BadPreimageOffset(StepError):
    """The program reads beyond the end of a pre-image, or of one whose key it never set."""


class WriteTooLong(StepError):
    """The program writes more at once than the host takes."""


class PreimageError(StepError):
    """The host does not give a pre-image, or takes no hint."""


class StateFileError(CannonError, DecodeError):
    """A file is not a machine's state."""


class UnsupportedVersion(CannonError):
    """A state's version is unknown, or one that this machine does not run."""


class ElfError(CannonError, DecodeError):
    """A file is not a program of 64-bit big-endian MIPS, or does not fit into the memory."""


class SymbolsError(CannonError, DecodeError):
    """A file is not a table of symbols."""
