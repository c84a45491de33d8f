"""Errors of conductors."""

from __future__ import annotations

from pyoprollup.errors import RollupError, Unavailable

__all__ = ["ConductorBadAnswer", "ConductorError", "ConductorRefused", "ConductorUnavailable"]


class ConductorError(RollupError):
    """Base class. Whatever was asked may not be taken for done."""


class ConductorUnavailable(ConductorError, Unavailable):
    """No answer, not in time, or no address to ask at. The call may have been carried out all the same."""


class ConductorBadAnswer(ConductorUnavailable):
    """The answer is not of the type that the method has."""


class ConductorRefused(ConductorError):
    """The conductor answers with an error, for instance that it is not the leader."""

    def __init__(self, method: str, code: int, message: str) -> None:
        super().__init__(f"{method}: {message} ({code})")
        self.code = code
        self.message = message
