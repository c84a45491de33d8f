"""A chain store in an SQLite file, with the standard library alone.

The journal is a write-ahead log. With ``durable`` each write waits for the disk, which takes a few
milliseconds. Without, a power failure may undo the last writes: what is derived from L1 is derived again,
but a sequencer might build a second block in place of one that it has published. A process that dies loses
nothing in either case.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from pyoprollup.execution.store.backend import Changes, Table
from pyoprollup.execution.store.chain import DEFAULT_WINDOW, DatabaseStore
from pyoprollup.execution.store.errors import CorruptStore, StoreError, StoreLocked, WrongStore

__all__ = ["SCHEMA_VERSION", "SqliteBackend", "SqliteStore"]

SCHEMA_VERSION = 1
_APPLICATION_ID = 0x50594F50  # "PYOP"


class SqliteBackend:
    """One file, open in one process at a time."""

    def __init__(self, path: str | os.PathLike[str], *, durable: bool = True) -> None:
        with _store_errors(path):
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1)
            try:
                self._prepare(durable)
            except BaseException:
                self._db.close()
                raise
        self._path = path
        self._select = {table: f"SELECT value FROM {table.value} WHERE key = ?" for table in Table}  # noqa: S608

    def _prepare(self, durable: bool) -> None:
        execute = self._db.execute
        # Exclusive: the heads and state that a process remembers must not change behind its back.
        execute("PRAGMA locking_mode = EXCLUSIVE")
        execute("PRAGMA cache_size = -65536")
        application, version, pages = (
            execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "user_version", "page_count")
        )
        if pages and application != _APPLICATION_ID:
            raise WrongStore("the file is a database, but no chain store")
        if pages and version != SCHEMA_VERSION:
            raise WrongStore(f"the database has version {version}, this program knows {SCHEMA_VERSION}")
        execute("PRAGMA journal_mode = WAL")
        # Keys are hashes, so a write touches pages all over the file. A long log collects those of many
        # blocks before they are written in place: three times as quick as with the default length.
        execute("PRAGMA wal_autocheckpoint = 8192")
        execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        execute("BEGIN EXCLUSIVE")
        for table in Table:
            execute(f"CREATE TABLE IF NOT EXISTS {table.value} (key BLOB PRIMARY KEY, value BLOB NOT NULL)")
        execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        execute("COMMIT")

    def get(self, table: Table, key: bytes) -> bytes | None:
        with _store_errors(self._path):
            row = self._db.execute(self._select[table], (key,)).fetchone()
        if row is None:
            return None
        value = row[0]
        if not isinstance(value, bytes):
            raise CorruptStore(f"{table.value}: the row 0x{key.hex()} is not bytes")
        return value

    def write(self, changes: Changes) -> None:
        with _store_errors(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for table, rows in changes.items():
                    self._apply(table, rows)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _apply(self, table: Table, rows: dict[bytes, bytes | None]) -> None:
        put = [(key, value) for key, value in rows.items() if value is not None]
        gone = [(key,) for key, value in rows.items() if value is None]
        if put:
            self._db.executemany(f"INSERT OR REPLACE INTO {table.value} VALUES (?, ?)", put)  # noqa: S608
        if gone:
            self._db.executemany(f"DELETE FROM {table.value} WHERE key = ?", gone)  # noqa: S608

    def close(self) -> None:
        with _store_errors(self._path):
            self._db.close()


@contextmanager
def _store_errors(path: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as exc:
        name = os.fspath(path)
        if getattr(exc, "sqlite_errorcode", None) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StoreLocked(f"{name}: in use by another process") from exc
        damaged = type(exc) is sqlite3.DatabaseError
        raise (CorruptStore if damaged else StoreError)(f"{name}: {exc}") from exc


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
