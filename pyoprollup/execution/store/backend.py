"""What a chain store asks of a database: tables of bytes, and writes that happen whole or not at all."""

from __future__ import annotations

from enum import Enum
from hashlib import blake2b
from typing import Protocol

from pyoprollup.execution.store.errors import CorruptStore

__all__ = ["Backend", "Batch", "Changes", "MemoryBackend", "SealedBackend", "Table"]


class Table(Enum):
    """The tables, and what their rows are. Numbers are 8 bytes, big-endian."""

    META = "meta"
    """Name to whatever there is one of."""
    STATE = "state"
    """Hash to a reference count (4 bytes) and the trie node or code."""
    HEADERS = "headers"
    """Block hash to the header's RLP."""
    BODIES = "bodies"
    """Block hash to the RLP list of its transactions; compressed (zlib)."""
    RECEIPTS = "receipts"
    """Block hash to the RLP list of its receipts, each in its EIP-2718 form; compressed (zlib)."""
    CANONICAL = "canonical"
    """Number to block hash."""
    TRANSACTIONS = "transactions"
    """Transaction hash to its places: block hash and index (4 bytes) of each."""
    RETAINED = "retained"
    """Hash of a block whose state is kept, to the hashes of those of its children whose state is."""
    DIFFERENCES = "differences"
    """Block hash to what its state has more or less of than its parent's."""


Changes = dict[Table, dict[bytes, bytes | None]]
"""New rows by table and key; ``None`` deletes a row."""


class Backend(Protocol):
    """A database. Its methods raise :class:`~pyoprollup.execution.store.errors.StoreError` only."""

    def get(self, table: Table, key: bytes) -> bytes | None: ...

    def write(self, changes: Changes) -> None:
        """Apply all changes in one transaction: after a crash all of them are there, or none."""
        ...

    def close(self) -> None: ...


class MemoryBackend:
    """A database that is gone with its process."""

    def __init__(self) -> None:
        self.tables: dict[Table, dict[bytes, bytes]] = {table: {} for table in Table}

    def get(self, table: Table, key: bytes) -> bytes | None:
        return self.tables[table].get(key)

    def write(self, changes: Changes) -> None:
        for table, rows in changes.items():
            known = self.tables[table]
            for key, value in rows.items():
                if value is None:
                    known.pop(key, None)
                else:
                    known[key] = value

    def close(self) -> None:
        """Nothing: the rows stay, so that the backend can be opened again."""


_CONTENT_ADDRESSED = (Table.STATE, Table.HEADERS)
_SEAL = 8


def _seal(table: Table, key: bytes, value: bytes) -> bytes:
    digest = blake2b(key, digest_size=_SEAL, person=table.value.encode())
    digest.update(value)
    return digest.digest()


class SealedBackend:
    """Puts a check sum before each row whose key is not already the hash of what it holds.

    The sum covers table and key, so that neither a damaged row nor one in the wrong place is believed.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.close = backend.close

    def get(self, table: Table, key: bytes) -> bytes | None:
        """The row; raises :class:`CorruptStore` if it is not as it was written."""
        row = self._backend.get(table, key)
        if row is None or table in _CONTENT_ADDRESSED:
            return row
        value = row[_SEAL:]
        if row[:_SEAL] != _seal(table, key, value):
            raise CorruptStore(f"{table.value}: the row 0x{key.hex()} is damaged")
        return value

    def write(self, changes: Changes) -> None:
        self._backend.write(
            {
                table: rows
                if table in _CONTENT_ADDRESSED
                else {
                    key: None if value is None else _seal(table, key, value) + value
                    for key, value in rows.items()
                }
                for table, rows in changes.items()
            }
        )


class Batch:
    """Changes for one write. Reads see them already."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.changes: Changes = {table: {} for table in Table}

    def get(self, table: Table, key: bytes) -> bytes | None:
        rows = self.changes[table]
        return rows[key] if key in rows else self._backend.get(table, key)

    def put(self, table: Table, key: bytes, value: bytes) -> None:
        self.changes[table][key] = value

    def delete(self, table: Table, key: bytes) -> None:
        self.changes[table][key] = None

    def commit(self) -> None:
        changes = {table: rows for table, rows in self.changes.items() if rows}
        if changes:
            self._backend.write(changes)
