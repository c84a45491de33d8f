"""Errors of a rollup node's JSON-RPC, as clients see them."""

from __future__ import annotations

from pyoprollup.errors import ConfigError, NotFound, RollupError, Unavailable

__all__ = [
    "NOT_FOUND_TEXT",
    "SAFE_DB_DISABLED_TEXT",
    "NoActiveSequencer",
    "RollupApiError",
    "RollupBadAnswer",
    "RollupNotFound",
    "RollupRefused",
    "RollupUnavailable",
    "WrongRollup",
    "without_not_found",
]

NOT_FOUND_TEXT = "not found"
"""What other services look for in the text of an error: the definite answer that there is no such thing."""
SAFE_DB_DISABLED_TEXT = "safe head database not enabled"


class RollupApiError(RollupError):
    """Base class of this package's errors."""


class RollupUnavailable(RollupApiError, Unavailable):
    """The node did not answer."""


class RollupBadAnswer(RollupUnavailable):
    """Its answer is not of the form that it should have, or contradicts itself."""


class RollupRefused(RollupUnavailable):
    """The node answered with an error."""

    def __init__(self, method: str, code: int, message: str) -> None:
        super().__init__(f"{method}: {message} ({code})")
        self.code = code
        self.message = message


class RollupNotFound(RollupApiError, NotFound):
    """The node says that there is no such block, or no safe head recorded for it."""


class NoActiveSequencer(RollupUnavailable):
    """None of the endpoints has a sequencer that is active."""


class WrongRollup(RollupApiError, ConfigError):
    """The endpoint serves another chain, or is no rollup node."""


def without_not_found(text: str) -> str:
    """The text of an error that is no definite answer, such that nobody takes it for one."""
    return text if NOT_FOUND_TEXT not in text.lower() else "unavailable"
