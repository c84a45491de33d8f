"""L1 as derivation wants it, ending with the L1 head that was agreed on."""

from __future__ import annotations

from collections.abc import Sequence

from pyoprollup.errors import NotFound
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.program.client.l1_oracle import L1Oracle
from pyoprollup.sources.l1 import BlockInfo, IndexedBlobHash

__all__ = ["OracleL1"]


class OracleL1:
    """A source of L1 blocks and blobs; a block by its number is found by going back from the head.

    It raises ``NotFound`` for numbers beyond the head, and for all else what the oracle does.
    """

    def __init__(self, oracle: L1Oracle, head: Hash32) -> None:
        self._oracle = oracle
        self._head = self._earliest = self.l1_block_ref_by_hash(head)
        self._hashes = {self._head.number: head}

    @property
    def head(self) -> L1BlockRef:
        """The last block that there is."""
        return self._head

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef:
        return self.info_by_hash(block_hash).ref

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        if number > self._head.number:
            raise NotFound(f"L1 block {number} is after the head, {self._head}")
        while self._earliest.number > number:
            self._earliest = self.l1_block_ref_by_hash(self._earliest.parent_hash)
            self._hashes[self._earliest.number] = self._earliest.hash
        return self.l1_block_ref_by_hash(self._hashes[number])

    def info_by_hash(self, block_hash: Hash32) -> BlockInfo:
        return BlockInfo.of(self._oracle.header(block_hash), block_hash)

    def fetch_receipts(self, block_hash: Hash32) -> tuple[BlockInfo, Sequence[Receipt]]:
        receipts = self._oracle.receipts(block_hash)
        return self.info_by_hash(block_hash), receipts

    def transactions_by_hash(self, block_hash: Hash32) -> Sequence[bytes]:
        return self._oracle.transactions(block_hash)

    def get_blobs(self, ref: L1BlockRef, hashes: Sequence[IndexedBlobHash]) -> Sequence[bytes]:
        return [self._oracle.blob(item.hash, ref.time) for item in hashes]
