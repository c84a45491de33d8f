"""The safe-head database: from which L1 block on was which L2 block safe.

Fault proofs ask for it (``optimism_safeHeadAtL1Block``), and a wrong answer costs bonds. So the database is
complete from its first entry on, or it does not answer: what it does not know is
:class:`~pyoprollup.errors.Unavailable`, and never the head of some older entry. Whatever leaves a gap (a
write that fails, a sync by the engine, a file of another time or chain) makes it begin anew behind the gap.

An entry's key is the L1 block that derivation had used up when the safe head changed. Layout: a table
``l1_number`` → L1 hash, L2 hash, L2 number, in an SQLite file. A node that starts derives again what it had
derived, from an earlier safe head on; what it had recorded of that waits in another table of this form, so
that a node that is killed before it has caught up has no gap the next time. Specification:
protocol/rollup-node.md, safeHeadAtL1Block.
"""

from __future__ import annotations

import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pyoprollup.errors import ConfigError, NotFound, RollupError, Unavailable
from pyoprollup.eth.refs import BlockID, L2BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.events import Level, News, Tell, no_news
from pyoprollup.execution.store.errors import StoreError
from pyoprollup.execution.store.sqlite_file import open_sqlite, sqlite_write

__all__ = ["Coverage", "NoSafeHead", "NoSafeHeads", "SafeHeadDB", "SafeHeadReader"]

_APPLICATION_ID = 0x50594F53  # "PYOS"
_VERSION = 1
_SELECT = "SELECT l1_number, l1_hash, l2_hash, l2_number FROM safe_heads"
_SELECT_UNDONE = _SELECT.replace("safe_heads", "undone")
_SCHEMA = [
    f"CREATE TABLE IF NOT EXISTS {table} (l1_number INTEGER PRIMARY KEY,"
    " l1_hash BLOB NOT NULL, l2_hash BLOB NOT NULL, l2_number INTEGER NOT NULL)"
    for table in ("safe_heads", "undone")
]


class NoSafeHead(Unavailable):
    """The database does not know: it begins later, has failed, or is not kept."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """From which L1 block on the database is complete, and its newest entry: L1 block and safe head."""

    first_l1: BlockID
    last_l1: BlockID
    last_safe: BlockID


class SafeHeadReader(ABC):
    """A record of safe heads to be asked: a database, or nothing."""

    @abstractmethod
    def safe_head_at_l1(self, number: int) -> tuple[BlockID, BlockID]:
        """The last L1 block not after ``number`` in which the safe head changed, and that safe head.

        Raises :class:`NoSafeHead`.
        """


class NoSafeHeads(SafeHeadReader):
    """Stands in for a database that an operator does not want."""

    def safe_head_at_l1(self, _number: int) -> tuple[BlockID, BlockID]:
        raise NoSafeHead("safe head database not enabled")


class SafeHeadDB(SafeHeadReader):
    """Implements ``driver.SafeHeadListener``. For one thread.

    ``canonical_hash`` gives the hash of the engine's block of a number, and raises ``NotFound`` and
    ``Unavailable``: by it a file that was copied from elsewhere, or is of another time, is found out.
    ``path`` may be ``:memory:``. Raises :class:`~pyoprollup.errors.ConfigError` for a file that is no such
    database.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        canonical_hash: Callable[[int], Hash32],
        *,
        tell: Tell = no_news,
    ) -> None:
        self._path = os.fspath(path)
        self._canonical_hash = canonical_hash
        self._news = News("safe-heads", tell)
        self._trusted = False
        """Whether the entries are known to be of the engine's chain."""
        self._failed: Exception | None = None
        self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        try:
            # A process that dies loses nothing. A power failure may undo the last writes; that is a gap at
            # the end, which the next start finds.
            return open_sqlite(
                *(self._path, _SCHEMA),
                what="safe-head database",
                application=_APPLICATION_ID,
                version=_VERSION,
                durable=False,
            )
        except StoreError as exc:
            raise ConfigError(f"safe-head database {self._path}: {exc}") from exc

    def close(self) -> None:
        """Close the file of the database."""
        self._db.close()

    # --- answers

    def safe_head_at_l1(self, number: int) -> tuple[BlockID, BlockID]:
        if self._failed is not None:
            raise NoSafeHead(f"the safe-head database could not be written: {self._failed}")
        if not self._trusted:
            raise NoSafeHead("the safe-head database has not been compared with the engine yet")
        undone = self._row(f"{_SELECT_UNDONE} ORDER BY l1_number LIMIT 1")
        if undone is not None and number >= undone[0].number:
            raise NoSafeHead(f"derivation is not back at L1 block {undone[0].number} yet, after a restart")
        row = self._row(f"{_SELECT} WHERE l1_number <= ? ORDER BY l1_number DESC LIMIT 1", _clamped(number))
        if row is None:
            coverage = self.coverage()
            begins = "is empty" if coverage is None else f"begins at L1 block {coverage.first_l1.number}"
            raise NoSafeHead(f"the safe-head database {begins}, L1 block {number} is not in it")
        return row

    def coverage(self) -> Coverage | None:
        """What the database has; ``None`` if it is empty."""
        first = self._row(f"{_SELECT} ORDER BY l1_number LIMIT 1")
        last = self._row(f"{_SELECT} ORDER BY l1_number DESC LIMIT 1")
        return None if first is None or last is None else Coverage(first[0], *last)

    def _row(self, query: str, *parameters: int) -> tuple[BlockID, BlockID] | None:
        try:
            row = self._db.execute(query, parameters).fetchone()
        except sqlite3.Error as exc:
            raise NoSafeHead(f"the safe-head database cannot be read: {exc}") from exc
        if row is None:
            return None
        l1_number, l1_hash, l2_hash, l2_number = row
        return BlockID(Hash32(l1_hash), l1_number), BlockID(Hash32(l2_hash), l2_number)

    # --- as a listener

    def safe_head_updated(self, safe: L2BlockRef, l1: BlockID) -> None:
        """``safe`` is safe now that derivation has used up ``l1``."""
        with self._writing():
            if self._failed is not None:
                self._db.execute("DELETE FROM safe_heads")
                self._db.execute("DELETE FROM undone")
            self._put(l1, safe.id)
            self._confirm(l1, safe.id)
        # What comes from the driver is of the engine's chain.
        self._trusted = True

    def safe_head_reset(self, safe: L2BlockRef) -> None:
        """The safe head is an earlier one again: later entries are forgotten, and gaps are looked for."""
        with self._writing():
            starts = not self._trusted
            if starts:
                self._restore()
                self._compare()
                self._trusted = True
            self._db.execute("DELETE FROM undone")
            last = self.coverage()
            if last is not None and last.last_safe.number < safe.number:
                self._clear(f"it ends at L2 block {last.last_safe.number}, the safe head is {safe.number}")
            else:
                self._cut(safe, starts)

    def _restore(self) -> None:
        """What the last start had undone, and was not derived again, counts as before it."""
        self._db.execute(
            "INSERT OR REPLACE INTO safe_heads SELECT * FROM undone"
            " WHERE l1_number >= (SELECT ifnull(max(l1_number), 0) FROM safe_heads)"
        )

    def _confirm(self, l1: BlockID, safe: BlockID) -> None:
        """Derivation is at ``l1`` again: unless that is as before, what came after it is not, either."""
        row = self._row(f"{_SELECT_UNDONE} WHERE l1_number = ?", l1.number)
        if row is not None and (row[0] != l1 or (row[1].number == safe.number and row[1] != safe)):
            self._db.execute("DELETE FROM undone")
        self._db.execute(
            "DELETE FROM undone WHERE l1_number < ? OR (l1_number = ? AND l2_number <= ?)",
            (l1.number, l1.number, safe.number),
        )

    def _cut(self, safe: L2BlockRef, starts: bool) -> None:
        """Forget what came after ``safe``; the entry that made it safe has it for its safe head then.

        That the reference drops an entry which nothing comes before is right if ``safe`` may have been safe
        before the records began. It was not if the entry has just this block: then it stays, or each restart
        in the first minutes of a chain would cost the record's beginning.
        """
        row = self._row(
            f"{_SELECT} WHERE l1_number >= ? AND l2_number >= ? ORDER BY l1_number LIMIT 1",
            safe.l1_origin.number,
            safe.number,
        )
        if row is None:
            return
        l1, known = row
        first = l1.number + (known == safe.id)
        if starts:
            self._db.execute("INSERT INTO undone SELECT * FROM safe_heads WHERE l1_number >= ?", (first,))
        self._db.execute("DELETE FROM safe_heads WHERE l1_number >= ?", (first,))
        if known == safe.id:
            return
        if self._row(f"{_SELECT} LIMIT 1") is not None:
            self._put(l1, safe.id)
        else:
            # Without an entry before it, nobody knows whether the block became safe in this one.
            self._news("cleared", Level.WARNING, reason=f"the safe head went back to L2 block {safe.number}")

    def _put(self, l1: BlockID, safe: BlockID) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO safe_heads VALUES (?, ?, ?, ?)",
            (l1.number, l1.hash, safe.hash, safe.number),
        )

    def _clear(self, reason: str) -> None:
        self._news("cleared", Level.WARNING, reason=reason)
        self._db.execute("DELETE FROM safe_heads")

    # --- whether it is of the engine's chain

    def _compare(self) -> None:
        """Keep the entries up to the last one that is on the engine's chain.

        If an entry is on it, all before are. Raises ``Unavailable``, and tries again at the next reset.
        """
        numbers = [number for (number,) in self._db.execute("SELECT l1_number FROM safe_heads ORDER BY 1")]
        good, bad = 0, len(numbers)
        if numbers and self._is_canonical(numbers[-1]):
            return
        while good < bad:
            middle = (good + bad) // 2
            good, bad = (middle + 1, bad) if self._is_canonical(numbers[middle]) else (good, middle)
        if good == 0:
            if numbers:
                self._clear("none of its safe heads is on the engine's chain")
            return
        self._news("cut", Level.WARNING, entries=len(numbers) - good, reason="not on the engine's chain")
        self._db.execute("DELETE FROM safe_heads WHERE l1_number > ?", (numbers[good - 1],))

    def _is_canonical(self, l1_number: int) -> bool:
        row = self._row(f"{_SELECT} WHERE l1_number = ?", l1_number)
        if row is None:
            return False
        try:
            return self._canonical_hash(row[1].number) == row[1].hash
        except NotFound:
            return False

    # --- writing

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """All of a change or nothing. A change that fails ends the answers, and is no matter of the driver's.

        The next one that succeeds begins a new record.
        """
        try:
            with sqlite_write(self._db, self._path):
                yield
        except (StoreError, NoSafeHead) as exc:
            if self._failed is None:
                self._news("write-failed", Level.ERROR, path=self._path, error=str(exc))
            self._failed = exc
        except RollupError:
            self._trusted = False
            raise
        else:
            if self._failed is not None:
                self._news("written-again", path=self._path)
            self._failed = None


def _clamped(number: int) -> int:
    """SQLite has integers of 64 bits, with a sign."""
    return min(number, (1 << 63) - 1)
