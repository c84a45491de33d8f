"""A chain store in an SQLite file, with the standard library alone.

Without ``durable`` (see :mod:`pyoprollup.execution.store.sqlite_file`) a power failure may undo the last
writes: what is derived from L1 is derived again, but a sequencer might build a second block in place of one
that it has published.
"""

from __future__ import annotations

import os

from pyoprollup.execution.store.backend import Changes, Table
from pyoprollup.execution.store.chain import DEFAULT_WINDOW, DatabaseStore
from pyoprollup.execution.store.errors import CorruptStore
from pyoprollup.execution.store.sqlite_file import open_sqlite, sqlite_errors, sqlite_write

__all__ = ["SCHEMA_VERSION", "SqliteBackend", "SqliteStore"]

SCHEMA_VERSION = 1
_APPLICATION_ID = 0x50594F50  # "PYOP"


class SqliteBackend:
    """One file, open in one process at a time."""

    def __init__(self, path: str | os.PathLike[str], *, durable: bool = True) -> None:
        tables = (
            f"CREATE TABLE IF NOT EXISTS {table.value} (key BLOB PRIMARY KEY, value BLOB NOT NULL)"
            for table in Table
        )
        self._db = open_sqlite(
            path,
            tables,
            what="chain store",
            application=_APPLICATION_ID,
            version=SCHEMA_VERSION,
            durable=durable,
        )
        self._path = path
        self._select = {table: f"SELECT value FROM {table.value} WHERE key = ?" for table in Table}  # noqa: S608

    def get(self, table: Table, key: bytes) -> bytes | None:
        with sqlite_errors(self._path):
            row = self._db.execute(self._select[table], (key,)).fetchone()
        if row is None:
            return None
        value = row[0]
        if not isinstance(value, bytes):
            raise CorruptStore(f"{table.value}: the row 0x{key.hex()} is not bytes")
        return value

    def write(self, changes: Changes) -> None:
        with sqlite_write(self._db, self._path):
            for table, rows in changes.items():
                self._apply(table, rows)

    def _apply(self, table: Table, rows: dict[bytes, bytes | None]) -> None:
        put = [(key, value) for key, value in rows.items() if value is not None]
        gone = [(key,) for key, value in rows.items() if value is None]
        if put:
            self._db.executemany(f"INSERT OR REPLACE INTO {table.value} VALUES (?, ?)", put)  # noqa: S608
        if gone:
            self._db.executemany(f"DELETE FROM {table.value} WHERE key = ?", gone)  # noqa: S608

    def close(self) -> None:
        with sqlite_errors(self._path):
            self._db.close()


class SqliteStore(DatabaseStore):
    """See :class:`~pyoprollup.execution.store.chain.DatabaseStore`; ``durable`` is explained above.

    Raises :class:`WrongStore` for a file that is no chain store or of another version, and
    :class:`StoreLocked` for one that another process has open.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        window: int = DEFAULT_WINDOW,
        archive: bool = False,
        durable: bool = True,
    ) -> None:
        super().__init__(SqliteBackend(path, durable=durable), window=window, archive=archive)
