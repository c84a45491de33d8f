"""The safe-head database: what it answers, and that it never answers what it does not know.

The first tests are what the reference's database does; the others are about gaps, of which each is a public
failure of a node whose answers cost bonds.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.errors import ConfigError, NotFound, Unavailable
from pyoprollup.eth.refs import BlockID, L2BlockRef
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.events import Happening
from pyoprollup.node.safe_heads import NoSafeHead, NoSafeHeads, SafeHeadDB


def l1(number: int, fork: int = 0) -> BlockID:
    return BlockID(Hash32(bytes([1, fork]) + number.to_bytes(30, "big")), number)


def l2(number: int, origin: int = 0, fork: int = 0) -> L2BlockRef:
    block_hash = Hash32(bytes([2, fork]) + number.to_bytes(30, "big"))
    return L2BlockRef(block_hash, number, ZERO_HASH, 2 * number, l1(origin), 0)


class Engine:
    """The blocks of one fork up to a head."""

    def __init__(self, head: int = 10**6, fork: int = 0) -> None:
        self.head = head
        self.fork = fork
        self.fails = False
        self.asked = 0

    def __call__(self, number: int) -> Hash32:
        self.asked += 1
        if self.fails:
            raise Unavailable("no answer")
        if number > self.head:
            raise NotFound(f"no block {number}")
        return l2(number, fork=self.fork).hash


def opened(
    path: Any = ":memory:", engine: Engine | None = None, news: list[Happening] | None = None
) -> SafeHeadDB:
    heard: list[Happening] = [] if news is None else news
    return SafeHeadDB(path, engine or Engine(), tell=heard.append)


def filled(db: SafeHeadDB) -> SafeHeadDB:
    """Safe heads 5, 8 and 12, at L1 blocks 100, 103 and 105."""
    for at, number in ((100, 5), (103, 8), (105, 12)):
        db.safe_head_updated(l2(number, origin=at - 3), l1(at))
    return db


def safe_at(db: SafeHeadDB, number: int) -> int | None:
    """The safe head's number; ``None`` if the database does not know."""
    try:
        return db.safe_head_at_l1(number)[1].number
    except NoSafeHead:
        return None


def test_the_newest_entry_not_after_the_block_counts() -> None:
    db = filled(opened())
    assert [safe_at(db, number) for number in (100, 102, 103, 104, 105, 10**30)] == [5, 5, 8, 8, 12, 12]
    assert db.safe_head_at_l1(104) == (l1(103), l2(8).id)


def test_the_last_safe_head_of_an_l1_block_counts() -> None:
    db = filled(opened())
    db.safe_head_updated(l2(14), l1(105))
    assert safe_at(db, 105) == 14


def test_what_was_before_the_first_entry_is_not_known() -> None:
    with pytest.raises(NoSafeHead, match="begins at L1 block 100, L1 block 99 is not in it"):
        filled(opened()).safe_head_at_l1(99)
    with pytest.raises(NoSafeHead, match="not enabled"):
        NoSafeHeads().safe_head_at_l1(99)


def test_a_reset_puts_the_safe_head_in_the_place_of_what_made_it_safe() -> None:
    db = filled(opened())
    db.safe_head_reset(l2(7, origin=99))
    assert [safe_at(db, number) for number in (100, 102, 103, 200)] == [5, 5, 7, 7]


def test_entries_from_before_the_origin_of_the_safe_head_stay() -> None:
    db = filled(opened())
    db.safe_head_reset(l2(8, origin=104))
    assert [safe_at(db, number) for number in (100, 103, 105)] == [5, 8, 8]


def test_a_reset_to_before_the_first_entry_leaves_nothing() -> None:
    """Nobody knows in which block that head became safe."""
    news: list[Happening] = []
    db = filled(opened(news=news))
    db.safe_head_reset(l2(3, origin=98))
    assert db.coverage() is None and safe_at(db, 200) is None
    assert news[-1].event == "cleared" and "L2 block 3" in news[-1].details["reason"]


# --- files


def test_a_file_is_gone_on_with(tmp_path: Path) -> None:
    filled(opened(tmp_path / "safe.sqlite")).close()
    db = opened(tmp_path / "safe.sqlite")
    with pytest.raises(NoSafeHead, match="not been compared"):
        db.safe_head_at_l1(103)
    db.safe_head_reset(l2(10, origin=102))
    assert [safe_at(db, number) for number in (100, 103, 104, 105)] == [5, 8, 8, None]
    with pytest.raises(NoSafeHead, match="not back at L1 block 105 yet"):
        db.safe_head_at_l1(200)
    db.safe_head_updated(l2(12), l1(105))
    assert [safe_at(db, number) for number in (104, 105, 200)] == [8, 12, 12]


def test_a_file_of_another_chain_is_dropped(tmp_path: Path) -> None:
    filled(opened(tmp_path / "safe.sqlite")).close()
    news: list[Happening] = []
    db = opened(tmp_path / "safe.sqlite", Engine(fork=1), news)
    db.safe_head_reset(l2(10, origin=102, fork=1))
    assert db.coverage() is None
    assert "none of its safe heads" in news[0].details["reason"]


def test_a_file_that_is_ahead_of_the_engine_is_cut(tmp_path: Path) -> None:
    """The engine was restored from an older snapshot: blocks 1 to 9 are there."""
    filled(opened(tmp_path / "safe.sqlite")).close()
    db = opened(tmp_path / "safe.sqlite", Engine(head=9))
    db.safe_head_reset(l2(7, origin=101))
    assert [safe_at(db, number) for number in (102, 103, 105)] == [5, None, None]
    db.safe_head_updated(l2(9), l1(104))
    assert [safe_at(db, number) for number in (102, 103, 104)] == [5, 7, 9]


def test_a_file_that_ends_too_early_begins_anew(tmp_path: Path) -> None:
    """The node ran without the database for a while, or the engine has synced by itself."""
    filled(opened(tmp_path / "safe.sqlite")).close()
    news: list[Happening] = []
    db = opened(tmp_path / "safe.sqlite", news=news)
    db.safe_head_reset(l2(20, origin=150))
    assert [safe_at(db, number) for number in (100, 105, 200)] == [None, None, None]
    assert "it ends at L2 block 12, the safe head is 20" in news[0].details["reason"]
    db.safe_head_updated(l2(21), l1(160))
    assert [safe_at(db, number) for number in (105, 159, 160)] == [None, None, 21]


def test_an_engine_that_does_not_answer_is_asked_again(tmp_path: Path) -> None:
    filled(opened(tmp_path / "safe.sqlite")).close()
    engine = Engine()
    engine.fails = True
    db = opened(tmp_path / "safe.sqlite", engine)
    with pytest.raises(Unavailable, match="no answer"):
        db.safe_head_reset(l2(10, origin=102))
    assert safe_at(db, 105) is None
    engine.fails = False
    db.safe_head_reset(l2(10, origin=102))
    assert safe_at(db, 104) == 8


def test_comparing_asks_the_engine_for_few_blocks(tmp_path: Path) -> None:
    db = opened(tmp_path / "safe.sqlite")
    for number in range(1000):
        db.safe_head_updated(l2(number), l1(number))
    db.close()
    engine = Engine(head=700)
    db = opened(tmp_path / "safe.sqlite", engine)
    db.safe_head_reset(l2(700, origin=700))
    assert safe_at(db, 5000) == 700
    assert engine.asked < 20


@pytest.mark.parametrize("content", [b"", b"nonsense" * 1000])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.sqlite"
    if content:
        path.write_bytes(content)
    else:
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE other (x)")
    with pytest.raises(ConfigError, match=r"other\.sqlite"):
        opened(path)


# --- writes that fail


class Disk:
    """Makes writes fail while it is full."""

    def __init__(self, db: SafeHeadDB) -> None:
        self._db = db._db

    def fill(self) -> None:
        self._db.execute(
            "CREATE TEMP TRIGGER full BEFORE INSERT ON safe_heads BEGIN SELECT RAISE(FAIL, 'disk full'); END"
        )

    def empty(self) -> None:
        self._db.execute("DROP TRIGGER full")


def test_a_failed_write_ends_the_answers() -> None:
    """An older head is no answer for the time after it."""
    news: list[Happening] = []
    db = filled(opened(news=news))
    disk = Disk(db)
    disk.fill()
    for number in range(13, 16):
        db.safe_head_updated(l2(number), l1(93 + number))
    assert [safe_at(db, number) for number in (100, 105, 106, 110)] == [None] * 4
    assert [each.event for each in news] == ["write-failed"]
    disk.empty()
    db.safe_head_updated(l2(16), l1(109))
    assert [safe_at(db, number) for number in (105, 108, 109)] == [None, None, 16]


def test_a_gap_that_derivation_closes_is_none() -> None:
    """After a reset to before the failed write everything is recorded again."""
    db = filled(opened())
    disk = Disk(db)
    disk.fill()
    db.safe_head_updated(l2(14), l1(106))
    disk.empty()
    db.safe_head_reset(l2(10, origin=103))
    db.safe_head_updated(l2(12), l1(105))
    db.safe_head_updated(l2(14), l1(106))
    assert [safe_at(db, number) for number in (100, 105, 106)] == [5, 12, 14]


def test_a_reset_that_is_not_written_leaves_no_half_of_it() -> None:
    db = filled(opened())
    disk = Disk(db)
    disk.fill()
    db.safe_head_reset(l2(7, origin=99))
    assert safe_at(db, 105) is None
    disk.empty()
    db.safe_head_reset(l2(7, origin=99))
    assert [safe_at(db, number) for number in (100, 103)] == [5, 7]


# --- restarts


def rows(db: SafeHeadDB) -> list[tuple[int, int]]:
    return list(db._db.execute("SELECT l1_number, l2_number FROM safe_heads ORDER BY 1"))


def test_a_reset_to_the_first_entry_keeps_it() -> None:
    db = filled(opened())
    db.safe_head_reset(l2(5, origin=97))
    assert rows(db) == [(100, 5)]


def test_killed_while_it_derives_again(tmp_path: Path) -> None:
    """The second start begins from a later block than the first one, which had come nowhere: no gap."""
    filled(opened(tmp_path / "db")).close()
    db = opened(tmp_path / "db")
    db.safe_head_reset(l2(6, origin=98))
    assert rows(db) == [(100, 5), (103, 6)]
    db.close()
    db = opened(tmp_path / "db")
    db.safe_head_reset(l2(12, origin=102))
    assert rows(db) == [(100, 5), (103, 8), (105, 12)]
    assert db.safe_head_at_l1(104) == (l1(103), l2(8).id)


@pytest.mark.parametrize("derived", [(103, 7), (103, 8)])
def test_killed_half_way(derived: tuple[int, int], tmp_path: Path) -> None:
    filled(opened(tmp_path / "db")).close()
    db = opened(tmp_path / "db")
    db.safe_head_reset(l2(6, origin=98))
    db.safe_head_updated(l2(derived[1], origin=100), l1(derived[0]))
    db.close()
    db = opened(tmp_path / "db")
    db.safe_head_reset(l2(11, origin=102))
    assert rows(db) == [(100, 5), (103, 8), (105, 11)]


def test_more_than_before_counts(tmp_path: Path) -> None:
    """The node was killed in the middle of an L1 block the first time."""
    filled(opened(tmp_path / "db")).close()
    db = opened(tmp_path / "db")
    db.safe_head_reset(l2(11, origin=102))
    db.safe_head_updated(l2(14, origin=102), l1(105))
    db.close()
    db = opened(tmp_path / "db")
    db.safe_head_reset(l2(14, origin=102))
    assert rows(db) == [(100, 5), (103, 8), (105, 14)]


@pytest.mark.parametrize(("at", "safe"), [(l1(103, fork=1), l2(8)), (l1(103), l2(8, fork=1))])
def test_another_derivation_makes_the_old_one_void(at: BlockID, safe: L2BlockRef, tmp_path: Path) -> None:
    filled(opened(tmp_path / "db")).close()
    db = opened(tmp_path / "db")
    db.safe_head_reset(l2(6, origin=98))
    db.safe_head_updated(safe, at)
    db.close()
    db = opened(tmp_path / "db", Engine(fork=safe.hash[1]))
    db.safe_head_reset(l2(12, origin=102, fork=safe.hash[1]))
    assert (105, 12) not in rows(db) and (103, 8) not in rows(db)[:-1]


def test_a_reset_of_a_node_that_runs_forgets(tmp_path: Path) -> None:
    """L1 may have other blocks now."""
    filled(opened(tmp_path / "db")).close()
    db = opened(tmp_path / "db")
    db.safe_head_reset(l2(6, origin=98))
    db.safe_head_reset(l2(5, origin=97))
    db.close()
    db = opened(tmp_path / "db")
    db.safe_head_reset(l2(12, origin=102))
    assert rows(db) == []
