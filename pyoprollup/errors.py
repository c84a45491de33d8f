"""The root of every error that the library raises on purpose.

Each package derives its own small family from :class:`RollupError`. Anything else that escapes
a public function (``IndexError``, ``MemoryError``, …) is a defect of ours.
"""

from __future__ import annotations

__all__ = ["ConfigError", "DecodeError", "RollupError"]


class RollupError(Exception):
    """Base class of all errors that pyoprollup raises deliberately."""


class DecodeError(RollupError, ValueError):
    """Bytes or JSON from outside do not have the form that their codec requires."""


class ConfigError(RollupError, ValueError):
    """A configuration is incomplete or contradicts itself; the message names the field and value."""
