"""An SQLite file as chains are kept in: open in one process at a time, each write all or nothing.

The journal is a write-ahead log. With ``durable`` each write waits for the disk, which takes a few
milliseconds. Without, a power failure may undo the last writes. A process that dies loses nothing in either
case.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from pyoprollup.execution.store.errors import CorruptStore, StoreError, StoreLocked, WrongStore

__all__ = ["open_sqlite", "sqlite_errors", "sqlite_write"]


def open_sqlite(
    path: str | os.PathLike[str],
    schema: Iterable[str],
    *,
    what: str,
    application: int,
    version: int,
    durable: bool = True,
) -> sqlite3.Connection:
    """Open a file, or make it with the statements of ``schema``.

    Raises :class:`WrongStore` for a file that is no ``what``, or has another version, :class:`StoreLocked`
    for one that another process has open, and :class:`StoreError`.
    """
    with sqlite_errors(path):
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1)
        try:
            _prepare(db, schema, what, application, version, durable)
        except BaseException:
            db.close()
            raise
    return db


def _prepare(
    db: sqlite3.Connection, schema: Iterable[str], what: str, application: int, version: int, durable: bool
) -> None:
    execute = db.execute
    # Exclusive: the heads and state that a process remembers must not change behind its back.
    execute("PRAGMA locking_mode = EXCLUSIVE")
    execute("PRAGMA cache_size = -65536")
    found_application, found_version, pages = (
        execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version", "page_count")
    )
    if pages and found_application != application:
        raise WrongStore(f"the file is a database, but no {what}")
    if pages and found_version != version:
        raise WrongStore(f"the database has version {found_version}, this program knows {version}")
    execute("PRAGMA journal_mode = WAL")
    # Keys are hashes, so a write touches pages all over the file. A long log collects those of many
    # blocks before they are written in place: three times as quick as with the default length.
    execute("PRAGMA wal_autocheckpoint = 8192")
    execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    execute("BEGIN EXCLUSIVE")
    for statement in schema:
        execute(statement)
    execute(f"PRAGMA application_id = {application}")
    execute(f"PRAGMA user_version = {version}")
    execute("COMMIT")


@contextmanager
def sqlite_write(db: sqlite3.Connection, path: str | os.PathLike[str]) -> Iterator[None]:
    """All that is written inside, or nothing of it."""
    with sqlite_errors(path):
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


@contextmanager
def sqlite_errors(path: str | os.PathLike[str]) -> Iterator[None]:
    """SQLite's errors become :class:`StoreError`, with the file's name."""
    try:
        yield
    except sqlite3.Error as exc:
        name = os.fspath(path)
        if getattr(exc, "sqlite_errorcode", None) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StoreLocked(f"{name}: in use by another process") from exc
        damaged = type(exc) is sqlite3.DatabaseError
        raise (CorruptStore if damaged else StoreError)(f"{name}: {exc}") from exc
