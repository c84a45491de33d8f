"""Reads of state: trie nodes, code and headers by hash, each checked against its hash."""

from __future__ import annotations

from pyoprollup.eth.crypto import keccak256
from pyoprollup.execution.store.backend import Backend, Batch, Table
from pyoprollup.execution.store.cache import BytesCache
from pyoprollup.execution.store.errors import CorruptStore

__all__ = ["COUNT_SIZE", "StateReader"]

COUNT_SIZE = 4
"""Bytes of the reference count that stands before trie nodes and code."""


class StateReader:
    """Implements ``KeyValue`` on a backend. What was read is remembered, up to ``cache_bytes``.

    The hash of each value that comes from the database is checked: a keccak costs a fraction of the
    read, and no execution can go wrong for a damaged row.
    """

    def __init__(self, backend: Backend, cache_bytes: int) -> None:
        self._backend = backend
        self._cache = BytesCache(cache_bytes)

    def __getitem__(self, key: bytes) -> bytes:
        """The pre-image of a hash; raises ``KeyError``, or :class:`CorruptStore` if it is damaged."""
        value = self.node(key)
        if value is None:
            value = self.header(key)
        if value is None:
            raise KeyError(key)
        return value

    def node(self, key: bytes) -> bytes | None:
        """A trie node or code."""
        value = self._cache.get(key)
        if value is None:
            row = self._backend.get(Table.STATE, key)
            if row is None:
                return None
            value = _checked(Table.STATE, key, row[COUNT_SIZE:])
            self._cache.put(key, value)
        return value

    def header(self, key: bytes) -> bytes | None:
        """A header's RLP, by block hash."""
        row = self._backend.get(Table.HEADERS, key)
        return None if row is None else _checked(Table.HEADERS, key, row)

    def added(self, batch: Batch) -> None:
        """A batch was written: what is new will be read soon."""
        for key, row in batch.changes[Table.STATE].items():
            if row is not None:
                self._cache.put(key, row[COUNT_SIZE:])

    def removed(self, batch: Batch) -> None:
        """A batch was written: what it deleted is not there any more."""
        for key, row in batch.changes[Table.STATE].items():
            if row is None:
                self._cache.drop(key)


def _checked(table: Table, key: bytes, value: bytes) -> bytes:
    if keccak256(value) != key:
        raise CorruptStore(f"{table.value}: the value of 0x{key.hex()} is damaged")
    return value
