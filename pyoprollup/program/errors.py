"""Why a program cannot tell whether a claim is valid.

What is wrong with the claim is a verdict and no error. Whatever else happens says nothing about it.
"""

from __future__ import annotations

from pyoprollup.errors import DecodeError, RollupError

__all__ = ["BootError", "DerivationFailed", "HintError", "ProgramError", "TrieError"]


class ProgramError(RollupError):
    """The root of the errors of the program and its host."""


class BootError(ProgramError, ValueError):
    """A local pre-image is malformed, or two of them contradict each other."""


class DerivationFailed(ProgramError):
    """The chain cannot be derived from what the agreed block and the L1 head are."""


class HintError(ProgramError, ValueError):
    """A hint of no known form, or one that cannot be followed."""


class TrieError(ProgramError, DecodeError):
    """What the nodes of a list's trie hold is no list."""
