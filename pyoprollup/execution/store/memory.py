"""A chain store in memory."""

from __future__ import annotations

from pyoprollup.execution.store.backend import MemoryBackend
from pyoprollup.execution.store.chain import DEFAULT_WINDOW, DatabaseStore

__all__ = ["MemoryStore"]


class MemoryStore(DatabaseStore):
    """See :class:`~pyoprollup.execution.store.chain.DatabaseStore`; gone with its process."""

    def __init__(self, *, window: int = DEFAULT_WINDOW, archive: bool = False) -> None:
        super().__init__(MemoryBackend(), window=window, archive=archive, cache_bytes=0)
