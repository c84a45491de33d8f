"""Why there is no prestate."""

from __future__ import annotations

from pyoprollup.errors import RollupError, Unavailable

__all__ = ["PrestateError", "PrestateUnavailable"]


class PrestateError(RollupError):
    """The root of the errors about prestates."""


class PrestateUnavailable(PrestateError, Unavailable):
    """The source has no such prestate, or something else under its name, or does not answer."""
