"""The embedded L1 as the methods of an execution client read a chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyoprollup.errors import NotFound
from pyoprollup.eth.blob_fee import blob_base_fee
from pyoprollup.eth.headers import Header
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.transactions import BLOB_TX_TYPE, Transaction
from pyoprollup.eth.types import Hash32, to_quantity
from pyoprollup.evm.store import KeyValue
from pyoprollup.execution.rpc.chain_view import Block, BlockView
from pyoprollup.execution.store.ports import ChainHeads, ChainIdentity, TransactionPlace
from pyoprollup.l1.embedded import EmbeddedL1, L1Block
from pyoprollup.l1.embedded.fees import GAS_PER_BLOB, next_base_fee

__all__ = ["EmbeddedReader", "L1View"]


class EmbeddedReader:
    """An embedded L1 as a :class:`~pyoprollup.execution.store.ports.ChainReader`. All states are kept."""

    def __init__(self, l1: EmbeddedL1) -> None:
        self.l1 = l1

    @property
    def identity(self) -> ChainIdentity:
        return ChainIdentity(self.l1.config.chain_id, self.l1.block_by_number(0).hash)

    @property
    def state(self) -> KeyValue:
        return self.l1.store

    @property
    def heads(self) -> ChainHeads:
        labels = (BlockLabel.UNSAFE, BlockLabel.SAFE, BlockLabel.FINALIZED)
        return ChainHeads(*(self.l1.block_by_label(label).hash for label in labels))

    def block(self, block_hash: Hash32) -> L1Block | None:
        """A known block, canonical or not."""
        try:
            return self.l1.block(block_hash)
        except NotFound:
            return None

    def header(self, block_hash: Hash32) -> Header | None:
        block = self.block(block_hash)
        return None if block is None else block.header

    def envelope(self, _block_hash: Hash32) -> ExecutionPayloadEnvelope | None:
        """None: L1's blocks are not made over an Engine API."""
        return None

    def receipts(self, block_hash: Hash32) -> tuple[Receipt, ...] | None:
        block = self.block(block_hash)
        return None if block is None else block.receipts

    def canonical_hash(self, number: int) -> Hash32 | None:
        try:
            return self.l1.block_by_number(number).hash
        except NotFound:
            return None

    def transaction(self, tx_hash: Hash32) -> TransactionPlace | None:
        place = self.l1.place(tx_hash)
        return None if place is None else TransactionPlace(place.block.hash, place.index)

    def has_state(self, block_hash: Hash32) -> bool:
        return self.block(block_hash) is not None


class L1View(BlockView):
    """Reads of the embedded L1."""

    def __init__(self, l1: EmbeddedL1) -> None:
        self._reader = EmbeddedReader(l1)
        super().__init__(self._reader, l1.config.chain_id)

    def _read(self, block_hash: Hash32) -> Block | None:
        block = self._reader.block(block_hash)
        return None if block is None else Block(block_hash, block.header, block.transactions, self.chain_id)

    def receipt_fields(self, block: Block) -> Callable[[int], dict[str, Any]]:
        """What blobs have cost (EIP-4844)."""
        found = self._reader.block(block.hash)
        price = 0 if found is None else found.blob_base_fee

        def of(index: int) -> dict[str, Any]:
            tx = block.transactions[index]
            if not isinstance(tx, Transaction) or tx.type != BLOB_TX_TYPE:
                return {}
            gas = GAS_PER_BLOB * len(tx.blob_versioned_hashes)
            return {"blobGasUsed": to_quantity(gas), "blobGasPrice": to_quantity(price)}

        return of

    def next_base_fee(self, header: Header) -> int:
        return next_base_fee(header)

    def blob_base_fee(self, header: Header) -> int | None:
        return blob_base_fee(header.excess_blob_gas or 0, self._reader.l1.config.blob_params.update_fraction)

    def blob_gas_used_ratio(self, header: Header) -> float:
        return (header.blob_gas_used or 0) / (GAS_PER_BLOB * self._reader.l1.config.blob_params.max)
