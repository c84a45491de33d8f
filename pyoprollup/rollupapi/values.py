"""What a rollup node answers: outputs and safe heads.

Specification: protocol/rollup-node.md, L2 Output RPC method; protocol/proposals.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth.output_root import OUTPUT_VERSION_V0, OutputV0
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.ref_json import (
    block_id_from_json,
    block_id_to_json,
    l2_ref_from_json,
    l2_ref_to_json,
)
from pyoprollup.eth.refs import BlockID, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import Hash32, to_hex

__all__ = ["OutputResponse", "SafeHeadResponse"]


@dataclass(frozen=True, slots=True)
class OutputResponse:
    """The output of an L2 block, and where the node stood when it answered."""

    version: Hash32
    output_root: Hash32
    block_ref: L2BlockRef
    withdrawal_storage_root: Hash32
    state_root: Hash32
    status: SyncStatus

    @classmethod
    def of(cls, ref: L2BlockRef, output: OutputV0, status: SyncStatus) -> OutputResponse:
        """The answer for a block's output."""
        return cls(
            OUTPUT_VERSION_V0,
            output.root(),
            ref,
            output.message_passer_storage_root,
            output.state_root,
            status,
        )

    @property
    def output(self) -> OutputV0:
        """What the root commits to."""
        return OutputV0(self.state_root, self.withdrawal_storage_root, self.block_ref.hash)

    def to_json(self) -> dict[str, Any]:
        """The answer to ``optimism_outputAtBlock``."""
        return {
            "version": to_hex(self.version),
            "outputRoot": to_hex(self.output_root),
            "blockRef": l2_ref_to_json(self.block_ref),
            "withdrawalStorageRoot": to_hex(self.withdrawal_storage_root),
            "stateRoot": to_hex(self.state_root),
            "syncStatus": self.status.to_json(),
        }

    @classmethod
    def from_json(cls, value: Any) -> OutputResponse:
        """Read such an answer; raises :class:`DecodeError`, also if a root of version 0 is not the hash of
        its parts."""
        obj = QuantityReader(value, "output")
        ref = l2_ref_from_json(obj.object("blockRef"), "output.blockRef")
        if ref is None:
            raise DecodeError("output.blockRef: the block's hash is zero")
        response = cls(
            obj.hash("version"),
            obj.hash("outputRoot"),
            ref,
            obj.hash("withdrawalStorageRoot"),
            obj.hash("stateRoot"),
            SyncStatus.from_json(obj.object("syncStatus")),
        )
        if response.version == OUTPUT_VERSION_V0 and response.output.root() != response.output_root:
            raise DecodeError("output.outputRoot is not the hash of version, roots and block hash")
        return response


@dataclass(frozen=True, slots=True)
class SafeHeadResponse:
    """``safe_head`` was safe when derivation had used up L1 up to ``l1_block``, the last block not after
    the one asked for in which that changed."""

    l1_block: BlockID
    safe_head: BlockID

    def to_json(self) -> dict[str, Any]:
        """The answer to ``optimism_safeHeadAtL1Block``."""
        return {"l1Block": block_id_to_json(self.l1_block), "safeHead": block_id_to_json(self.safe_head)}

    @classmethod
    def from_json(cls, value: Any) -> SafeHeadResponse:
        """Read such an answer; raises :class:`DecodeError`."""
        obj = QuantityReader(value, "safe head")
        return cls(
            block_id_from_json(obj.object("l1Block"), "safe head.l1Block"),
            block_id_from_json(obj.object("safeHead"), "safe head.safeHead"),
        )
