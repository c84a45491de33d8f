"""Errors of gossip and block requests."""

from __future__ import annotations

from pyoprollup.errors import DecodeError, RollupError, Unavailable

__all__ = [
    "BadResponse",
    "GossiperNotRunning",
    "P2PError",
    "PublishError",
    "RateLimited",
    "SignerError",
    "SyncRequestError",
]


class P2PError(RollupError):
    """Base class of this package's errors."""


class SignerError(P2PError, Unavailable):
    """A block could not be signed."""


class PublishError(P2PError):
    """Publishing a block failed."""


class GossiperNotRunning(P2PError):
    """A block was handed over to a gossiper that is stopped."""


class SyncRequestError(P2PError):
    """A peer did not serve a request."""


class BadResponse(SyncRequestError, DecodeError):
    """A peer's response is malformed, or is not about the block that was asked for."""


class RateLimited(P2PError):
    """Too many requests: the wait would be longer than is reasonable."""
