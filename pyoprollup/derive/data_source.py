"""Where batcher data is found in an L1 block: calldata, and from Ecotone on blobs.

A transaction counts when it goes to the batch inbox and is signed by the batcher. A blob
transaction's blobs count and its calldata does not; blob indices run over *all* blobs of the L1
block, whatever their sender.

Specification: protocol/derivation.md, L1 Retrieval; protocol/ecotone/derivation.md, Ecotone: Blob Retrieval.

<https://specs.optimism.io/protocol/derivation.html#l1-retrieval>
<https://specs.optimism.io/protocol/ecotone/derivation.html#ecotone-blob-retrieval>
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Protocol

from pyoprollup.derive.drops import Dropped, DropReason, DropSink, ignore_drops
from pyoprollup.derive.errors import CriticalError, EndOfData, ResetError
from pyoprollup.derive.provenance import DataSource
from pyoprollup.errors import DecodeError, NotFound, Unavailable
from pyoprollup.eth.blobs import BlobError, blob_to_data
from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE, DepositTransaction
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.signer import sender
from pyoprollup.eth.transactions import (
    ACCESS_LIST_TX_TYPE,
    BLOB_TX_TYPE,
    DYNAMIC_FEE_TX_TYPE,
    LEGACY_TX_TYPE,
    Transaction,
    decode_transaction,
    tx_hash,
    tx_recipient,
    tx_type,
)
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.time import L1Time
from pyoprollup.sources.l1 import BlobSource, IndexedBlobHash, L1Source

__all__ = ["BatcherData", "DataIterator", "DataSourceFactory", "batcher_blobs", "batcher_transaction"]

_CARRIER_TYPES = frozenset(
    {LEGACY_TX_TYPE, ACCESS_LIST_TX_TYPE, DYNAMIC_FEE_TX_TYPE, BLOB_TX_TYPE, DEPOSIT_TX_TYPE}
)
"""Transaction types that may carry batcher data; set-code transactions never do."""

BatcherData = tuple[bytes, DataSource | None]
"""One piece of batcher data and where it was found."""


class DataIterator(Protocol):
    """The batcher data of one L1 block."""

    def next(self) -> BatcherData:
        """The next piece; raises :class:`EndOfData` after the last."""
        ...


class LoadedData:
    """Batcher data that is all there."""

    def __init__(self, pieces: Iterable[BatcherData]) -> None:
        self._pieces = deque(pieces)

    def next(self) -> BatcherData:
        if not self._pieces:
            raise EndOfData("no more batcher data in this L1 block")
        return self._pieces.popleft()


class DataSourceFactory:
    """Opens the batcher data of L1 blocks. ``blobs`` may be ``None`` before Ecotone."""

    def __init__(
        self,
        config: RollupConfig,
        l1: L1Source,
        blobs: BlobSource | None,
        drops: DropSink = ignore_drops,
    ) -> None:
        self._config = config
        self._l1 = l1
        self._blobs = blobs
        self._drops = drops

    def open_data(self, ref: L1BlockRef, batcher: Address) -> DataIterator:
        """All batcher data of L1 block ``ref``, sent by ``batcher``.

        Raises :class:`~pyoprollup.errors.Unavailable` when a source does not answer, and
        :class:`ResetError` when the block or its blobs do not exist.
        """
        try:
            transactions = self._l1.transactions_by_hash(ref.hash)
        except NotFound as exc:
            raise ResetError(f"transactions of L1 block {ref}: {exc}") from exc
        if not self._config.schedule.at_l1(L1Time(ref.time)).blob_data:
            return LoadedData(self._calldata(ref, transactions, batcher))
        if self._blobs is None:
            raise CriticalError(f"L1 block {ref} may hold blobs, but no blob source is configured")
        return LoadedData(self._blob_data(ref, transactions, batcher, self._blobs))

    def _calldata(
        self, ref: L1BlockRef, transactions: Sequence[bytes], batcher: Address
    ) -> list[BatcherData]:
        pieces: list[BatcherData] = []
        for index, raw in enumerate(transactions):
            tx = batcher_transaction(self._config, raw, batcher)
            if tx is not None:
                pieces.append((tx.data, DataSource(ref.id, tx_hash(raw), index)))
        return pieces

    def _blob_data(
        self,
        ref: L1BlockRef,
        transactions: Sequence[bytes],
        batcher: Address,
        source: BlobSource,
    ) -> list[BatcherData]:
        pieces: list[tuple[bytes | None, DataSource]] = []
        wanted: list[IndexedBlobHash] = []
        ignored: list[DataSource] = []
        blob_index = 0
        for index, raw in enumerate(transactions):
            tx = batcher_transaction(self._config, raw, batcher)
            if tx is None:
                blob_index += len(_blob_hashes(raw))
                continue
            origin = DataSource(ref.id, tx_hash(raw), index)
            if not isinstance(tx, Transaction) or tx.type != BLOB_TX_TYPE:
                pieces.append((tx.data, origin))
                continue
            if tx.data:
                ignored.append(origin)
            for blob_hash in tx.blob_versioned_hashes:
                wanted.append(IndexedBlobHash(blob_index, blob_hash))
                blob_origin = DataSource(ref.id, origin.tx_hash, index, blob_index, blob_hash)
                pieces.append((None, blob_origin))
                blob_index += 1
        blobs = self._fetch(ref, wanted, source)
        for origin in ignored:
            self._drops(Dropped(DropReason.BLOB_TX_CALLDATA, origin, ref.id, "only blobs count"))
        return self._fill(ref, pieces, blobs)

    def _fetch(self, ref: L1BlockRef, wanted: list[IndexedBlobHash], source: BlobSource) -> Sequence[bytes]:
        if not wanted:
            return ()
        try:
            blobs = source.get_blobs(ref, wanted)
        except NotFound as exc:
            raise ResetError(f"blobs of L1 block {ref}: {exc}") from exc
        if len(blobs) != len(wanted):
            raise ResetError(f"L1 block {ref}: got {len(blobs)} blobs, asked for {len(wanted)}")
        return blobs

    def _fill(
        self,
        ref: L1BlockRef,
        pieces: list[tuple[bytes | None, DataSource]],
        blobs: Sequence[bytes],
    ) -> list[BatcherData]:
        filled: list[BatcherData] = []
        remaining = iter(blobs)
        for data, origin in pieces:
            if data is None:
                try:
                    data = blob_to_data(next(remaining))
                except BlobError as exc:
                    self._drops(Dropped(DropReason.BLOB_UNDECODABLE, origin, ref.id, str(exc)))
                    continue
            filled.append((data, origin))
        return filled


def batcher_transaction(
    config: RollupConfig, raw: bytes, batcher: Address
) -> Transaction | DepositTransaction | None:
    """The decoded transaction if it carries batcher data, else ``None``.

    The signature is only looked at when the recipient is right, which spares nearly all of them.
    """
    try:
        if tx_recipient(raw) != config.batch_inbox_address or tx_type(raw) not in _CARRIER_TYPES:
            return None
        tx = decode_transaction(raw)
        return tx if sender(tx, config.l1_chain_id) == batcher else None
    except DecodeError:
        # A type of transaction that we do not know, or a signature that recovers to nobody.
        return None


def batcher_blobs(
    config: RollupConfig, transactions: Sequence[bytes], batcher: Address
) -> tuple[IndexedBlobHash, ...]:
    """The blobs that derivation reads of an L1 block with these transactions, in this order.

    For whoever fetches them ahead. Raises :class:`~pyoprollup.errors.Unavailable` for transactions that no
    L1 block has.
    """
    wanted: list[IndexedBlobHash] = []
    blob_index = 0
    for raw in transactions:
        hashes = _blob_hashes(raw)
        if hashes and batcher_transaction(config, raw, batcher) is not None:
            wanted += [IndexedBlobHash(blob_index + place, item) for place, item in enumerate(hashes)]
        blob_index += len(hashes)
    return tuple(wanted)


def _blob_hashes(raw: bytes) -> tuple[Hash32, ...]:
    if raw[:1] != bytes((BLOB_TX_TYPE,)):
        return ()
    try:
        tx = decode_transaction(raw)
    except DecodeError as exc:
        # L1 has no such transaction, so the source is wrong. Without its blobs counted, the indices
        # of the block's other blobs would be wrong too.
        raise Unavailable(f"L1 blob transaction of {len(raw)} bytes: {exc}") from exc
    return tx.blob_versioned_hashes if isinstance(tx, Transaction) else ()
