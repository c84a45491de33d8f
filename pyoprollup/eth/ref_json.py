"""Block references as op-node's JSON-RPC writes them: numbers are JSON integers.

A reference that nobody knows yet is all zero there. Here it is ``None``, so that it is never taken for
block 0: no block has the hash zero.
"""

from __future__ import annotations

from typing import Any

from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.types import ZERO_HASH, to_hex

__all__ = [
    "block_id_from_json",
    "block_id_to_json",
    "l1_ref_from_json",
    "l1_ref_to_json",
    "l2_ref_from_json",
    "l2_ref_to_json",
]

_NO_L1 = L1BlockRef(ZERO_HASH, 0, ZERO_HASH, 0)
_NO_L2 = L2BlockRef(ZERO_HASH, 0, ZERO_HASH, 0, BlockID(ZERO_HASH, 0), 0)


def block_id_to_json(block: BlockID) -> dict[str, Any]:
    """``{hash, number}``, as they stand in other objects."""
    return {"hash": to_hex(block.hash), "number": block.number}


def block_id_from_json(value: Any, name: str) -> BlockID:
    """The inverse; raises :class:`DecodeError` with ``name``."""
    obj = QuantityReader(value, name)
    return BlockID(obj.hash("hash"), obj.uint64("number"))


def l1_ref_to_json(ref: L1BlockRef | None) -> dict[str, Any]:
    """``{hash, number, parentHash, timestamp}``, all zero for an unknown block."""
    return _to_json(ref or _NO_L1)


def l2_ref_to_json(ref: L2BlockRef | None) -> dict[str, Any]:
    """The same with ``l1origin`` and ``sequenceNumber``."""
    ref = ref or _NO_L2
    origin = block_id_to_json(ref.l1_origin)
    return _to_json(ref) | {"l1origin": origin, "sequenceNumber": ref.sequence_number}


def _to_json(ref: L1BlockRef | L2BlockRef) -> dict[str, Any]:
    return block_id_to_json(ref.id) | {"parentHash": to_hex(ref.parent_hash), "timestamp": ref.time}


def l1_ref_from_json(value: Any, name: str) -> L1BlockRef | None:
    """A reference, ``None`` if it is unknown; raises :class:`DecodeError` with ``name``."""
    obj = QuantityReader(value, name)
    ref = L1BlockRef(obj.hash("hash"), obj.uint64("number"), obj.hash("parentHash"), obj.uint64("timestamp"))
    return None if ref.hash == ZERO_HASH else ref


def l2_ref_from_json(value: Any, name: str) -> L2BlockRef | None:
    """A reference, ``None`` if it is unknown; raises :class:`DecodeError` with ``name``."""
    obj = QuantityReader(value, name)
    ref = L2BlockRef(
        obj.hash("hash"),
        obj.uint64("number"),
        obj.hash("parentHash"),
        obj.uint64("timestamp"),
        block_id_from_json(obj.object("l1origin"), f"{name}.l1origin"),
        obj.uint64("sequenceNumber"),
    )
    return None if ref.hash == ZERO_HASH else ref
