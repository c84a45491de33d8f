"""Makes recordings of L1: from sources that verify what they read, or from plain JSON-RPC answers in files.

What is in a recording hangs together, wherever it comes from: blocks follow each other by hash, transactions
and receipts have the roots of their headers, blobs have the hashes that their transactions name. The form is
that of :mod:`pyoprollup.replay.recording`.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any, Protocol

from pyoprollup.errors import DecodeError, RollupError
from pyoprollup.eth.blobs import BLOB_SIZE
from pyoprollup.eth.headers import Header
from pyoprollup.eth.kzg import KzgError, blob_commitment, versioned_hash
from pyoprollup.eth.receipts import Receipt, receipts_from_json
from pyoprollup.eth.transaction_json import transaction_from_json
from pyoprollup.eth.transactions import (
    BLOB_TX_TYPE,
    Transaction,
    decode_transaction,
    tx_recipient,
)
from pyoprollup.eth.trie import ordered_trie_root
from pyoprollup.eth.types import Hash32, bytes_from_hex, hash_from_hex, to_hex
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.sources.l1 import BlobSource, BlockInfo, IndexedBlobHash, L1Source

__all__ = [
    "HeaderSource",
    "KnownHeader",
    "RecordError",
    "block_entry",
    "dumped_blocks",
    "inbox_blobs",
    "recorded_blocks",
    "write_recording",
]


class RecordError(RollupError):
    """What was to be recorded does not hang together, or is not all there."""


class KnownHeader(Protocol):
    """A header and what derivation reads of it."""

    @property
    def header(self) -> Header: ...

    @property
    def info(self) -> BlockInfo: ...


class HeaderSource(L1Source, Protocol):
    """A source of L1 that has whole headers, such as :class:`~pyoprollup.l1.rpc.L1Client`."""

    def header_by_number(self, number: int) -> KnownHeader:
        """The canonical header of a height."""
        ...


# --- from a source


def recorded_blocks(
    config: RollupConfig, l1: HeaderSource, blobs: BlobSource | None, first: int, last: int
) -> Iterator[dict[str, Any]]:
    """The L1 blocks ``first`` to ``last``, each as an entry of a recording.

    Of blobs, those count that were sent to the batch inbox, whoever sent them. Raises :class:`RecordError`
    if L1 reorgs meanwhile, or if there are blobs and no source for them, and what the sources raise.
    """
    parent: Hash32 | None = None
    for number in range(first, last + 1):
        known = l1.header_by_number(number)
        if parent not in (None, known.header.parent_hash):
            raise RecordError(
                f"L1 has reorged at block {number} while it was recorded: record again, or older blocks"
            )
        parent = known.info.hash
        transactions = l1.transactions_by_hash(parent)
        _, receipts = l1.fetch_receipts(parent)
        wanted = inbox_blobs(config, transactions)
        if wanted and blobs is None:
            raise RecordError(f"L1 block {number} has blobs for the batch inbox: a beacon endpoint is needed")
        found = blobs.get_blobs(known.info.ref, wanted) if wanted and blobs is not None else ()
        by_hash = dict(zip([item.hash for item in wanted], found, strict=True))
        yield block_entry(known.header, transactions, receipts, by_hash)


def inbox_blobs(config: RollupConfig, transactions: Sequence[bytes]) -> list[IndexedBlobHash]:
    """The blobs of a block that were sent to the batch inbox."""
    wanted: list[IndexedBlobHash] = []
    blob_index = 0
    for raw in transactions:
        if raw[:1] != bytes([BLOB_TX_TYPE]):
            continue
        tx = decode_transaction(raw)
        assert isinstance(tx, Transaction)
        if tx_recipient(raw) == config.batch_inbox_address:
            hashes = enumerate(tx.blob_versioned_hashes, blob_index)
            wanted += [IndexedBlobHash(index, item) for index, item in hashes]
        blob_index += len(tx.blob_versioned_hashes)
    return wanted


def block_entry(
    header: Header, transactions: Sequence[bytes], receipts: Sequence[Receipt], blobs: dict[Hash32, bytes]
) -> dict[str, Any]:
    """A block as an entry of a recording."""
    return {
        "header": header.to_json(),
        "txs": [to_hex(raw) for raw in transactions],
        "receipts": [receipt.to_json() for receipt in receipts],
        "blobs": {to_hex(key): to_hex(blob.rstrip(b"\0")) for key, blob in blobs.items()},
    }


# --- from files


def dumped_blocks(config: RollupConfig, dumps: Iterable[tuple[str, Any]]) -> list[dict[str, Any]]:
    """Entries of a recording from JSON-RPC answers, each with a name for messages.

    A dump is a block with full transactions, the list of a block's receipts, or an answer of a beacon node
    with blobs; whether it stands in its envelope (``result``) does not matter, nor does the order. What
    belongs together is found by roots and hashes. Raises :class:`RecordError` if something is wrong or
    missing.
    """
    blocks: dict[int, tuple[Header, list[bytes]]] = {}
    receipts: dict[Hash32, tuple[Receipt, ...]] = {ordered_trie_root([]): ()}
    blobs: dict[Hash32, bytes] = {}
    for name, value in dumps:
        try:
            _sort(value, blocks, receipts, blobs)
        except DecodeError as exc:
            raise RecordError(f"{name}: {exc}") from exc
    entries: list[dict[str, Any]] = []
    parent: Header | None = None
    for number in sorted(blocks):
        header, transactions = blocks[number]
        if parent is not None and header.parent_hash != parent.hash():
            raise RecordError(f"L1 block {number} does not follow block {parent.number} of the dumps")
        parent = header
        if header.receipts_root not in receipts:
            raise RecordError(f"the receipts of L1 block {number} are missing, or have another root")
        wanted = [item.hash for item in inbox_blobs(config, transactions)]
        missing = [to_hex(item) for item in wanted if item not in blobs]
        if missing:
            raise RecordError(f"blobs of L1 block {number} are missing: {', '.join(missing)}")
        found = {item: blobs[item] for item in wanted}
        entries.append(block_entry(header, transactions, receipts[header.receipts_root], found))
    if not entries:
        raise RecordError("there is no block among the dumps")
    return entries


def _sort(
    value: Any,
    blocks: dict[int, tuple[Header, list[bytes]]],
    receipts: dict[Hash32, tuple[Receipt, ...]],
    blobs: dict[Hash32, bytes],
) -> None:
    """Put a dump where it belongs."""
    if isinstance(value, dict) and "result" in value:
        value = value["result"]
    if isinstance(value, list):
        found = receipts_from_json(value)
        receipts[ordered_trie_root([item.encode_for_root() for item in found])] = found
    elif isinstance(value, dict) and "data" in value:
        blobs.update(_blobs(value["data"]))
    elif isinstance(value, dict):
        header, transactions = _block(value)
        blocks[header.number] = header, transactions
    else:
        raise DecodeError("it is neither a block, nor receipts, nor blobs")


def _block(value: dict[str, Any]) -> tuple[Header, list[bytes]]:
    header = Header.from_json(value)
    claimed = hash_from_hex(value.get("hash"), "hash")
    if header.hash() != claimed:
        raise DecodeError(f"the header of L1 block {header.number} does not have the hash {to_hex(claimed)}")
    shown = value.get("transactions")
    if not isinstance(shown, list):
        raise DecodeError(f"L1 block {header.number} has no list of transactions")
    if any(not isinstance(item, dict) for item in shown):
        raise DecodeError(f"L1 block {header.number} has hashes of transactions, full ones are needed")
    transactions = [transaction_from_json(item).encode() for item in shown]
    if ordered_trie_root(transactions) != header.transactions_root:
        raise DecodeError(f"the transactions of L1 block {header.number} do not have the root of its header")
    return header, transactions


def _blobs(items: Any) -> Iterator[tuple[Hash32, bytes]]:
    if not isinstance(items, list):
        raise DecodeError("data: expected a list of blobs")
    for item in items:
        blob = bytes_from_hex(item.get("blob") if isinstance(item, dict) else item, "blob")
        if len(blob) != BLOB_SIZE:
            raise DecodeError(f"a blob has {BLOB_SIZE} bytes, not {len(blob)}")
        try:
            yield versioned_hash(blob_commitment(blob)), blob
        except KzgError as exc:
            raise DecodeError(f"blob: {exc}") from exc


# --- writing


def write_recording(
    file: IO[bytes],
    config: RollupConfig,
    entries: Iterable[dict[str, Any]],
    genesis: Any = None,
    *,
    packed: bool = False,
    on_block: Callable[[int], None] = lambda _count: None,
) -> int:
    """Write a recording as JSON, block by block as they come; returns how many there were.

    ``genesis`` is the L2 chain's genesis, for whoever executes the blocks. ``packed`` is for a gzipped file.
    """
    count = 0
    target: IO[bytes] = gzip.GzipFile(fileobj=file, mode="wb", mtime=0) if packed else file  # type: ignore[assignment]
    text = io.TextIOWrapper(target, "utf-8", newline="\n", write_through=True)
    text.write('{"rollup_config": ' + json.dumps(config.to_json()))
    if genesis is not None:
        text.write(',\n"genesis": ' + json.dumps(genesis))
    text.write(',\n"l1_blocks": [')
    for count, entry in enumerate(entries, 1):
        text.write((",\n" if count > 1 else "\n") + json.dumps(entry))
        on_block(count)
    text.write("\n]}\n")
    text.flush()
    text.detach()
    if packed:
        target.close()
    return count
