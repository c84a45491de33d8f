"""The root of every error that the library raises on purpose, and the words that all packages share.

Each package derives its own small family from :class:`RollupError`. Two things can happen to every read of
something outside, and they are the same two everywhere: there is no answer (:class:`Unavailable`), or the
answer is that there is no such thing (:class:`NotFound`). Anything else that escapes a public function
(``IndexError``, ``MemoryError``, …) is a defect of ours.
"""

from __future__ import annotations

__all__ = ["ConfigError", "DecodeError", "NotFound", "RollupError", "Unavailable"]


class RollupError(Exception):
    """Base class of all errors that pyoprollup raises deliberately."""


class DecodeError(RollupError, ValueError):
    """Bytes or JSON from outside do not have the form that their codec requires."""


class ConfigError(RollupError, ValueError):
    """A configuration is incomplete or contradicts itself; the message names the field and value."""


class Unavailable(RollupError):
    """There is no answer now. The call left no trace; the same call may succeed later."""


class NotFound(RollupError):
    """The answer is that there is no such block, blob or other datum."""
