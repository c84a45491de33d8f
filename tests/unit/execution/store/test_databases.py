"""What is particular to the databases on disk."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from pyoprollup.execution.store import (
    LmdbStore,
    MissingBackend,
    SqliteStore,
    StoreError,
    StoreLocked,
    WrongStore,
)
from pyoprollup.execution.store import lmdb as lmdb_module
from pyoprollup.execution.store.backend import Table
from pyoprollup.execution.store.lmdb import LmdbBackend
from pyoprollup.execution.store.sqlite import SqliteBackend
from tests.support import ROOT
from tests.unit.execution.store.support import DISK_KINDS, open_store

OPEN = (
    "import sys; from pathlib import Path; from tests.unit.execution.store.support import *\n"
    "from pyoprollup.execution.store import StoreLocked\n"
    "try: open_store(sys.argv[1], Path(sys.argv[2]))\n"
    "except StoreLocked: sys.exit(7)"
)


@pytest.mark.parametrize("kind", DISK_KINDS)
def test_one_process_at_a_time(kind: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", OPEN, kind, str(tmp_path)]
    store = open_store(kind, tmp_path)
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 7
    with pytest.raises(StoreLocked):
        open_store(kind, tmp_path)
    store.close()
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("kind", DISK_KINDS)
def test_a_place_that_cannot_be_written(kind: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError):
        open_store(kind, tmp_path / "file")


@pytest.mark.parametrize("kind", DISK_KINDS)
def test_writes_wait_for_the_disk_unless_told_otherwise(kind: str, tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "db") if kind == "sqlite" else LmdbStore(tmp_path / "db")
    backend: SqliteBackend | LmdbBackend = store._backend._backend  # type: ignore[assignment]
    if isinstance(backend, SqliteBackend):
        assert backend._db.execute("PRAGMA synchronous").fetchone() == (2,)
        assert backend._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    else:
        assert backend._env.flags()["sync"]
    store.close()


# --- SQLite


def test_files_that_are_no_chain_store(tmp_path: Path) -> None:
    path = tmp_path / "db"
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE mine (x)")
    foreign.commit()
    foreign.close()
    before = path.read_bytes()
    with pytest.raises(WrongStore):
        SqliteStore(path)
    assert path.read_bytes() == before
    path.write_bytes(b"no database at all, but long enough to be one" * 100)
    with pytest.raises(StoreError):
        SqliteStore(path)


def test_another_version_of_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "db"
    SqliteStore(path).close()
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 2")
    other.commit()
    other.close()
    with pytest.raises(WrongStore, match="version 2"):
        SqliteStore(path)


def test_a_damaged_file_is_a_typed_error(tmp_path: Path) -> None:
    path = tmp_path / "db"
    backend = SqliteBackend(path)
    backend.write({Table.STATE: {os.urandom(32): bytes(1000) for _ in range(100)}})
    keys = [row[0] for row in backend._db.execute("SELECT key FROM state")]
    backend.close()
    data = bytearray(path.read_bytes())
    data[8192:] = os.urandom(len(data) - 8192)
    path.write_bytes(bytes(data))
    with pytest.raises(StoreError):
        damaged = SqliteBackend(path)
        for key in keys:
            damaged.get(Table.STATE, key)


def test_a_failed_transaction_is_rolled_back(tmp_path: Path) -> None:
    backend = SqliteBackend(tmp_path / "db")
    backend._db.execute("DROP TABLE bodies")
    with pytest.raises(StoreError):
        backend.write({Table.META: {b"a": b"1"}, Table.BODIES: {b"b": b"2"}})
    assert backend.get(Table.META, b"a") is None
    backend.write({Table.META: {b"a": b"1"}})
    assert backend.get(Table.META, b"a") == b"1"
    backend.close()


# --- LMDB


def test_without_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "lmdb", None)
    with pytest.raises(MissingBackend):
        LmdbStore(tmp_path / "db")


def test_the_map_grows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("lmdb")
    monkeypatch.setattr(lmdb_module, "_FIRST_SIZE", 1 << 18)
    backend = LmdbBackend(tmp_path / "db", durable=False)
    rows: dict[bytes, bytes | None] = {number.to_bytes(4, "big"): bytes(2000) for number in range(1000)}
    backend.write({Table.STATE: rows})
    backend.close()
    again = LmdbBackend(tmp_path / "db", durable=False)
    assert all(again.get(Table.STATE, key) == value for key, value in rows.items())
    again.write({Table.STATE: dict.fromkeys(rows)})
    assert again.get(Table.STATE, bytes(4)) is None
    again.close()


def test_directories_of_another_program_or_version(tmp_path: Path) -> None:
    lmdb = pytest.importorskip("lmdb")
    for key, value in ((b"mine", b"x"), (b"pyoprollup schema", b"2")):
        path = tmp_path / value.decode()
        with lmdb.open(str(path)) as env, env.begin(write=True) as txn:
            txn.put(key, value)
        with pytest.raises(WrongStore):
            LmdbStore(path)
