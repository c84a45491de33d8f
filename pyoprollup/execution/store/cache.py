"""A cache of byte strings with a limit on their total size."""

from __future__ import annotations

__all__ = ["BytesCache"]

_OVERHEAD = 200
"""Bytes that an entry takes besides its value, roughly."""


class BytesCache:
    """Values by key, until there are more than ``max_bytes`` of them; the least recently used goes first."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._values: dict[bytes, bytes] = {}
        self._size = 0

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: bytes) -> bytes | None:
        value = self._values.pop(key, None)
        if value is not None:
            self._values[key] = value  # dicts keep their order, so this is the newest now
        return value

    def put(self, key: bytes, value: bytes) -> None:
        self.drop(key)
        self._values[key] = value
        self._size += len(value) + _OVERHEAD
        while self._size > self._max_bytes:
            self.drop(next(iter(self._values)))

    def drop(self, key: bytes) -> None:
        value = self._values.pop(key, None)
        if value is not None:
            self._size -= len(value) + _OVERHEAD
