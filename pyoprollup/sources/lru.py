"""A bounded map that evicts the least recently used entry."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Lru"]

K = TypeVar("K")
V = TypeVar("V")


class Lru(Generic[K, V]):
    """At most ``capacity`` entries. ``on_evict`` is called with each entry that is evicted or removed."""

    def __init__(self, capacity: int, on_evict: Callable[[K, V], None] | None = None) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._on_evict = on_evict

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: K) -> bool:
        """Whether there is such an entry; asking is not using."""
        return key in self._entries

    def peek(self, key: K) -> V | None:
        """The entry; that is no use of it."""
        return self._entries.get(key)

    def get(self, key: K) -> V | None:
        """The entry, which counts as used now."""
        if key not in self._entries:
            return None
        self._entries.move_to_end(key)
        return self._entries[key]

    def put(self, key: K, value: V) -> None:
        """Set an entry, which counts as used now."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._capacity:
            self._evicted(*self._entries.popitem(last=False))

    def remove(self, key: K) -> bool:
        """Take an entry out; whether there was one."""
        if key not in self._entries:
            return False
        self._evicted(key, self._entries.pop(key))
        return True

    def clear(self) -> None:
        """Forget all entries; ``on_evict`` is not called."""
        self._entries.clear()

    def _evicted(self, key: K, value: V) -> None:
        if self._on_evict is not None:
            self._on_evict(key, value)
