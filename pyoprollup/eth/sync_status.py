"""Where a rollup node stands: the answer to ``optimism_syncStatus``."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.types import ZERO_HASH, to_hex

__all__ = ["SyncStatus"]

_NO_L1 = L1BlockRef(ZERO_HASH, 0, ZERO_HASH, 0)
_NO_L2 = L2BlockRef(ZERO_HASH, 0, ZERO_HASH, 0, BlockID(ZERO_HASH, 0), 0)


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """The heads of a rollup node. ``None`` stands for what it does not know yet.

    - ``current_l1``: the L1 block up to which derivation has used up all data.
    - ``head_l1``, ``safe_l1``, ``finalized_l1``: L1 as the node sees it.
    - ``unsafe_l2``: the tip, some of it not on L1 yet; ``pending_safe_l2``: derived from a span
      batch that is not complete yet; ``safe_l2`` and ``local_safe_l2``: derived from L1 (the latter
      without regard to other chains); ``finalized_l2``: derived from finalized L1 blocks.
    - ``cross_unsafe_l2``: unsafe, but its dependencies on other chains are met.
    """

    current_l1: L1BlockRef | None = None
    head_l1: L1BlockRef | None = None
    safe_l1: L1BlockRef | None = None
    finalized_l1: L1BlockRef | None = None
    unsafe_l2: L2BlockRef | None = None
    safe_l2: L2BlockRef | None = None
    finalized_l2: L2BlockRef | None = None
    pending_safe_l2: L2BlockRef | None = None
    cross_unsafe_l2: L2BlockRef | None = None
    local_safe_l2: L2BlockRef | None = None

    def to_json(self) -> dict[str, Any]:
        """The answer over JSON-RPC: numbers are JSON integers, unknown references all zero."""
        answer = {}
        for field in fields(self):
            ref = getattr(self, field.name)
            if field.name in _L1_FIELDS:
                answer[field.name] = _l1_to_json(ref or _NO_L1)
            else:
                answer[field.name] = _l2_to_json(ref or _NO_L2)
        return answer | {"current_l1_finalized": answer["finalized_l1"]}

    @classmethod
    def from_json(cls, value: Any) -> SyncStatus:
        """Read such an answer; a missing reference counts as unknown. Raises :class:`DecodeError`."""
        obj = QuantityReader(value, "sync status")
        refs: dict[str, Any] = {}
        for field in fields(cls):
            ref = obj.optional(field.name, obj.object)
            if ref is not None:
                name = f"sync status.{field.name}"
                refs[field.name] = _l1_ref(ref, name) if field.name in _L1_FIELDS else _l2_ref(ref, name)
        return cls(**refs)


_L1_FIELDS = frozenset({"current_l1", "head_l1", "safe_l1", "finalized_l1"})


def _l1_to_json(ref: L1BlockRef | L2BlockRef) -> dict[str, Any]:
    return {
        "hash": to_hex(ref.hash),
        "number": ref.number,
        "parentHash": to_hex(ref.parent_hash),
        "timestamp": ref.time,
    }


def _l2_to_json(ref: L2BlockRef) -> dict[str, Any]:
    origin = {"hash": to_hex(ref.l1_origin.hash), "number": ref.l1_origin.number}
    return _l1_to_json(ref) | {"l1origin": origin, "sequenceNumber": ref.sequence_number}


def _l1_ref(value: Any, name: str) -> L1BlockRef | None:
    obj = QuantityReader(value, name)
    ref = L1BlockRef(obj.hash("hash"), obj.uint64("number"), obj.hash("parentHash"), obj.uint64("timestamp"))
    return None if ref == _NO_L1 else ref


def _l2_ref(value: Any, name: str) -> L2BlockRef | None:
    obj = QuantityReader(value, name)
    origin = QuantityReader(obj.object("l1origin"), f"{name}.l1origin")
    ref = L2BlockRef(
        obj.hash("hash"),
        obj.uint64("number"),
        obj.hash("parentHash"),
        obj.uint64("timestamp"),
        BlockID(origin.hash("hash"), origin.uint64("number")),
        obj.uint64("sequenceNumber"),
    )
    return None if ref == _NO_L2 else ref
