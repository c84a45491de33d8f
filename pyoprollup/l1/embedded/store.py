"""Where an embedded L1 keeps its chain: blocks, state and blobs, changed by one whole write after the other.

Here is the contract, and the store in memory; :mod:`pyoprollup.l1.embedded.journal` is a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from pyoprollup.eth.transactions import tx_hash
from pyoprollup.eth.types import Hash32
from pyoprollup.evm.store import KeyValue
from pyoprollup.l1.embedded.admission import PooledTransaction
from pyoprollup.l1.embedded.block import L1Block
from pyoprollup.l1.embedded.config import EmbeddedL1Config

__all__ = ["Change", "L1Store", "MemoryL1Store", "Position", "TransactionPlace"]


@dataclass(frozen=True, slots=True)
class TransactionPlace:
    """Where a transaction is on the canonical chain."""

    block: L1Block
    index: int


@dataclass(frozen=True, slots=True)
class Position:
    """Where the chain is: numbers of its head and of the finalized block, and how often it changed its head
    otherwise than by growing."""

    head: int = 0
    finalized: int = 0
    branch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A step of the chain. ``removed`` and ``added`` are canonical blocks, the latter oldest first."""

    position: Position
    removed: tuple[L1Block, ...] = ()
    added: tuple[L1Block, ...] = ()
    state: Mapping[bytes, bytes] = field(default_factory=dict)
    """Trie nodes, code and headers by hash, to be added."""
    blobs: Mapping[Hash32, bytes] = field(default_factory=dict)
    """By versioned hash, to be added."""
    forget_blobs: int = 0
    """Blobs that no block after this one has are not kept any more."""


class L1Store(Protocol):
    """A chain. What it was given in one :meth:`writing` is there, or nothing of it."""

    def begin(self, config: EmbeddedL1Config, genesis: L1Block, state: Mapping[bytes, bytes]) -> None:
        """Called first: a new chain gets its genesis block, another one must be of this configuration."""

    @property
    def lives(self) -> int:
        """How often this chain was begun or opened, this time included."""

    @property
    def position(self) -> Position:
        """Where the chain is."""

    @property
    def highest(self) -> int:
        """The highest number that a block ever had, canonical or not."""

    @property
    def state(self) -> KeyValue:
        """Trie nodes, code and headers by hash."""

    def block(self, block_hash: Hash32) -> L1Block | None:
        """A known block, canonical or not."""

    def canonical(self, number: int) -> L1Block | None:
        """The canonical block of a number."""

    def place(self, hash_: Hash32) -> TransactionPlace | None:
        """Where a transaction is on the canonical chain."""

    def blob(self, hash_: Hash32) -> bytes | None:
        """The blob with this versioned hash, if it is kept."""

    def pool(self) -> Iterator[tuple[bytes, tuple[bytes, ...]]]:
        """Transactions that waited for a block when the chain was last changed, with their blobs."""

    def writing(self) -> AbstractContextManager[None]:
        """All calls below come inside of one; what they write is read back at once."""

    def apply(self, change: Change) -> None:
        """Take a step of the chain."""

    def keep_pool(self, waiting: Mapping[Hash32, PooledTransaction]) -> None:
        """These are the transactions that wait now."""

    def close(self) -> None:
        """Let go of a file."""


class MemoryL1Store:
    """In memory, all of it for as long as the process lives."""

    def __init__(self) -> None:
        self._position = Position()
        self._state: dict[bytes, bytes] = {}
        self._blocks: dict[Hash32, L1Block] = {}
        self._canonical: list[L1Block] = []
        self._places: dict[Hash32, TransactionPlace] = {}
        self._blobs: dict[Hash32, bytes] = {}
        self._blob_blocks: dict[Hash32, int] = {}
        self._highest = 0

    def begin(self, _config: EmbeddedL1Config, genesis: L1Block, state: Mapping[bytes, bytes]) -> None:
        self._state.update(state)
        self._append(genesis)

    @property
    def lives(self) -> int:
        return 1

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
        return self._blocks.get(block_hash)

    def canonical(self, number: int) -> L1Block | None:
        return self._canonical[number] if 0 <= number < len(self._canonical) else None

    def place(self, hash_: Hash32) -> TransactionPlace | None:
        return self._places.get(hash_)

    def blob(self, hash_: Hash32) -> bytes | None:
        return self._blobs.get(hash_)

    def pool(self) -> Iterator[tuple[bytes, tuple[bytes, ...]]]:
        return iter(())

    def writing(self) -> AbstractContextManager[None]:
        return nullcontext()

    def apply(self, change: Change) -> None:
        for gone in change.removed:
            for raw in gone.transactions:
                self._places.pop(tx_hash(raw), None)
        del self._canonical[len(self._canonical) - len(change.removed) :]
        self._state.update(change.state)
        self._blobs.update(change.blobs)
        for block in change.added:
            self._append(block)
        self._forget(change.forget_blobs)
        self._position = change.position

    def _append(self, block: L1Block) -> None:
        self._blocks[block.hash] = block
        self._canonical.append(block)
        self._highest = max(self._highest, block.number)
        self._blob_blocks.update(dict.fromkeys(block.blob_hashes, block.number))
        for index, raw in enumerate(block.transactions):
            self._places[tx_hash(raw)] = TransactionPlace(block, index)

    def _forget(self, number: int) -> None:
        old = [hash_ for hash_, last in self._blob_blocks.items() if last <= number] if number else []
        for hash_ in old:
            del self._blob_blocks[hash_]
            self._blobs.pop(hash_, None)

    def keep_pool(self, waiting: Mapping[Hash32, PooledTransaction]) -> None:
        """Nothing: a chain in memory is never opened again."""

    def close(self) -> None:
        """Nothing: there is no file to let go of."""
