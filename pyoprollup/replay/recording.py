"""A recorded range of L1 as a source for derivation, with optional reorgs.

The JSON form is ``{rollup_config, l1_blocks: [{header, txs, receipts, blobs, blob_base_fee}]}``. Derivation
starts after the chain's genesis block. A recording of a reorg has ``l1_blocks_a`` instead of ``l1_blocks``,
and ``l1_blocks_b_from_fork``, which replaces their tail once they are derived from. Other fields are ignored.

* ``rollup_config``: the configuration in the JSON form of op-node.
* ``header``: a header in the form of ``eth_getBlockByNumber``; ``receipts``: the form of
  ``eth_getBlockReceipts``; ``txs``: transactions in their EIP-2718 encoding, hex.
* ``blobs``: from versioned hash to blob, in hex; trailing zeros may be left out.
* ``blob_base_fee``: in wei; computed from the header if it is left out.

Files may be gzipped. Everything in them may be hostile; only :class:`RecordingError` is raised.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoprollup.errors import ConfigError, DecodeError, NotFound, RollupError
from pyoprollup.eth.blobs import BLOB_SIZE
from pyoprollup.eth.headers import Header
from pyoprollup.eth.receipts import Receipt, receipts_from_json
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.eth.types import (
    Hash32,
    bytes_from_hex,
    hash_from_hex,
    quantity_from_hex,
)
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.config_reader import parse_json
from pyoprollup.sources.l1 import BlockInfo, IndexedBlobHash

__all__ = [
    "PseudoRules",
    "RecordedBlock",
    "RecordedL1",
    "Recording",
    "RecordingError",
    "block_info",
    "dict_of",
    "list_of",
    "load_recording",
    "read_json",
    "read_json_lines",
    "recorded_blob",
    "recorded_transactions",
]

MAX_RECORDING_BYTES = 1 << 30
"""Largest recording that is read, after unpacking."""


class RecordingError(DecodeError):
    """A recording is not of a known form, or one of its fields is malformed."""


@dataclass(frozen=True, slots=True)
class RecordedBlock:
    """One L1 block with all that derivation reads of it."""

    info: BlockInfo
    transactions: tuple[bytes, ...]
    receipts: tuple[Receipt, ...]


class RecordedL1:
    """An L1 source and blob source over recorded blocks. Blocks stay known by hash after a reorg."""

    def __init__(self, blocks: Sequence[RecordedBlock], blobs: Mapping[Hash32, bytes]) -> None:
        self._canonical = {block.info.ref.number: block for block in blocks}
        self._by_hash = {block.info.ref.hash: block for block in blocks}
        self._blobs = blobs

    def reorg(self, blocks: Sequence[RecordedBlock]) -> None:
        """Make ``blocks`` canonical in the place of all blocks from the first of them on."""
        first = blocks[0].info.ref.number
        for number in [number for number in self._canonical if number >= first]:
            del self._canonical[number]
        for block in blocks:
            self._canonical[block.info.ref.number] = block
            self._by_hash[block.info.ref.hash] = block

    def _block(self, block_hash: Hash32) -> RecordedBlock:
        try:
            return self._by_hash[block_hash]
        except KeyError:
            raise NotFound(f"L1 block 0x{block_hash.hex()} is not recorded") from None

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        try:
            return self._canonical[number].info.ref
        except KeyError:
            raise NotFound(f"L1 block {number} is not recorded") from None

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef:
        return self._block(block_hash).info.ref

    def info_by_hash(self, block_hash: Hash32) -> BlockInfo:
        return self._block(block_hash).info

    def fetch_receipts(self, block_hash: Hash32) -> tuple[BlockInfo, Sequence[Receipt]]:
        block = self._block(block_hash)
        return block.info, block.receipts

    def transactions_by_hash(self, block_hash: Hash32) -> Sequence[bytes]:
        return self._block(block_hash).transactions

    def get_blobs(self, ref: L1BlockRef, hashes: Sequence[IndexedBlobHash]) -> Sequence[bytes]:
        try:
            return [self._blobs[wanted.hash] for wanted in hashes]
        except KeyError as exc:
            raise NotFound(f"a blob of L1 block {ref} is not recorded") from exc


@dataclass(frozen=True, slots=True)
class PseudoRules:
    """Options of the :class:`~pyoprollup.replay.pseudo_chain.PseudoChain` that a recording is for."""

    zero_roots: bool = False
    rewind_by_origin: bool = False


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded range: the chain's configuration, L1, and the L2 block to start after.

    ``reorg`` are the blocks that replace the tail of L1 once the first chain is derived.
    """

    config: RollupConfig
    blocks: tuple[RecordedBlock, ...]
    blobs: Mapping[Hash32, bytes]
    start: L2BlockRef
    reorg: tuple[RecordedBlock, ...] = ()
    rules: PseudoRules = PseudoRules()

    def l1(self) -> RecordedL1:
        """A fresh source, before the reorg."""
        return RecordedL1(self.blocks, self.blobs)


def read_json(path: Path) -> Any:
    """The JSON value of a file, gzipped or not. Raises :class:`RecordingError`."""
    return _parse(path, _read(path))


def read_json_lines(path: Path) -> list[Any]:
    """The JSON values of a file with one a line, gzipped or not. Raises :class:`RecordingError`."""
    return [_parse(path, line) for line in _read(path).splitlines() if line.strip()]


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            data = (gzip.GzipFile(fileobj=file) if packed else file).read(MAX_RECORDING_BYTES + 1)
    except (OSError, EOFError, zlib.error) as exc:
        raise RecordingError(f"{path}: {exc}") from exc
    if len(data) > MAX_RECORDING_BYTES:
        raise RecordingError(f"{path}: more than {MAX_RECORDING_BYTES} bytes")
    return data


def _parse(path: Path, data: bytes) -> Any:
    try:
        return parse_json(data, str(path), MAX_RECORDING_BYTES)
    except RollupError as exc:
        raise RecordingError(str(exc)) from exc


def load_recording(value: Any) -> Recording:
    """Read a recording from its JSON value, in the form above. Raises :class:`RecordingError`."""
    try:
        if not isinstance(value, dict):
            raise RecordingError(f"recording: expected an object, got {type(value).__name__}")
        config = RollupConfig.from_json(value.get("rollup_config"))
        return _load(value, config)
    except RecordingError:
        raise
    except (ConfigError, DecodeError) as exc:
        raise RecordingError(str(exc)) from exc


def _load(value: dict[str, Any], config: RollupConfig) -> Recording:
    key = "l1_blocks_a" if "l1_blocks_a" in value else "l1_blocks"
    blobs: dict[Hash32, bytes] = {}
    blocks = [_block_of(item, blobs) for item in list_of(value, key)]
    tail = [_block_of(item, blobs) for item in list_of(value, "l1_blocks_b_from_fork", [])]
    if not blocks:
        raise RecordingError(f"{key}: no L1 block is recorded")
    genesis = config.genesis
    start = L2BlockRef(genesis.l2.hash, genesis.l2.number, Hash32(bytes(32)), genesis.l2_time, genesis.l1, 0)
    return Recording(config, tuple(blocks), blobs, start, tuple(tail))


def _block_of(item: Any, blobs: dict[Hash32, bytes]) -> RecordedBlock:
    header = dict_of(item, "header")
    ref = L1BlockRef(
        hash_from_hex(header.get("hash"), "header.hash"),
        quantity_from_hex(header.get("number"), "header.number", 64),
        hash_from_hex(header.get("parentHash"), "header.parentHash"),
        quantity_from_hex(header.get("timestamp"), "header.timestamp", 64),
    )
    beacon_root = header.get("parentBeaconBlockRoot")
    blob_base_fee = item.get("blob_base_fee")
    excess = header.get("excessBlobGas")
    info = BlockInfo(
        ref,
        hash_from_hex(header.get("mixHash"), "header.mixHash"),
        quantity_from_hex(header.get("baseFeePerGas"), "header.baseFeePerGas"),
        None if beacon_root is None else hash_from_hex(beacon_root, "header.parentBeaconBlockRoot"),
        None if excess is None else quantity_from_hex(excess, "header.excessBlobGas", 64),
        header.get("requestsRoot") is not None or header.get("requestsHash") is not None,
        None if blob_base_fee is None else quantity_from_hex(blob_base_fee, "blob_base_fee"),
    )
    for blob_hash, blob in (dict_of(item, "blobs") if item.get("blobs") else {}).items():
        blobs[hash_from_hex(blob_hash, "blobs")] = recorded_blob(blob)
    receipts = receipts_from_json(list_of(item, "receipts", []))
    return RecordedBlock(info, recorded_transactions(item), receipts)


def block_info(header: Header) -> BlockInfo:
    """What derivation reads of an L1 header."""
    return BlockInfo.of(header)


def recorded_transactions(item: dict[str, Any]) -> tuple[bytes, ...]:
    """The transactions of a block of a recording."""
    return tuple(bytes_from_hex(tx, "txs") for tx in list_of(item, "txs", []))


def recorded_blob(value: Any) -> bytes:
    """A blob whose trailing zeros may be left out."""
    data = bytes_from_hex(value, "blobs")
    if len(data) > BLOB_SIZE:
        raise RecordingError(f"blobs: {len(data)} bytes, a blob has {BLOB_SIZE}")
    return data.ljust(BLOB_SIZE, b"\0")


def dict_of(value: Any, key: str) -> dict[str, Any]:
    """The object ``key`` of a JSON object. Raises :class:`RecordingError`."""
    found = value.get(key) if isinstance(value, dict) else None
    if not isinstance(found, dict):
        raise RecordingError(f"{key}: expected an object")
    return found


def list_of(value: Any, key: str, default: list[Any] | None = None) -> list[Any]:
    """The list ``key`` of a JSON object, or ``default``. Raises :class:`RecordingError`."""
    found = value.get(key, default) if isinstance(value, dict) else None
    if found is None:
        found = default
    if not isinstance(found, list):
        raise RecordingError(f"{key}: expected a list")
    return found
