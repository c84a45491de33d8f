"""Verified data by hash, bounded in bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

__all__ = ["ByteCache"]

V = TypeVar("V")


class ByteCache:
    """Keeps what was used last, up to a number of bytes. For several threads.

    Only what was verified belongs here, under a key that says which kind of thing it is and by which hash: it
    stays true for ever.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()
        self.size = 0
        """Bytes, about, of all that is kept."""

    def get(self, key: Hashable) -> Any:
        """The value, or ``None``."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def keep(self, key: Hashable, value: V, size: int) -> V:
        """Keep a value of about so many bytes, unless it alone is more than there is room for."""
        with self._lock:
            self._drop(key)
            if size <= self._limit:
                self._entries[key] = (value, size)
                self.size += size
            while self.size > self._limit:
                self._drop(next(iter(self._entries)))
        return value

    def get_or(self, key: Hashable, read: Callable[[], V], size: Callable[[V], int]) -> V:
        """The value; read, and kept if reading it does not raise."""
        found: V | None = self.get(key)
        if found is not None:
            return found
        value = read()
        return self.keep(key, value, size(value))

    def _drop(self, key: Hashable) -> None:
        _, size = self._entries.pop(key, (None, 0))
        self.size -= size
