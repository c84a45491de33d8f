"""A chain store in an LMDB directory; needs the package ``lmdb`` (``pyoprollup[lmdb]``).

Reads are quicker than SQLite's. ``durable`` as there: without it the last writes may be undone by a power
failure, and since LMDB keeps no log, on some file systems the database may be damaged by one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from pyoprollup.execution.store.backend import Changes, Table
from pyoprollup.execution.store.chain import DEFAULT_WINDOW, DatabaseStore
from pyoprollup.execution.store.errors import (
    CorruptStore,
    MissingBackend,
    StoreError,
    StoreLocked,
    WrongStore,
)

__all__ = ["SCHEMA_VERSION", "LmdbBackend", "LmdbStore"]

SCHEMA_VERSION = 1
_SCHEMA_KEY = b"pyoprollup schema"
_FIRST_SIZE = 1 << 28
"""Bytes of address space to begin with; doubled as needed."""


class LmdbBackend:
    """One directory, open in one process at a time."""

    def __init__(self, path: str | os.PathLike[str], *, durable: bool = True) -> None:
        try:
            self._lmdb: Any = import_module("lmdb")
        except ImportError as exc:
            raise MissingBackend("the package lmdb is not installed") from exc
        self._reader: Any = None
        self._env: Any = None
        self._lock: int | None = None
        with self._store_errors():
            os.makedirs(path, exist_ok=True)
            self._lock = _lock(Path(path) / "in-use")
            try:
                self._open(os.fspath(path), durable)
            except BaseException:
                self.close()
                raise

    def _open(self, path: str, durable: bool) -> None:
        size = _FIRST_SIZE
        data = Path(path) / "data.mdb"
        while data.exists() and size < 2 * data.stat().st_size:
            size *= 2
        self._env = self._lmdb.open(path, map_size=size, max_dbs=len(Table), sync=durable, lock=False)
        self._size = size
        with self._env.begin(write=True) as txn:
            version = txn.get(_SCHEMA_KEY)
            if version is None and txn.stat()["entries"]:
                raise WrongStore(f"{path}: a database, but no chain store")
            if version not in (None, str(SCHEMA_VERSION).encode()):
                raise WrongStore(f"{path}: version {version!r}, this program knows {SCHEMA_VERSION}")
            txn.put(_SCHEMA_KEY, str(SCHEMA_VERSION).encode())
        self._tables = {table: self._env.open_db(table.value.encode()) for table in Table}

    def get(self, table: Table, key: bytes) -> bytes | None:
        with self._store_errors():
            if self._reader is None:
                self._reader = self._env.begin()
            value: bytes | None = self._reader.get(key, db=self._tables[table])
            return value

    def write(self, changes: Changes) -> None:
        with self._store_errors():
            self._end_reading()
            while True:
                try:
                    self._try_write(changes)
                    return
                except self._lmdb.MapFullError:
                    self._size *= 2
                    self._env.set_mapsize(self._size)

    def _try_write(self, changes: Changes) -> None:
        with self._env.begin(write=True) as txn:
            for table, rows in changes.items():
                database = self._tables[table]
                for key, value in rows.items():
                    if value is None:
                        txn.delete(key, db=database)
                    else:
                        txn.put(key, value, db=database)

    def _end_reading(self) -> None:
        if self._reader is not None:
            self._reader.abort()
            self._reader = None

    def close(self) -> None:
        self._end_reading()
        if self._env is not None:
            self._env.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @contextmanager
    def _store_errors(self) -> Iterator[None]:
        lmdb = self._lmdb
        try:
            yield
        except (lmdb.CorruptedError, lmdb.PageNotFoundError, lmdb.InvalidError) as exc:
            raise CorruptStore(str(exc)) from exc
        except (lmdb.Error, OSError) as exc:
            raise StoreError(str(exc)) from exc


def _lock(path: Path) -> int:
    """Take the file for this process; it is free again when the process ends, however it does."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl: Any = import_module("fcntl")
    except ImportError:
        return handle  # no such locks on this system: it is up to the operator
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        os.close(handle)
        raise StoreLocked(f"{path.parent}: in use by another process") from exc
    return handle


class LmdbStore(DatabaseStore):
    """See :class:`~pyoprollup.execution.store.chain.DatabaseStore`; ``durable`` is explained above.

    Raises :class:`MissingBackend` without the package, :class:`WrongStore` for a directory that is no
    chain store or of another version, and :class:`StoreLocked` for one that another process has open.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        window: int = DEFAULT_WINDOW,
        archive: bool = False,
        durable: bool = True,
    ) -> None:
        super().__init__(LmdbBackend(path, durable=durable), window=window, archive=archive)
