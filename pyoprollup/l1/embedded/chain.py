"""The chain of an embedded L1: ``mine`` lets it grow, ``reorg`` rewinds it.

Time is virtual: whoever mines says when the block is. Everything follows from the configuration, the
transactions and the calls, so the same run gives the same hashes. Blocks that are no longer canonical stay
known by their hash. The chain is kept in a :class:`~pyoprollup.l1.embedded.store.L1Store`: by a file it
can be gone on with, and it has the hashes then that it would have had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from pyoprollup.errors import NotFound, RollupError
from pyoprollup.eth.blob_fee import blob_base_fee
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.refs import BlockLabel, L1BlockRef
from pyoprollup.eth.transactions import tx_hash
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.ancestors import ancestor_hashes
from pyoprollup.evm.genesis import Account
from pyoprollup.evm.state import no_ancestors
from pyoprollup.evm.store import KeyValue
from pyoprollup.execution.pool.errors import PoolError
from pyoprollup.execution.pool.selection import Selection
from pyoprollup.l1.embedded.accounts import AccountsAt
from pyoprollup.l1.embedded.admission import PooledTransaction
from pyoprollup.l1.embedded.block import BlockFees, L1Block, build_l1_block, child_header
from pyoprollup.l1.embedded.config import EmbeddedL1Config
from pyoprollup.l1.embedded.environment import open_l1_state
from pyoprollup.l1.embedded.genesis import l1_genesis_block
from pyoprollup.l1.embedded.mempool import Mempool
from pyoprollup.l1.embedded.store import Change, L1Store, MemoryL1Store, Position, TransactionPlace
from pyoprollup.sources.l1 import BlockInfo, IndexedBlobHash
from pyoprollup.txmgr.errors import pool_error

__all__ = ["EmbeddedChain", "EmbeddedL1Error", "Reorg"]


class EmbeddedL1Error(RollupError, ValueError):
    """The chain was asked for something that it cannot do."""


class Reorg(NamedTuple):
    """What a change of the head did: blocks that went, newest first, and blocks that came, oldest first."""

    removed: tuple[L1Block, ...]
    added: tuple[L1Block, ...]


class EmbeddedChain:
    """The chain of an embedded L1. Implements ``L1Heads``, ``L1Source`` and ``BlobSource``."""

    def __init__(
        self, config: EmbeddedL1Config, alloc: Mapping[Address, Account], store: L1Store | None = None
    ) -> None:
        """``store`` is in memory by default. One that has a chain goes on with it.

        Raises ``StoreError`` for a store that has another chain, or is damaged.
        """
        self.config = config
        genesis, writes = l1_genesis_block(config, alloc)
        self._chain = MemoryL1Store() if store is None else store
        self._chain.begin(config, genesis, writes)
        self.mempool = Mempool(config, self.accounts())
        self.mempool.restore(self._chain.pool())

    def close(self) -> None:
        """Let go of the store; nothing else may be asked for then."""
        self._chain.close()

    # --- growing

    def mine(self, time: int | None = None, *, empty: bool = False, fees: BlockFees | None = None) -> L1Block:
        """The next block, at ``time`` (seconds; of any later slot, by default the next), from the mempool.

        With ``empty`` it takes no transactions. Raises :class:`EmbeddedL1Error` if no slot begins at
        ``time``, or it is not after the head's.
        """
        parent, slot = self.head_block, self.config.slot_seconds
        time = parent.header.time + slot if time is None else time
        if time <= parent.header.time or (time - self.config.genesis_time) % slot:
            raise EmbeddedL1Error(f"no slot begins at {time}, or it is not after {parent.header.time}")
        header = child_header(
            self.config, parent.header, parent.hash, time, self._chain.position.branch, fees or BlockFees()
        )
        blob_fee = blob_base_fee(header.excess_blob_gas or 0, self.config.blob_params.update_fraction)
        candidates: Selection[PooledTransaction] = (
            Selection() if empty else self.mempool.select(header.base_fee or 0, blob_fee)
        )
        block, writes = build_l1_block(self.config, parent.header, header, self.store, candidates)
        blobs: dict[Hash32, bytes] = {}
        for raw in block.transactions:
            if (pooled := self.mempool.get(tx_hash(raw))) is not None:
                blobs.update(zip(pooled.tx.blob_versioned_hashes, pooled.blobs, strict=True))
        position = self._chain.position
        finalized = max(position.finalized, block.number - self.config.finalized_distance)
        retention = self.config.blob_retention
        change = Change(
            position=replace(position, head=block.number, finalized=finalized),
            added=(block,),
            state=writes,
            blobs=blobs,
            forget_blobs=0 if retention is None else max(block.number - retention - 1, 0),
        )
        with self._chain.writing():
            self._chain.apply(change)
            self.mempool.reset(self.accounts())
            self._chain.keep_pool(self.mempool.by_hash)
        return block

    def send(self, raw: bytes) -> Hash32:
        """Put a signed transaction (a blob transaction with its blobs) into the mempool.

        Returns its hash; raises :class:`~pyoprollup.txmgr.errors.TxPoolError`.
        """
        try:
            sent = self.mempool.add(raw)
        except PoolError as exc:
            # As over JSON-RPC: the text says what it is.
            raise pool_error(str(exc)) from exc
        with self._chain.writing():
            self._chain.keep_pool(self.mempool.by_hash)
        return sent

    # --- reorgs

    def reorg(self, depth: int, *, requeue: bool = True, past_finalized: bool = False) -> Reorg:
        """Take the last ``depth`` blocks off the chain; what is mined next differs from them.

        Their transactions go back to the mempool, or vanish unless ``requeue``. Raises
        :class:`EmbeddedL1Error` for more blocks than there are, or for finalized ones.
        """
        if not 0 <= depth <= self.head_block.number:
            raise EmbeddedL1Error(f"a reorg of {depth} blocks at block {self.head_block.number}")
        target = self.block_by_number(self.head_block.number - depth)
        return self.set_head(target.hash, requeue=requeue, past_finalized=past_finalized)

    def set_head(self, block_hash: Hash32, *, requeue: bool = True, past_finalized: bool = False) -> Reorg:
        """Make a known block the head, canonical or not: chains can be switched back and forth.

        See :meth:`reorg`. Raises :class:`~pyoprollup.errors.NotFound` for an unknown block.
        """
        added: list[L1Block] = []
        block = head = self.block(block_hash)
        while not self._is_canonical(block):
            added.insert(0, block)
            block = self.block(block.header.parent_hash)
        position = self._chain.position
        finalized = min(position.finalized, block.number)
        if finalized < position.finalized and not past_finalized:
            raise EmbeddedL1Error(f"block {block.number} is before the finalized block {position.finalized}")
        removed = tuple(self.block_by_number(number) for number in range(position.head, block.number, -1))
        change = Change(
            position=Position(head.number, finalized, position.branch + 1),
            removed=removed,
            added=tuple(added),
        )
        orphaned = [raw for gone in reversed(removed) for raw in gone.transactions] if requeue else []
        with self._chain.writing():
            self._chain.apply(change)
            self.mempool.reset(self.accounts(), orphaned, self._blob)
            self._chain.keep_pool(self.mempool.by_hash)
        return Reorg(removed, change.added)

    def _is_canonical(self, block: L1Block) -> bool:
        canonical = self._chain.canonical(block.number)
        return canonical is not None and canonical.hash == block.hash

    def _blob(self, hash_: Hash32) -> bytes:
        """A blob that is kept, else ``KeyError``."""
        if (blob := self._chain.blob(hash_)) is None:
            raise KeyError(hash_)
        return blob

    # --- looking

    @property
    def store(self) -> KeyValue:
        """Trie nodes, code and headers by hash."""
        return self._chain.state

    @property
    def lives(self) -> int:
        """How often this chain was begun or opened, this time included."""
        return self._chain.lives

    @property
    def highest(self) -> int:
        """The highest number that a block ever had, canonical or not."""
        return self._chain.highest

    @property
    def head_block(self) -> L1Block:
        """The newest canonical block."""
        return self.block_by_number(self._chain.position.head)

    def block(self, block_hash: Hash32) -> L1Block:
        """A known block, canonical or not; raises :class:`~pyoprollup.errors.NotFound`."""
        if (block := self._chain.block(block_hash)) is None:
            raise NotFound(f"there is no L1 block 0x{block_hash.hex()}")
        return block

    def block_by_number(self, number: int) -> L1Block:
        """A canonical block; raises :class:`~pyoprollup.errors.NotFound`."""
        if (block := self._chain.canonical(number)) is None:
            raise NotFound(f"there is no L1 block {number}")
        return block

    def block_by_label(self, label: BlockLabel) -> L1Block:
        """The head, or the block that is safe or finalized."""
        position = self._chain.position
        number = {
            BlockLabel.UNSAFE: position.head,
            BlockLabel.SAFE: max(position.head - self.config.safe_distance, position.finalized),
            BlockLabel.FINALIZED: position.finalized,
        }[label]
        return self.block_by_number(number)

    def place(self, hash_: Hash32) -> TransactionPlace | None:
        """Where a transaction is on the canonical chain."""
        return self._chain.place(hash_)

    def accounts(self, block: L1Block | None = None) -> AccountsAt:
        """Accounts as of a block, by default the head."""
        return AccountsAt(self.store, (block or self.head_block).header.state_root)

    def state(self, block: L1Block | None = None) -> Any:
        """A state of the interpreter after a block, by default the head; whatever it does is lost."""
        block = block or self.head_block
        parent = self._chain.block(block.header.parent_hash)
        ancestors = (
            no_ancestors if parent is None else ancestor_hashes(block.header, parent.header, self.store)
        )
        return open_l1_state(self.config, self.store, block.header.state_root, block.header, ancestors)

    def has_blob(self, hash_: Hash32) -> bool:
        """Whether the blob with this versioned hash is kept."""
        return self._chain.blob(hash_) is not None

    # --- as derivation's source

    def l1_block_ref_by_label(self, label: BlockLabel) -> L1BlockRef:
        """The block that :meth:`block_by_label` finds, as a reference."""
        return self.block_by_label(label).ref

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        return self.block_by_number(number).ref

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef:
        return self.block(block_hash).ref

    def info_by_hash(self, block_hash: Hash32) -> BlockInfo:
        return self.block(block_hash).info

    def fetch_receipts(self, block_hash: Hash32) -> tuple[BlockInfo, Sequence[Receipt]]:
        block = self.block(block_hash)
        return block.info, block.receipts

    def transactions_by_hash(self, block_hash: Hash32) -> Sequence[bytes]:
        return self.block(block_hash).transactions

    def get_blobs(self, ref: L1BlockRef, hashes: Sequence[IndexedBlobHash]) -> Sequence[bytes]:
        """Blobs of a block; :class:`~pyoprollup.errors.NotFound` for those that it does not have,
        at these places, or has no more."""
        known = self.block(ref.hash).blob_hashes
        try:
            if any(known[wanted.index] != wanted.hash for wanted in hashes):
                raise NotFound(f"L1 block {ref} has other blobs")
            return [self._blob(wanted.hash) for wanted in hashes]
        except LookupError as exc:
            raise NotFound(f"a blob of L1 block {ref} is not there") from exc
