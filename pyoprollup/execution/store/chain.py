"""The chain store, on top of any database: what is written together, and what is found where.

Two kinds of writes: :meth:`DatabaseStore.add_block` adds what stands under a hash, and
:meth:`DatabaseStore.set_heads` moves the index of the canonical chain and the heads. State that nobody can
go back to is dropped along with the latter.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import TypeVar

from pyoprollup.errors import DecodeError
from pyoprollup.eth.headers import Header
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import payload_of_header
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.transactions import tx_hash
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.evm.block import ExecutedBlock
from pyoprollup.execution.store.backend import Backend, Batch, SealedBackend, Table
from pyoprollup.execution.store.errors import CorruptStore, PrunedState, StoreError, WrongStore
from pyoprollup.execution.store.ports import (
    ChainHeads,
    ChainIdentity,
    ChainReader,
    HeadChange,
    TransactionPlace,
)
from pyoprollup.execution.store.pruning import Pruning
from pyoprollup.execution.store.rows import (
    decode_body,
    decode_heads,
    decode_identity,
    decode_places,
    decode_receipt_list,
    encode_body,
    encode_heads,
    encode_identity,
    encode_place,
    encode_receipt_list,
    number_key,
)
from pyoprollup.execution.store.state import StateReader

__all__ = ["DEFAULT_WINDOW", "DatabaseStore", "path_to_canonical"]

DEFAULT_WINDOW = 1024
"""Blocks behind the head whose state is kept, at least."""

_IDENTITY, _HEADS = b"identity", b"heads"
_HEADERS_CACHED = 1024


def path_to_canonical(reader: ChainReader, block_hash: Hash32) -> list[tuple[Hash32, Header]]:
    """A block and its ancestors that are not canonical, newest first: empty for a canonical block.

    Raises ``StoreError`` if one of them is unknown.
    """
    path: list[tuple[Hash32, Header]] = []
    while True:
        header = reader.header(block_hash)
        if header is None:
            raise CorruptStore(f"the block 0x{block_hash.hex()} is missing")
        if reader.canonical_hash(header.number) == block_hash:
            return path
        path.append((block_hash, header))
        block_hash = header.parent_hash


class DatabaseStore:
    """Implements ``ChainStore`` on a backend.

    State is kept for the last ``window`` blocks before the unsafe head and for everything from the
    finalized block on, since any of those can become the parent of a new block; with ``archive``, for
    all blocks. Whether a store is an archive is settled when it starts. ``cache_bytes`` bounds the
    state that is kept in memory. Raises :class:`WrongStore` for a database of the other kind; the backend,
    which belongs to the store, is closed then.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        window: int = DEFAULT_WINDOW,
        archive: bool = False,
        cache_bytes: int = 64 << 20,
    ) -> None:
        if window < 0:
            backend.close()
            raise ValueError(f"window: {window} is negative")
        self._backend = SealedBackend(backend)
        self._archive = archive
        self._identity: ChainIdentity | None = None
        self._headers: dict[Hash32, Header] = {}
        self.state = StateReader(self._backend, cache_bytes)
        self._pruning = Pruning(self.state, window, archive)
        try:
            self._open()
        except BaseException:
            backend.close()
            raise

    def _open(self) -> None:
        row = self._backend.get(Table.META, _IDENTITY)
        if row is None:
            return
        self._identity, archive = decode_identity(row)
        if archive != self._archive:
            raise WrongStore("the database is an archive" if archive else "the database is not an archive")

    # --- reads

    @property
    def identity(self) -> ChainIdentity | None:
        """The chain; ``None`` while the store is empty."""
        return self._identity

    @property
    def heads(self) -> ChainHeads:
        """The heads; raises :class:`StoreError` if the store is empty."""
        row = self._backend.get(Table.META, _HEADS)
        if row is None:
            raise StoreError("the store is empty")
        return decode_heads(row)

    def header(self, block_hash: Hash32) -> Header | None:
        """The header of a known block."""
        header = self._headers.get(block_hash)
        if header is None:
            raw = self.state.header(block_hash)
            if raw is None:
                return None
            header = _decoded(Header.decode, raw)
            while len(self._headers) >= _HEADERS_CACHED:
                del self._headers[next(iter(self._headers))]
            self._headers[block_hash] = header
        return header

    def envelope(self, block_hash: Hash32) -> ExecutionPayloadEnvelope | None:
        """A known block as the Engine API shows it."""
        header = self.header(block_hash)
        if header is None:
            return None
        transactions = _decoded(decode_body, self._row(Table.BODIES, block_hash))
        return _envelope(header, block_hash, transactions)

    def receipts(self, block_hash: Hash32) -> tuple[Receipt, ...] | None:
        """The receipts of a known block."""
        if self.header(block_hash) is None:
            return None
        return _decoded(decode_receipt_list, self._row(Table.RECEIPTS, block_hash))

    def canonical_hash(self, number: int) -> Hash32 | None:
        """Hash of the canonical block of this number."""
        if not 0 <= number < 1 << 64:
            return None
        row = self._backend.get(Table.CANONICAL, number_key(number))
        return None if row is None else Hash32(row)

    def transaction(self, tx_hash: Hash32) -> TransactionPlace | None:
        """Where a transaction of the canonical chain is."""
        for place in decode_places(self._backend.get(Table.TRANSACTIONS, tx_hash) or b""):
            header = self.header(place.block_hash)
            if header is not None and self.canonical_hash(header.number) == place.block_hash:
                return place
        return None

    def has_state(self, block_hash: Hash32) -> bool:
        """Whether children of this block can be executed."""
        return self._backend.get(Table.RETAINED, block_hash) is not None

    def _row(self, table: Table, key: Hash32) -> bytes:
        row = self._backend.get(table, key)
        if row is None:
            raise CorruptStore(f"{table.value}: nothing for the block 0x{key.hex()}")
        return row

    # --- writes

    def start(self, chain_id: int, genesis: ExecutedBlock) -> None:
        """Make an empty store that of a chain. State that ``genesis`` does not bring is not there."""
        if self._identity is not None:
            raise StoreError("the store is in use")
        identity = ChainIdentity(chain_id, genesis.hash)
        heads = ChainHeads(genesis.hash, ZERO_HASH, ZERO_HASH)
        batch = Batch(self._backend)
        batch.put(Table.META, _IDENTITY, encode_identity(identity, self._archive))
        batch.put(Table.META, _HEADS, encode_heads(heads))
        batch.put(Table.CANONICAL, number_key(genesis.header.number), genesis.hash)
        self._put_block(batch, genesis)
        root = genesis.header.state_root
        if root in genesis.writes or root == EMPTY_TRIE_ROOT:
            self._pruning.add(batch, genesis, None)
        batch.commit()
        self._identity = identity

    def add_block(self, block: ExecutedBlock) -> None:
        """Keep a block and its state."""
        if self.header(block.hash) is not None:
            return
        parent = self.header(block.header.parent_hash)
        if parent is None:
            raise StoreError(f"the parent 0x{block.header.parent_hash.hex()} is unknown")
        if not self.has_state(block.header.parent_hash):
            raise PrunedState(f"the state of 0x{block.header.parent_hash.hex()} is not kept")
        batch = Batch(self._backend)
        self._put_block(batch, block)
        self._pruning.add(batch, block, parent)
        batch.commit()
        self.state.added(batch)

    def _put_block(self, batch: Batch, block: ExecutedBlock) -> None:
        batch.put(Table.HEADERS, block.hash, block.header.encode())
        batch.put(Table.BODIES, block.hash, encode_body(block.transactions))
        batch.put(Table.RECEIPTS, block.hash, encode_receipt_list(block.receipts))
        for index, raw in enumerate(block.transactions):
            key = tx_hash(raw)
            places = batch.get(Table.TRANSACTIONS, key) or b""
            batch.put(Table.TRANSACTIONS, key, places + encode_place(block.hash, index))

    def set_heads(self, heads: ChainHeads) -> HeadChange:
        """Make the chain of ``heads.unsafe`` the canonical one, and name the other two heads."""
        old_heads = self.heads
        old_head = self._known(old_heads.unsafe)
        new_head = self._known(heads.unsafe)
        for named in (heads.safe, heads.finalized):
            if named != ZERO_HASH:
                self._known(named)
        path = path_to_canonical(self, heads.unsafe)
        fork = new_head.number - len(path)
        batch = Batch(self._backend)
        above = [self.canonical_hash(number) for number in range(fork + 1, old_head.number + 1)]
        for number in range(new_head.number + 1, old_head.number + 1):
            batch.delete(Table.CANONICAL, number_key(number))
        for block_hash, header in path:
            batch.put(Table.CANONICAL, number_key(header.number), block_hash)
        if heads != old_heads:
            batch.put(Table.META, _HEADS, encode_heads(heads))
        finalized = None if heads.finalized == ZERO_HASH else self._known(heads.finalized)
        self._pruning.advance(batch, new_head.number, finalized)
        batch.commit()
        self.state.removed(batch)
        removed = tuple([block_hash for block_hash in above if block_hash is not None])
        return HeadChange(removed, tuple([block_hash for block_hash, _ in reversed(path)]))

    def _known(self, block_hash: Hash32) -> Header:
        header = self.header(block_hash)
        if header is None:
            raise StoreError(f"the block 0x{block_hash.hex()} is unknown")
        return header

    def close(self) -> None:
        """Close the database. The store is of no use afterwards."""
        self._backend.close()


_T = TypeVar("_T")


def _decoded(decode: Callable[[bytes], _T], row: bytes) -> _T:
    try:
        return decode(row)
    except (DecodeError, zlib.error) as exc:
        raise CorruptStore(f"a row is malformed: {exc}") from exc


def _envelope(
    header: Header, block_hash: Hash32, transactions: tuple[bytes, ...]
) -> ExecutionPayloadEnvelope:
    payload = payload_of_header(header, transactions, block_hash)
    return ExecutionPayloadEnvelope(payload, header.parent_beacon_root)
