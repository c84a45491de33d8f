"""Errors of a client of L1. All of them say: there is no answer that can be used."""

from __future__ import annotations

from pyoprollup.errors import Unavailable

__all__ = ["ForeignChain", "LimitExceeded", "MethodMissing", "NotAtHand", "Unverified"]


class Unverified(Unavailable):
    """An answer does not have the hash or root that it must have, or is not of the right form."""


class NotAtHand(Unavailable):
    """The endpoint says ``null`` to what exists: it lacks the datum now, as one that is behind does."""


class MethodMissing(Unavailable):
    """The endpoint does not have the method at all."""


class LimitExceeded(Unavailable):
    """The endpoint takes no more calls now."""


class ForeignChain(Unavailable):
    """The endpoint serves another chain than the one that is wanted."""
