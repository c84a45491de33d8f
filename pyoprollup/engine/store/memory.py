"""A chain store in memory."""

from __future__ import annotations

from pyoprollup.engine.store.backend import MemoryBackend
from pyoprollup.engine.store.chain import DEFAULT_WINDOW, DatabaseStore

__all__ = ["MemoryStore"]


class MemoryStore(DatabaseStore):
    """See :class:`~pyoprollup.engine.store.chain.DatabaseStore`; gone with its process."""

    def __init__(self, *, window: int = DEFAULT_WINDOW, archive: bool = False) -> None:
        super().__init__(MemoryBackend(), window=window, archive=archive, cache_bytes=0)
