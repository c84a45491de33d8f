"""Where a rollup node stands: the answer to ``optimism_syncStatus``."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.ref_json import l1_ref_from_json, l1_ref_to_json, l2_ref_from_json, l2_ref_to_json
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef

__all__ = ["SyncStatus"]


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

    def has_derived_from(self, l1_number: int) -> bool:
        """Whether all that L1 has up to this block is in the safe head.

        The L1 block that a node names is the one that it works on, so this is only true once it is past it.
        """
        return self.current_l1 is not None and self.current_l1.number > l1_number

    def to_json(self) -> dict[str, Any]:
        """The answer over JSON-RPC: numbers are JSON integers, unknown references all zero."""
        answer = {field.name: _write(field.name)(getattr(self, field.name)) for field in fields(self)}
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
                read = l1_ref_from_json if field.name in _L1_FIELDS else l2_ref_from_json
                refs[field.name] = read(ref, name)
        return cls(**refs)


_L1_FIELDS = frozenset({"current_l1", "head_l1", "safe_l1", "finalized_l1"})


def _write(field: str) -> Any:
    return l1_ref_to_json if field in _L1_FIELDS else l2_ref_to_json
