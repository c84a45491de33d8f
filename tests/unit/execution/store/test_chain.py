"""What a chain store promises, whatever database is behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.evm.genesis import Account
from pyoprollup.execution.store import (
    ChainHeads,
    ChainIdentity,
    CorruptStore,
    DatabaseStore,
    HeadChange,
    MemoryStore,
    PrunedState,
    StoreError,
    TransactionPlace,
    WrongStore,
)
from pyoprollup.execution.store.backend import MemoryBackend, SealedBackend, Table
from pyoprollup.execution.store.chain import path_to_canonical
from tests.unit.execution.store.support import (
    CHAIN_ID,
    DISK_KINDS,
    KINDS,
    address,
    check_state,
    made_block,
    open_store,
    stored_nodes,
)

RICH = {address(1): Account(balance=5), address(2): Account(code=b"code" * 20, storage={1: 2})}
GENESIS = made_block(None, RICH)
FIRST = made_block(GENESIS.header, {**RICH, address(3): Account(balance=1)}, [b"\x7etx", b"\x7eother"])
SECOND = made_block(FIRST.header, RICH, [b"\x7etx"], extra=b"second")
RIVAL = made_block(GENESIS.header, RICH, [b"\x7etx"], extra=b"rival")
UNKNOWN = Hash32(b"\x55" * 32)


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseStore]:
    opened = open_store(request.param, tmp_path)
    opened.start(CHAIN_ID, GENESIS)
    yield opened
    opened.close()


def heads(head: Hash32, safe: Hash32 = ZERO_HASH, finalized: Hash32 = ZERO_HASH) -> ChainHeads:
    return ChainHeads(head, safe, finalized)


def test_a_store_begins_with_its_genesis_block(store: DatabaseStore) -> None:
    assert store.identity == ChainIdentity(CHAIN_ID, GENESIS.hash)
    assert store.heads == heads(GENESIS.hash)
    assert store.canonical_hash(0) == GENESIS.hash
    assert store.envelope(GENESIS.hash) == GENESIS.envelope
    assert store.receipts(GENESIS.hash) == ()
    assert store.has_state(GENESIS.hash)
    assert check_state(store) == {GENESIS.hash}
    with pytest.raises(StoreError):
        store.start(CHAIN_ID, GENESIS)


def test_an_empty_store_has_no_heads() -> None:
    store = MemoryStore()
    assert store.identity is None
    with pytest.raises(StoreError):
        _ = store.heads


def test_blocks_are_known_before_they_are_canonical(store: DatabaseStore) -> None:
    store.add_block(FIRST)
    assert store.header(FIRST.hash) == FIRST.header
    assert store.envelope(FIRST.hash) == FIRST.envelope
    assert store.receipts(FIRST.hash) == FIRST.receipts
    assert store.has_state(FIRST.hash)
    assert store.state[FIRST.hash] == FIRST.header.encode()
    assert store.canonical_hash(1) is None
    assert store.transaction(keccak256(b"\x7etx")) is None
    store.add_block(FIRST)
    assert store.set_heads(heads(FIRST.hash)) == HeadChange((), (FIRST.hash,))
    assert store.canonical_hash(1) == FIRST.hash
    assert store.transaction(keccak256(b"\x7eother")) == TransactionPlace(FIRST.hash, 1)


def test_unknown_blocks(store: DatabaseStore) -> None:
    assert store.header(UNKNOWN) is None
    assert store.envelope(UNKNOWN) is None
    assert store.receipts(UNKNOWN) is None
    assert store.transaction(UNKNOWN) is None
    assert not store.has_state(UNKNOWN)
    for number in (-1, 1, 1 << 64):
        assert store.canonical_hash(number) is None
    with pytest.raises(KeyError):
        store.state[UNKNOWN]
    with pytest.raises(StoreError):
        store.add_block(SECOND)
    for named in (heads(UNKNOWN), heads(GENESIS.hash, UNKNOWN), heads(GENESIS.hash, ZERO_HASH, UNKNOWN)):
        with pytest.raises(StoreError):
            store.set_heads(named)
    assert store.heads == heads(GENESIS.hash)


def test_reorgs(store: DatabaseStore) -> None:
    for block in (FIRST, SECOND, RIVAL):
        store.add_block(block)
    assert store.set_heads(heads(SECOND.hash)).added == (FIRST.hash, SECOND.hash)
    assert [block_hash for block_hash, _ in path_to_canonical(store, RIVAL.hash)] == [RIVAL.hash]
    tx = keccak256(b"\x7etx")
    # It is in three blocks; the first of the canonical ones counts.
    assert store.transaction(tx) == TransactionPlace(FIRST.hash, 0)
    assert store.set_heads(heads(RIVAL.hash)) == HeadChange((FIRST.hash, SECOND.hash), (RIVAL.hash,))
    assert [store.canonical_hash(number) for number in range(3)] == [GENESIS.hash, RIVAL.hash, None]
    assert store.transaction(tx) == TransactionPlace(RIVAL.hash, 0)
    assert store.transaction(keccak256(b"\x7eother")) is None
    assert store.set_heads(heads(GENESIS.hash)) == HeadChange((RIVAL.hash,), ())
    assert store.canonical_hash(1) is None
    assert check_state(store) == {GENESIS.hash, FIRST.hash, SECOND.hash, RIVAL.hash}


def test_only_what_the_state_needs_is_stored(store: DatabaseStore) -> None:
    assert b"left over" in GENESIS.writes.values()
    assert keccak256(b"left over") not in stored_nodes(store)


@pytest.mark.parametrize("kind", KINDS)
def test_state_out_of_the_window(kind: str, tmp_path: Path) -> None:
    store = open_store(kind, tmp_path, window=0)
    store.start(CHAIN_ID, GENESIS)
    for block in (FIRST, SECOND, RIVAL):
        store.add_block(block)
    store.set_heads(heads(SECOND.hash))
    assert len(check_state(store)) == 4
    store.set_heads(heads(SECOND.hash, FIRST.hash, FIRST.hash))
    assert check_state(store) == {FIRST.hash, SECOND.hash}
    assert store.envelope(RIVAL.hash) == RIVAL.envelope
    with pytest.raises(PrunedState):
        store.add_block(made_block(RIVAL.header, RICH))
    store.close()


def test_an_archive_keeps_all_states(tmp_path: Path) -> None:
    store = open_store("memory", tmp_path, window=0, archive=True)
    store.start(CHAIN_ID, GENESIS)
    for block in (FIRST, SECOND, RIVAL):
        store.add_block(block)
        store.set_heads(heads(block.hash, ZERO_HASH, block.hash))
    assert check_state(store) == {GENESIS.hash, FIRST.hash, SECOND.hash, RIVAL.hash}


def test_a_genesis_block_without_its_state() -> None:
    store = MemoryStore()
    store.start(CHAIN_ID, replace(GENESIS, writes={}))
    assert not store.has_state(GENESIS.hash)
    with pytest.raises(PrunedState):
        store.add_block(FIRST)
    store.set_heads(heads(GENESIS.hash, GENESIS.hash, GENESIS.hash))


def test_the_window_cannot_be_negative() -> None:
    with pytest.raises(ValueError, match="window"):
        MemoryStore(window=-1)


# --- opening again


@pytest.mark.parametrize("kind", DISK_KINDS)
@pytest.mark.parametrize("archive", [False, True])
def test_a_store_is_opened_as_it_was_left(kind: str, archive: bool, tmp_path: Path) -> None:
    store = open_store(kind, tmp_path, archive=archive)
    store.start(CHAIN_ID, GENESIS)
    store.add_block(FIRST)
    store.add_block(RIVAL)
    left = heads(FIRST.hash, FIRST.hash, GENESIS.hash)
    store.set_heads(left)
    store.close()
    again = open_store(kind, tmp_path, archive=archive)
    assert again.identity == ChainIdentity(CHAIN_ID, GENESIS.hash)
    assert again.heads == left
    assert again.envelope(FIRST.hash) == FIRST.envelope
    assert again.receipts(FIRST.hash) == FIRST.receipts
    again.add_block(SECOND)
    again.set_heads(heads(SECOND.hash))
    assert len(check_state(again)) == 4
    again.close()
    with pytest.raises(WrongStore, match="archive"):
        open_store(kind, tmp_path, archive=not archive)


def test_a_failed_write_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = MemoryBackend()
    store = DatabaseStore(backend)
    store.start(CHAIN_ID, GENESIS)

    def fail(changes: object) -> None:
        raise StoreError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(backend, "write", fail)
        with pytest.raises(StoreError):
            store.add_block(FIRST)
    assert store.header(FIRST.hash) is None
    store.add_block(FIRST)
    with monkeypatch.context() as patch:
        patch.setattr(backend, "write", fail)
        with pytest.raises(StoreError):
            store.set_heads(heads(FIRST.hash))
    assert store.heads == heads(GENESIS.hash)
    assert store.canonical_hash(1) is None


# --- damage


def damaged(value: bytes) -> Iterator[bytes]:
    yield value[:-1]
    yield value + b"\0"
    for position in (4, len(value) // 2, len(value) - 1):
        yield value[:position] + bytes([value[position] ^ 1]) + value[position + 1 :]


def read_all(store: DatabaseStore) -> list[object]:
    """Everything that a reader can ask for."""
    hashes = [GENESIS.hash, FIRST.hash, SECOND.hash, RIVAL.hash]
    answers: list[object] = [store.heads, store.identity]
    for block_hash in hashes:
        answers += [store.header(block_hash), store.envelope(block_hash), store.receipts(block_hash)]
        answers.append(store.has_state(block_hash))
    answers += [store.canonical_hash(number) for number in range(4)]
    answers += [store.transaction(keccak256(raw)) for raw in (b"\x7etx", b"\x7eother")]
    answers += [store.state[key] for key in sorted(stored_nodes(store))]
    return answers


@pytest.mark.parametrize("table", list(Table))
def test_a_damaged_row_is_an_error_and_never_another_answer(table: Table) -> None:
    backend = MemoryBackend()
    store = DatabaseStore(backend, cache_bytes=0)
    store.start(CHAIN_ID, GENESIS)
    for block in (FIRST, SECOND, RIVAL):
        store.add_block(block)
    store.set_heads(heads(SECOND.hash, FIRST.hash))
    good = read_all(DatabaseStore(backend, cache_bytes=0))
    noticed = 0
    for key, value in list(backend.tables[table].items()):
        for wrong in damaged(value):
            backend.tables[table][key] = wrong
            try:
                assert read_all(DatabaseStore(backend, cache_bytes=0)) == good
            except CorruptStore:
                noticed += 1
            backend.tables[table][key] = value
    # What only pruning reads is checked when it does.
    assert noticed or table is Table.DIFFERENCES


def test_a_damaged_difference_is_noticed_when_it_is_used() -> None:
    backend = MemoryBackend()
    store = DatabaseStore(backend, window=0)
    store.start(CHAIN_ID, GENESIS)
    store.add_block(FIRST)
    row = backend.tables[Table.DIFFERENCES][FIRST.hash]
    for wrong in (row[:-1], bytes(len(row)), None):
        if wrong is None:
            del backend.tables[Table.DIFFERENCES][FIRST.hash]
        else:
            backend.tables[Table.DIFFERENCES][FIRST.hash] = wrong
        with pytest.raises(CorruptStore):
            store.set_heads(heads(FIRST.hash, FIRST.hash, FIRST.hash))
    assert store.heads == heads(GENESIS.hash)


def test_a_row_in_another_place_is_noticed() -> None:
    backend = MemoryBackend()
    sealed = SealedBackend(backend)
    sealed.write({Table.BODIES: {b"a": b"body", b"b": b"other"}})
    rows = backend.tables[Table.BODIES]
    rows[b"a"] = rows[b"b"]
    backend.tables[Table.RECEIPTS][b"b"] = rows[b"b"]
    assert sealed.get(Table.BODIES, b"b") == b"other"
    for table, key in ((Table.BODIES, b"a"), (Table.RECEIPTS, b"b")):
        with pytest.raises(CorruptStore):
            sealed.get(table, key)


@pytest.mark.parametrize("table", [Table.BODIES, Table.RECEIPTS])
def test_a_block_with_a_part_missing(table: Table) -> None:
    backend = MemoryBackend()
    store = DatabaseStore(backend)
    store.start(CHAIN_ID, GENESIS)
    del backend.tables[table][GENESIS.hash]
    with pytest.raises(CorruptStore):
        store.envelope(GENESIS.hash)
        store.receipts(GENESIS.hash)
