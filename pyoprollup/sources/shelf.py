"""A place for large data by key, bounded in entries and bytes, part of which may be filled ahead of its use.

What was used leaves first, the oldest before all: of what was fetched ahead, nothing is thrown away for
something that is needed later. What is fetched ahead takes half of the room at most, so it never drives out
what is being used now.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["Shelf"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Shelf(Generic[K, V]):
    """``limit`` entries with ``max_bytes`` in all; the last one that was asked for stays in any case."""

    def __init__(self, limit: int, max_bytes: int) -> None:
        self._limit = limit
        self._max_bytes = max_bytes
        self._used: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._ahead: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._ahead_size = 0
        self._is_full = False
        self.size = 0
        """Bytes, about, of all that is here."""

    def __contains__(self, key: K) -> bool:
        """Whether it is here; that is no use of it."""
        return key in self._used or key in self._ahead

    def __len__(self) -> int:
        return len(self._used) + len(self._ahead)

    @property
    def has_room_ahead(self) -> bool:
        """Whether something may be fetched ahead, of the size that things here mostly have."""
        usual = self.size // max(len(self), 1)
        fits = 2 * (self._ahead_size + usual) <= self._max_bytes
        return fits and not self._is_full and 2 * len(self._ahead) < self._limit

    def peek(self, key: K) -> V | None:
        """The value, without using it."""
        entry = self._used.get(key) or self._ahead.get(key)
        return None if entry is None else entry[0]

    def use(self, key: K) -> V | None:
        """The value, or ``None``."""
        entry = self._used.get(key)
        if entry is None:
            entry = self._take_ahead(key)
            if entry is None:
                return None
            self._used[key] = entry
        self._used.move_to_end(key)
        return entry[0]

    def keep(self, key: K, value: V, size: int, *, ahead: bool = False) -> None:
        """Keep a value of about so many bytes; one that comes ahead only if there is room for it."""
        if key in self:
            return
        if ahead and 2 * (self._ahead_size + size) > self._max_bytes:
            # It would be fetched again and again, until something leaves.
            self._is_full = True
            return
        self.size += size
        if ahead:
            self._ahead[key] = (value, size)
            self._ahead_size += size
        else:
            self._used[key] = (value, size)
            self._is_full = False
        self._make_room()

    def pass_by(self, is_past: Callable[[K], bool]) -> None:
        """What was fetched ahead and will not be used after all leaves like what was used."""
        for key in [key for key in self._ahead if is_past(key)]:
            entry = self._take_ahead(key)
            if entry is not None:
                self._used[key] = entry
                self._used.move_to_end(key, last=False)

    def _take_ahead(self, key: K) -> tuple[V, int] | None:
        entry = self._ahead.pop(key, None)
        if entry is not None:
            self._ahead_size -= entry[1]
            self._is_full = False
        return entry

    def _make_room(self) -> None:
        while len(self) > self._limit or self.size > self._max_bytes:
            if len(self._used) > 1:
                _, (_, size) = self._used.popitem(last=False)
            elif self._ahead:  # the one that is needed last
                _, (_, size) = self._ahead.popitem()
                self._ahead_size -= size
                self._is_full = True
            else:
                return
            self.size -= size
