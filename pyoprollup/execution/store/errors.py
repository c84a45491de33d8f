"""Errors of chain stores. A store that cannot be trusted raises; it never returns wrong data."""

from __future__ import annotations

from pyoprollup.engine.errors import EngineError

__all__ = ["CorruptStore", "MissingBackend", "PrunedState", "StoreError", "StoreLocked", "WrongStore"]


class StoreError(EngineError):
    """Base class: the database cannot be read or written."""


class CorruptStore(StoreError):
    """A row is damaged, or one that must be there is missing."""


class PrunedState(StoreError):
    """A block is known, but its state is no longer kept."""


class WrongStore(StoreError):
    """The database is of another chain, of another version, or not ours at all."""


class StoreLocked(StoreError):
    """Another process has the database open."""


class MissingBackend(StoreError):
    """The database library is not installed."""
