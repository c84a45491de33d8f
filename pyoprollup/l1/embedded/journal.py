"""The chain of an embedded L1 in an SQLite file: it can be closed, or killed, at any time, and gone on with.

Each block, change of head and change of the mempool is one write. Nothing is pruned but blobs, and memory is
bounded: what was read last stays in two caches.

Tables: ``meta`` (one row of each name), ``state`` (trie nodes, code and headers by hash), ``blocks`` (all of
them, by hash), ``canonical`` (number → hash), ``places`` (canonical transaction → block, index), ``blobs``
(by versioned hash, with the last block that has them), ``pool`` (waiting transactions in their order). Rows
of blocks, blobs and the pool are compressed, which also finds damage; state is checked against its hash.
"""

from __future__ import annotations

import json
import os
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from enum import Enum
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.headers import Header
from pyoprollup.eth.receipts import decode_receipts
from pyoprollup.eth.transactions import tx_hash
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.store import KeyValue
from pyoprollup.execution.store.cache import BytesCache
from pyoprollup.execution.store.errors import CorruptStore, WrongStore
from pyoprollup.execution.store.sqlite_file import open_sqlite, sqlite_errors, sqlite_write
from pyoprollup.l1.embedded.admission import PooledTransaction
from pyoprollup.l1.embedded.block import L1Block, l1_block
from pyoprollup.l1.embedded.config import EmbeddedL1Config
from pyoprollup.l1.embedded.store import Change, Position, TransactionPlace
from pyoprollup.rpc.json_text import from_json_text

__all__ = ["JOURNAL_VERSION", "L1Journal"]

JOURNAL_VERSION = 1
_APPLICATION_ID = 0x50594F4C  # "PYOL"
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS state (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS blocks (hash BLOB PRIMARY KEY, number INTEGER NOT NULL, body BLOB NOT NULL)",
    "CREATE INDEX IF NOT EXISTS by_number ON blocks (number)",
    "CREATE TABLE IF NOT EXISTS canonical (number INTEGER PRIMARY KEY, hash BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS places (tx BLOB PRIMARY KEY, block BLOB NOT NULL, place INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS blobs (hash BLOB PRIMARY KEY, last INTEGER NOT NULL, data BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS pool (tx BLOB PRIMARY KEY, sequence INTEGER NOT NULL, data BLOB NOT NULL)",
)
_MAY_CHANGE = ("suggested_tip", "price_limit", "max_pool_transactions", "account_queue", "blob_retention")
"""What of the configuration decides nothing about a chain that is there."""
_CACHE_BYTES = 32 << 20
_CACHED_BLOCKS = 256


class L1Journal:
    """Implements :class:`~pyoprollup.l1.embedded.store.L1Store`. For one thread, in one process at a time.

    Raises :class:`~pyoprollup.execution.store.errors.WrongStore` for a file of another kind, and
    :meth:`begin` for one of another chain; ``CorruptStore`` wherever damage is found.
    """

    def __init__(self, path: str | os.PathLike[str], *, durable: bool = True) -> None:
        self._path = path
        self._db = open_sqlite(
            *(path, _SCHEMA),
            what="journal of an L1",
            application=_APPLICATION_ID,
            version=JOURNAL_VERSION,
            durable=durable,
        )
        self._state = _State(self)
        self._blocks: OrderedDict[Hash32, L1Block] = OrderedDict()
        self._kept_pool: set[Hash32] = set()
        self._position = Position()
        self._highest = self._lives = self._sequence = 0
        self._config = EmbeddedL1Config()

    def close(self) -> None:
        with sqlite_errors(self._path):
            self._db.close()

    # --- opening

    def begin(self, config: EmbeddedL1Config, genesis: L1Block, state: Mapping[bytes, bytes]) -> None:
        self._config = config
        identity = _identity(config, genesis)
        if self._meta("identity") is None:
            self._first_life(identity, genesis, state)
        else:
            self._check_identity(identity)
        self._load()
        with self.writing():
            self._lives += 1
            self._put_meta("lives", self._lives)

    def _first_life(
        self, identity: Mapping[str, Any], genesis: L1Block, state: Mapping[bytes, bytes]
    ) -> None:
        with self.writing():
            self._put_meta("identity", identity)
            self._put_meta("lives", 0)
            self.apply(Change(position=Position(), added=(genesis,), state=state))

    def _check_identity(self, identity: Mapping[str, Any]) -> None:
        known = self._meta("identity")
        if not isinstance(known, dict):
            raise self._damage("the row of its configuration is damaged")
        for name, value in identity.items():
            if known.get(name) != value:
                raise WrongStore(
                    f"{os.fspath(self._path)}: is of another L1: {name} is {known.get(name)} there,"
                    f" {value} here"
                )

    def _load(self) -> None:
        try:
            self._position = Position(*map(int, self._meta("position")))
            self._lives = int(self._meta("lives"))
        except (TypeError, ValueError) as exc:
            raise self._damage("the row of its position is damaged") from exc
        count, last = self._row("SELECT count(*), max(number) FROM canonical") or (0, None)
        head = self._position.head
        if (count, last) != (head + 1, head) or not 0 <= self._position.finalized <= head:
            raise self._damage(f"its head is block {head}, but it has {count} blocks up to {last}")
        (self._highest,) = self._row("SELECT max(number) FROM blocks") or (0,)
        (self._sequence,) = self._row("SELECT ifnull(max(sequence), 0) FROM pool") or (0,)
        if self.canonical(head) is None:
            raise self._damage(f"its head, block {head}, is missing")

    # --- reading

    @property
    def lives(self) -> int:
        return self._lives

    @property
    def position(self) -> Position:
        return self._position

    @property
    def highest(self) -> int:
        return self._highest

    @property
    def state(self) -> KeyValue:
        return self._state

    def block(self, block_hash: Hash32) -> L1Block | None:
        if (block := self._blocks.get(block_hash)) is not None:
            self._blocks.move_to_end(block_hash)
            return block
        row = self._row("SELECT body FROM blocks WHERE hash = ?", block_hash)
        if row is None:
            return None
        block = self._decode_block(row[0])
        if block.hash != block_hash:
            raise self._damage(f"the row of block 0x{block_hash.hex()} has another block")
        self._remember(block)
        return block

    def _remember(self, block: L1Block) -> None:
        self._blocks[block.hash] = block
        while len(self._blocks) > _CACHED_BLOCKS:
            self._blocks.popitem(last=False)

    def canonical(self, number: int) -> L1Block | None:
        row = self._row("SELECT hash FROM canonical WHERE number = ?", number) if number >= 0 else None
        return None if row is None else self._block_of(row[0])

    def _block_of(self, block_hash: bytes) -> L1Block:
        """A block that must be there."""
        if (block := self.block(Hash32(block_hash))) is None:
            raise self._damage(f"block 0x{bytes(block_hash).hex()} is missing")
        return block

    def place(self, hash_: Hash32) -> TransactionPlace | None:
        row = self._row("SELECT block, place FROM places WHERE tx = ?", hash_)
        return None if row is None else TransactionPlace(self._block_of(row[0]), row[1])

    def blob(self, hash_: Hash32) -> bytes | None:
        row = self._row("SELECT data FROM blobs WHERE hash = ?", hash_)
        return None if row is None else self._inflate(row[0])

    def pool(self) -> Iterator[tuple[bytes, tuple[bytes, ...]]]:
        with sqlite_errors(self._path):
            rows = self._db.execute("SELECT tx, data FROM pool ORDER BY sequence").fetchall()
        for hash_, data in rows:
            self._kept_pool.add(Hash32(hash_))
            raw, *blobs = self._split(self._inflate(data))
            yield raw, tuple(blobs)

    # --- writing

    @contextmanager
    def writing(self) -> Iterator[None]:
        before = self._position, self._highest, self._lives, self._sequence, self._kept_pool
        try:
            with sqlite_write(self._db, self._path):
                yield
        except BaseException:
            # What is remembered is what the file has.
            self._position, self._highest, self._lives, self._sequence, self._kept_pool = before
            self._blocks.clear()
            raise

    def apply(self, change: Change) -> None:
        many = self._db.executemany
        gone = [(tx_hash(raw),) for block in change.removed for raw in block.transactions]
        many("DELETE FROM places WHERE tx = ?", gone)
        many("DELETE FROM canonical WHERE number = ?", [(block.number,) for block in change.removed])
        many("INSERT OR IGNORE INTO state VALUES (?, ?)", change.state.items())
        blobs = [(hash_, zlib.compress(data, 1)) for hash_, data in change.blobs.items()]
        many("INSERT OR REPLACE INTO blobs VALUES (?, 0, ?)", blobs)
        for block in change.added:
            self._append(block)
        if change.forget_blobs:
            self._db.execute("DELETE FROM blobs WHERE last <= ?", (change.forget_blobs,))
        position = change.position
        self._put_meta("position", (position.head, position.finalized, position.branch))
        self._position = position

    def _append(self, block: L1Block) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO blocks VALUES (?, ?, ?)", (block.hash, block.number, _encode_block(block))
        )
        self._db.execute("INSERT INTO canonical VALUES (?, ?)", (block.number, block.hash))
        places = [(tx_hash(raw), block.hash, index) for index, raw in enumerate(block.transactions)]
        self._db.executemany("INSERT OR REPLACE INTO places VALUES (?, ?, ?)", places)
        last = [(block.number, hash_) for hash_ in block.blob_hashes]
        self._db.executemany("UPDATE blobs SET last = ? WHERE hash = ?", last)
        self._highest = max(self._highest, block.number)
        self._remember(block)

    def keep_pool(self, waiting: Mapping[Hash32, PooledTransaction]) -> None:
        gone = self._kept_pool - waiting.keys()
        self._db.executemany("DELETE FROM pool WHERE tx = ?", [(hash_,) for hash_ in gone])
        for hash_, pooled in waiting.items():
            if hash_ not in self._kept_pool:
                self._sequence += 1
                data = rlp.encode_list([rlp.encode_bytes(item) for item in (pooled.raw, *pooled.blobs)])
                row = (hash_, self._sequence, zlib.compress(data, 1))
                self._db.execute("INSERT OR REPLACE INTO pool VALUES (?, ?, ?)", row)
        self._kept_pool = set(waiting)

    # --- rows

    def _row(self, query: str, *parameters: Any) -> Any:
        with sqlite_errors(self._path):
            return self._db.execute(query, parameters).fetchone()

    def _meta(self, name: str) -> Any:
        row = self._row("SELECT value FROM meta WHERE name = ?", name)
        try:
            return None if row is None else from_json_text(str(row[0]).encode())
        except DecodeError as exc:
            raise self._damage(f"the row {name} is damaged") from exc

    def _put_meta(self, name: str, value: Any) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, json.dumps(value)))

    def state_row(self, key: bytes) -> bytes | None:
        """The pre-image of a hash, from the file."""
        row = self._row("SELECT value FROM state WHERE key = ?", key)
        if row is None:
            return None
        if not isinstance(row[0], bytes) or keccak256(row[0]) != key:
            raise self._damage(f"the state at 0x{key.hex()} has another hash")
        return row[0]

    def _inflate(self, data: Any) -> bytes:
        try:
            return zlib.decompress(data)
        except (zlib.error, TypeError) as exc:
            raise self._damage(f"a row cannot be decompressed: {exc}") from exc

    def _split(self, data: bytes) -> list[bytes]:
        try:
            return rlp.split_list(data)[0]
        except DecodeError as exc:
            raise self._damage(str(exc)) from exc

    def _decode_block(self, data: Any) -> L1Block:
        header, *parts = self._split(self._inflate(data))
        try:
            transactions, receipts, senders = (rlp.split_list(part)[0] for part in parts)
            return l1_block(
                self._config,
                Header.decode(header),
                tuple(transactions),
                decode_receipts(receipts),
                tuple(Address(each) for each in senders),
            )
        except (DecodeError, ValueError) as exc:
            raise self._damage(f"a block cannot be read: {exc}") from exc

    def _damage(self, text: str) -> CorruptStore:
        return CorruptStore(f"{os.fspath(self._path)}: {text}")


class _State:
    """State as execution reads it, with a cache."""

    def __init__(self, journal: L1Journal) -> None:
        self._journal = journal
        self._cache = BytesCache(_CACHE_BYTES)

    def __getitem__(self, key: bytes) -> bytes:
        value = self._cache.get(key)
        if value is None:
            value = self._journal.state_row(key)
            if value is None:
                raise KeyError(key)
            self._cache.put(key, value)
        return value


def _identity(config: EmbeddedL1Config, genesis: L1Block) -> dict[str, Any]:
    """What a chain is known by, as JSON; the genesis hash last, as it follows from the rest and accounts."""
    named = {field.name: getattr(config, field.name) for field in fields(config)}
    identity = {name: _json(value) for name, value in named.items() if name not in _MAY_CHANGE}
    return {**identity, "genesis hash": "0x" + genesis.hash.hex()}


def _json(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return "0x" + value.hex() if isinstance(value, bytes) else value


def _encode_block(block: L1Block) -> bytes:
    lists = (block.transactions, [receipt.encode() for receipt in block.receipts], block.senders)
    parts = [rlp.encode_list([rlp.encode_bytes(item) for item in items]) for items in lists]
    row = rlp.encode_list([rlp.encode_bytes(part) for part in (block.header.encode(), *parts)])
    return zlib.compress(row, 1)
