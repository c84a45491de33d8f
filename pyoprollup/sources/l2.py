"""The L2 chain and the rollup node as others see them."""

from __future__ import annotations

from typing import Protocol

from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockLabel, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import Hash32
from pyoprollup.rollup.system_config import SystemConfig

__all__ = ["L2Blocks", "L2Heads", "L2Payloads", "L2Source", "RollupSource"]


class L2Blocks(Protocol):
    """Any known L2 block by hash."""

    def l2_block_ref_by_hash(self, block_hash: Hash32) -> L2BlockRef: ...


class L2Heads(L2Blocks, Protocol):
    """The engine's chain by its labels, unsafe blocks included."""

    def l2_block_ref_by_label(self, label: BlockLabel) -> L2BlockRef: ...

    def envelope_by_number(self, number: int) -> ExecutionPayloadEnvelope:
        """The canonical block with this number, and its parent beacon block root."""
        ...


class L2Payloads(Protocol):
    """Canonical L2 blocks by number."""

    def payload_by_number(self, number: int) -> ExecutionPayload: ...


class L2Source(L2Blocks, L2Payloads, Protocol):
    """The L2 chain derived so far."""

    def l2_block_ref_by_number(self, number: int) -> L2BlockRef: ...

    def system_config_by_l2_hash(self, block_hash: Hash32) -> SystemConfig:
        """The system configuration that held at an L2 block."""
        ...


class RollupSource(Protocol):
    """A rollup node, read over its RPC or in process."""

    def sync_status(self) -> SyncStatus:
        """Its heads, now (``optimism_syncStatus``)."""
        ...
