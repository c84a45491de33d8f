"""The recordings of the vectors, in their own forms, as :class:`~pyoprollup.replay.recording.Recording`.

* The Go vectors have the form that :mod:`pyoprollup.replay.recording` describes, with the ``derived`` blocks
  that are expected. Their harness keeps L2 blocks by L1 origin after a reorg (``rewind_by_origin``).
* The Rust vectors have ``{rollup_config, l1: [{header_rlp, txs, receipts}], blobs, l2_start}``: headers and
  receipts in RLP, blobs of the whole range, and the L2 block to start after. State and receipts roots of
  their L2 blocks are zero (``zero_roots``), and logs are numbered as kona numbers them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pyoprollup.errors import ConfigError, DecodeError
from pyoprollup.eth.headers import Header
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.refs import BlockID, L2BlockRef
from pyoprollup.eth.types import bytes_from_hex, hash_from_hex, quantity_from_hex
from pyoprollup.replay.recording import (
    PseudoRules,
    RecordedBlock,
    Recording,
    RecordingError,
    block_info,
    dict_of,
    list_of,
    load_recording,
    recorded_blob,
    recorded_transactions,
)
from pyoprollup.rollup.config import RollupConfig

__all__ = ["load_vector_recording"]


def load_vector_recording(value: Any) -> Recording:
    """Read a recording in the form of the Go or the Rust vectors, or in ours. Raises ``RecordingError``."""
    if isinstance(value, dict) and "l1" in value:
        return _load_rust_recording(value)
    recording = load_recording(value)
    return replace(recording, rules=PseudoRules(rewind_by_origin="derived" in value))


def _load_rust_recording(value: dict[str, Any]) -> Recording:
    try:
        return _load_rust(value, RollupConfig.from_json(value.get("rollup_config")))
    except RecordingError:
        raise
    except (ConfigError, DecodeError) as exc:
        raise RecordingError(str(exc)) from exc


def _load_rust(value: dict[str, Any], config: RollupConfig) -> Recording:
    blobs = {
        hash_from_hex(key, "blobs"): recorded_blob(blob) for key, blob in dict_of(value, "blobs").items()
    }
    blocks = []
    for item in list_of(value, "l1"):
        if not isinstance(item, dict):
            raise RecordingError("l1: expected objects")
        info = block_info(Header.decode(bytes_from_hex(item.get("header_rlp"), "header_rlp")))
        receipts = _receipts(bytes_from_hex(receipt, "receipts") for receipt in list_of(item, "receipts"))
        blocks.append(RecordedBlock(info, recorded_transactions(item), receipts))
    if not blocks:
        raise RecordingError("l1: no L1 block is recorded")
    start = _l2_ref(dict_of(value, "l2_start"))
    return Recording(config, tuple(blocks), blobs, start, rules=PseudoRules(zero_roots=True))


def _receipts(raw: Iterable[bytes]) -> tuple[Receipt, ...]:
    """Receipts with their logs numbered as kona numbers them: those of failed transactions, which
    no real block has but these recordings do, take no index."""
    receipts: list[Receipt] = []
    log_index = 0
    for item in raw:
        receipt = Receipt.decode(item, log_index)
        log_index += len(receipt.logs) if receipt.status else 0
        receipts.append(receipt)
    return tuple(receipts)


def _l2_ref(value: dict[str, Any]) -> L2BlockRef:
    origin = dict_of(value, "l1origin")
    return L2BlockRef(
        hash_from_hex(value.get("hash"), "l2_start.hash"),
        quantity_from_hex(value.get("number"), "l2_start.number", 64),
        hash_from_hex(value.get("parentHash"), "l2_start.parentHash"),
        quantity_from_hex(value.get("timestamp"), "l2_start.timestamp", 64),
        BlockID(
            hash_from_hex(origin.get("hash"), "l2_start.l1origin.hash"),
            quantity_from_hex(origin.get("number"), "l2_start.l1origin.number", 64),
        ),
        quantity_from_hex(value.get("sequenceNumber"), "l2_start.sequenceNumber", 64),
    )
