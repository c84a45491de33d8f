"""What the engine asks of a chain store, whatever database is behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pyoprollup.eth.headers import Header
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.types import Hash32
from pyoprollup.evm.block import ExecutedBlock
from pyoprollup.evm.store import KeyValue

__all__ = ["ChainHeads", "ChainIdentity", "ChainReader", "ChainStore", "HeadChange", "TransactionPlace"]


@dataclass(frozen=True, slots=True)
class ChainHeads:
    """Hashes of the three blocks that the rollup node names; zero for one that it has not named yet.

    ``unsafe`` is the head of the canonical chain.
    """

    unsafe: Hash32
    safe: Hash32
    finalized: Hash32


@dataclass(frozen=True, slots=True)
class ChainIdentity:
    """Which chain a store is of."""

    chain_id: int
    genesis: Hash32
    """Hash of the genesis block."""


@dataclass(frozen=True, slots=True)
class HeadChange:
    """Blocks that a new head took out of the canonical chain and put into it, each in ascending order."""

    removed: tuple[Hash32, ...] = ()
    added: tuple[Hash32, ...] = ()


@dataclass(frozen=True, slots=True)
class TransactionPlace:
    """Where a transaction of the canonical chain is."""

    block_hash: Hash32
    index: int


class ChainReader(Protocol):
    """Reads. A block is known by its hash, whether it is canonical or not.

    All methods raise :class:`~pyoprollup.execution.store.errors.StoreError` if the database cannot be read.
    """

    @property
    def identity(self) -> ChainIdentity | None:
        """The chain; ``None`` while the store is empty, when there are no heads either."""
        ...

    @property
    def state(self) -> KeyValue:
        """Trie nodes, code and headers by hash."""
        ...

    @property
    def heads(self) -> ChainHeads: ...

    def header(self, block_hash: Hash32) -> Header | None: ...

    def envelope(self, block_hash: Hash32) -> ExecutionPayloadEnvelope | None:
        """The block as the Engine API shows it."""
        ...

    def receipts(self, block_hash: Hash32) -> tuple[Receipt, ...] | None: ...

    def canonical_hash(self, number: int) -> Hash32 | None:
        """Hash of the canonical block of this number; ``None`` above the unsafe head."""
        ...

    def transaction(self, tx_hash: Hash32) -> TransactionPlace | None:
        """Where a transaction of the canonical chain is."""
        ...

    def has_state(self, block_hash: Hash32) -> bool:
        """Whether children of this block can be executed: not so if its state was pruned."""
        ...


class ChainStore(ChainReader, Protocol):
    """Reads and the writes. Each write is atomic: after a crash it is there or it is not.

    A store is used by one thread at a time. Writes raise ``StoreError`` and have no effect then.
    """

    def start(self, chain_id: int, genesis: ExecutedBlock) -> None:
        """Make an empty store that of a chain: ``genesis`` is its first block, and the unsafe head."""
        ...

    def add_block(self, block: ExecutedBlock) -> None:
        """Keep a block and its state. It is not canonical by that. A block that is known is ignored.

        Its parent must be known, and its parent's state kept.
        """
        ...

    def set_heads(self, heads: ChainHeads) -> HeadChange:
        """Make the chain of ``heads.unsafe`` the canonical one, and name the other two heads.

        All named blocks are known, and are one chain. A head that goes back to one of its ancestors
        leaves no canonical block above it.
        """
        ...

    def close(self) -> None: ...
