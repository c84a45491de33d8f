"""An L1 in a file: whenever it is closed and opened, it has the hashes of one that never was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pyoprollup.eth.blobs import blob_from_data
from pyoprollup.eth.kzg import versioned_hash
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.transactions import tx_hash
from pyoprollup.evm.genesis import Account
from pyoprollup.execution.store import CorruptStore, SqliteStore, StoreError, StoreLocked, WrongStore
from pyoprollup.l1.embedded import EmbeddedL1, EmbeddedL1Config, L1Journal
from pyoprollup.sources.l1 import IndexedBlobHash
from pyoprollup.txmgr.errors import TxPoolError
from tests.unit.l1.embedded.support import ACCOUNTS, ETHER, GWEI, blob_raw, make_l1, raw, sidecar

RICH = {account: Account(balance=1000 * ETHER) for account in ACCOUNTS[:2]}


class Kept:
    """An L1 in a file, which can be opened anew."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.path, self.config = path, EmbeddedL1Config(**options)
        self.l1 = self.open()

    def open(self) -> EmbeddedL1:
        return EmbeddedL1(self.config, RICH, L1Journal(self.path, durable=False))

    def again(self) -> EmbeddedL1:
        self.l1.close()
        self.l1 = self.open()
        return self.l1


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path / "l1.sqlite")
    yield made
    made.l1.close()


def seen(l1: EmbeddedL1) -> dict[str, Any]:
    """All that anybody sees of a chain."""
    blocks = [l1.block_by_number(number) for number in range(l1.head_block.number + 1)]
    return {
        "blocks": blocks,
        "labels": [l1.block_by_label(label).hash for label in BlockLabel],
        "pool": list(l1.mempool.by_hash),
        "places": [l1.transaction_receipt(hash_) for hash_ in map(_hash, blocks) if hash_],
        "balances": [l1.balance_at(account, number) for account in ACCOUNTS for number in range(len(blocks))],
        "blobs": [l1.has_blob(hash_) for block in blocks for hash_ in block.blob_hashes],
        "highest": l1.highest,
    }


def _hash(block: Any) -> Any:
    return tx_hash(block.transactions[0]) if block.transactions else None


def send(l1: EmbeddedL1, key: int, fee: int, blob: bool) -> None:
    make = blob_raw if blob else raw
    try:
        l1.send(make(l1.pending_nonce_at(ACCOUNTS[key]), key, gas_price=fee * GWEI))
    except TxPoolError:
        return


STEPS = st.one_of(
    st.tuples(st.just("send"), st.integers(0, 1), st.integers(2, 9), st.booleans()),
    st.tuples(st.just("mine"), st.integers(1, 3)),
    st.tuples(st.just("reorg"), st.integers(0, 3), st.booleans()),
    st.tuples(st.just("back"), st.integers(0, 30)),
    st.tuples(st.just("open")),
)


@settings(max_examples=25)
@given(steps=st.lists(STEPS, max_size=25))
@example(steps=[("send", 1, 2, True), ("mine", 1), ("send", 1, 2, True), ("back", 0)])
def test_opened_anew_at_any_time(steps: list[tuple[Any, ...]], tmp_path_factory: Any) -> None:
    options = {"blob_retention": 3, "finalized_distance": 5, "safe_distance": 2}
    whole = make_l1(**options)
    halves = Kept(tmp_path_factory.mktemp("l1") / "l1.sqlite", **options)
    hashes = [whole.head_block.hash]
    for kind, *rest in [*steps, ("open",), ("mine", 1)]:
        if kind == "open":
            halves.again()
        for l1 in (whole, halves.l1):
            if kind == "send":
                send(l1, *rest)
            elif kind == "mine":
                hashes.append(l1.mine(l1.head_block.header.time + 12 * rest[0]).hash)
            elif kind == "reorg":
                depth = min(rest[0], l1.head_block.number)
                l1.reorg(depth, requeue=rest[1], past_finalized=True)
            elif kind == "back":
                l1.set_head(hashes[rest[0] % len(hashes)], past_finalized=True)
    assert seen(whole) == seen(halves.l1)
    halves.l1.close()


def test_blobs_come_back_and_are_forgotten(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "l1.sqlite", blob_retention=2)
    kept.l1.send(blob_raw(contents=(b"hello", b"world")))
    block = kept.again().mine()
    wanted = [IndexedBlobHash(index, hash_) for index, hash_ in enumerate(block.blob_hashes)]
    blobs = [blob_from_data(b"hello"), blob_from_data(b"world")]
    assert kept.again().get_blobs(block.ref, wanted) == blobs
    for _ in range(3):
        kept.l1.mine()
    assert not kept.again().has_blob(versioned_hash(sidecar(b"hello", b"world").commitments[0]))
    kept.l1.close()


def test_lives_are_counted(kept: Kept) -> None:
    assert [kept.l1.lives, kept.again().lives, kept.again().lives] == [1, 2, 3]
    assert make_l1().lives == 1


def test_a_write_that_fails_leaves_nothing(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.l1.send(raw())
    kept.l1.mine()
    kept.l1.send(raw(1))
    before = seen(kept.l1)
    for step in ("_append", "_put_meta", "keep_pool"):
        with monkeypatch.context() as broken:
            real = getattr(L1Journal, step)

            def fail(*args: Any, real: Any = real) -> None:
                real(*args)
                raise sqlite3.OperationalError("database or disk is full")

            broken.setattr(L1Journal, step, fail)
            with pytest.raises(StoreError, match="disk is full"):
                kept.l1.mine()
        assert kept.l1.head_block.number == 1
        assert seen(kept.again()) == before
    assert kept.l1.mine().transactions == (raw(1),)


def test_a_process_that_dies_leaves_whole_writes(kept: Kept) -> None:
    """The files as they are while the L1 is open are what a killed process leaves."""
    copies = []
    for number in range(4):
        kept.l1.send(raw(number))
        if number == 2:
            kept.l1.reorg(1)
        kept.l1.mine()
        copies.append((number, seen(kept.l1)))
        for suffix in ("", "-wal"):
            source = kept.path.with_name(kept.path.name + suffix)
            kept.path.with_name(f"copy{number}{suffix}").write_bytes(source.read_bytes())
    for number, expected in copies:
        opened = EmbeddedL1(kept.config, RICH, L1Journal(kept.path.with_name(f"copy{number}")))
        assert seen(opened) == expected
        opened.close()


# --- files that are not what they should be


def test_another_chain_is_refused(kept: Kept) -> None:
    kept.l1.close()
    for config, alloc, text in (
        (EmbeddedL1Config(seed=7), RICH, "is of another L1: seed is 0 there, 7 here"),
        (EmbeddedL1Config(slot_seconds=2), RICH, "slot_seconds is 12 there, 2 here"),
        (kept.config, {}, "genesis hash is 0x"),
    ):
        journal = L1Journal(kept.path)
        with pytest.raises(WrongStore, match=text):
            EmbeddedL1(config, alloc, journal)
        journal.close()
    kept.config = EmbeddedL1Config(suggested_tip=7, blob_retention=9)
    kept.l1 = kept.open()
    assert kept.l1.head_block.number == 0


def test_one_process_at_a_time(kept: Kept) -> None:
    with pytest.raises(StoreLocked):
        L1Journal(kept.path)


def test_files_of_another_kind(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "chain").close()
    with pytest.raises(WrongStore, match="no journal of an L1"):
        L1Journal(tmp_path / "chain")
    (tmp_path / "text").write_text("no database" * 200)
    with pytest.raises(CorruptStore):
        L1Journal(tmp_path / "text")
    with pytest.raises(StoreError):
        L1Journal(tmp_path / "nowhere" / "l1")


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM canonical WHERE number = 1",
        "DELETE FROM canonical WHERE number = 3",
        "DELETE FROM blocks WHERE number = 3",
        "UPDATE blocks SET body = x'00' WHERE number = 3",
        "UPDATE blocks SET body = (SELECT body FROM blocks WHERE number = 2) WHERE number = 3",
        "UPDATE blocks SET body = 7 WHERE number = 3",
        "UPDATE meta SET value = '[4, 0, 0]' WHERE name = 'position'",
        "UPDATE meta SET value = '[3, 9, 0]' WHERE name = 'position'",
        "UPDATE meta SET value = '{' WHERE name = 'position'",
        "UPDATE meta SET value = '7' WHERE name = 'identity'",
        "DELETE FROM meta WHERE name = 'lives'",
        "UPDATE state SET value = x'c0'",
        "UPDATE pool SET data = x'c0'",
    ],
)
def test_damage_is_found(damage: str, kept: Kept) -> None:
    for number in range(3):
        kept.l1.send(raw(number))
        kept.l1.mine()
    kept.l1.send(raw(3))
    kept.l1.close()
    with sqlite3.connect(kept.path) as db:
        db.execute(damage)
    db.close()
    journal = L1Journal(kept.path)
    with pytest.raises(CorruptStore):
        EmbeddedL1(kept.config, RICH, journal)
    journal.close()
    kept.path.unlink()
    kept.l1 = kept.open()
