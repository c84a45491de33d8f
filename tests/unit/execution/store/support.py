"""Chains of made-up states, for stores that do not care how a block came about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import rlp

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.headers import EMPTY_UNCLE_HASH, Header
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import payload_of_header
from pyoprollup.eth.receipts import EMPTY_BLOOM, Log, Receipt
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32
from pyoprollup.evm.block import ExecutedBlock
from pyoprollup.evm.genesis import Account, genesis_state
from pyoprollup.execution.store import DatabaseStore, LmdbStore, MemoryStore, SqliteStore
from pyoprollup.execution.store.backend import MemoryBackend, Table
from pyoprollup.execution.store.sqlite import SqliteBackend

CHAIN_ID = 901
KINDS = ("memory", "sqlite", "lmdb")
DISK_KINDS = KINDS[1:]


def open_store(kind: str, folder: Path, **options: Any) -> DatabaseStore:
    """A store in ``folder``; the one in memory is new each time."""
    if kind == "memory":
        return MemoryStore(**options)
    if kind == "sqlite":
        return SqliteStore(folder / "chain.db", durable=False, **options)
    pytest.importorskip("lmdb")
    return LmdbStore(folder / "chain", durable=False, **options)


def address(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


def made_block(
    parent: Header | None,
    accounts: Mapping[Address, Account],
    transactions: Iterable[bytes] = (),
    extra: bytes = b"",
) -> ExecutedBlock:
    """A block with this state. All of the state is among its writes, and something that is not part of it."""
    root, _, writes = genesis_state(accounts)
    raw = tuple(transactions)
    header = Header(
        parent_hash=ZERO_HASH if parent is None else parent.hash(),
        uncle_hash=EMPTY_UNCLE_HASH,
        coinbase=ZERO_ADDRESS,
        state_root=root,
        transactions_root=EMPTY_TRIE_ROOT,
        receipts_root=EMPTY_TRIE_ROOT,
        logs_bloom=EMPTY_BLOOM,
        difficulty=0,
        number=0 if parent is None else parent.number + 1,
        gas_limit=1,
        gas_used=0,
        time=0 if parent is None else parent.time + 2,
        extra_data=extra,
        mix_digest=ZERO_HASH,
        nonce=bytes(8),
        base_fee=1,
    )
    envelope = ExecutionPayloadEnvelope(payload_of_header(header, raw))
    receipts = tuple(
        Receipt(status=1, cumulative_gas_used=index, logs=(Log(ZERO_ADDRESS, (), raw[index], index),))
        for index in range(len(raw))
    )
    writes[keccak256(b"left over")] = b"left over"
    return ExecutedBlock(header, header.hash(), raw, receipts, writes, envelope)


# --- what must be there


def stored_nodes(store: DatabaseStore, table: Table = Table.STATE) -> set[bytes]:
    """Keys of a table, with the database's own means."""
    backend: Any = store._backend._backend
    if isinstance(backend, MemoryBackend):
        return set(backend.tables[table])
    if isinstance(backend, SqliteBackend):
        return {row[0] for row in backend._db.execute(f"SELECT key FROM {table.value}")}
    backend._end_reading()
    with backend._env.begin() as txn:
        return {bytes(key) for key, _ in txn.cursor(db=backend._tables[table])}


def traverse(store: DatabaseStore, root: Hash32) -> set[bytes]:
    """All nodes and code of a state, read one by one and without any of the store's own logic."""
    found: set[bytes] = set()

    def walk(item: Any, accounts: bool) -> None:
        if isinstance(item, bytes):
            if len(item) == 32:
                fetch(item, accounts)
            return
        if len(item) == 17:
            for child in item[:16]:
                walk(child, accounts)
        elif item[0][0] & 0x20:
            if accounts:
                _, _, storage_root, code_hash = rlp.decode(item[1])
                fetch(storage_root, False)
                if code_hash != keccak256(b""):
                    assert store.state[code_hash] is not None
                    found.add(code_hash)
        else:
            walk(item[1], accounts)

    def fetch(node_hash: bytes, accounts: bool) -> None:
        if node_hash == EMPTY_TRIE_ROOT:
            return
        found.add(node_hash)
        walk(rlp.decode(store.state[node_hash]), accounts)

    fetch(root, True)
    return found


def check_state(store: DatabaseStore) -> set[Hash32]:
    """Every kept state is complete, and nothing else is stored; returns the blocks whose state is kept."""
    kept = {Hash32(key) for key in stored_nodes(store, Table.HEADERS) if store.has_state(Hash32(key))}
    needed: set[bytes] = set()
    for block_hash in kept:
        header = store.header(block_hash)
        assert header is not None
        needed |= traverse(store, header.state_root)
    cut_off = bool(store._backend.get(Table.META, b"cut off"))
    assert needed <= stored_nodes(store) if cut_off else needed == stored_nodes(store)
    return kept
