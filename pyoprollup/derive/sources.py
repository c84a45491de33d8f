"""What derivation reads from outside, as small protocols.

Methods are plain and synchronous. A source that cannot answer yet raises
:class:`~pyoprollup.derive.errors.TemporaryError`; the step is repeated later and nothing has
changed meanwhile. A source that knows there is no such block raises
:class:`~pyoprollup.derive.errors.NotFoundError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.rollup.system_config import SystemConfig

__all__ = ["BlobSource", "BlockInfo", "IndexedBlobHash", "L1Source", "L2Source"]


@dataclass(frozen=True, slots=True)
class BlockInfo:
    """The header fields of an L1 block that end up in L2 blocks. Fees in wei, time in seconds."""

    ref: L1BlockRef
    mix_digest: Hash32
    base_fee: int
    parent_beacon_root: Hash32 | None = None
    excess_blob_gas: int | None = None
    has_requests_hash: bool = False
    """Whether the header has a requests hash, which tells Prague's blob schedule."""
    blob_base_fee: int | None = None
    """Set by sources that are told the blob base fee; computed from ``excess_blob_gas`` if not."""


@dataclass(frozen=True, slots=True)
class IndexedBlobHash:
    """A blob of an L1 block: its index among all blobs of the block and its versioned hash."""

    index: int
    hash: Hash32


class L1Source(Protocol):
    """Canonical L1 blocks by number, any known block by hash."""

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef: ...

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef: ...

    def info_by_hash(self, block_hash: Hash32) -> BlockInfo: ...

    def fetch_receipts(self, block_hash: Hash32) -> tuple[BlockInfo, Sequence[Receipt]]: ...

    def transactions_by_hash(self, block_hash: Hash32) -> Sequence[bytes]:
        """Transactions of a block in 2718 encoding."""
        ...


class BlobSource(Protocol):
    """Blobs of an L1 block."""

    def get_blobs(self, ref: L1BlockRef, hashes: Sequence[IndexedBlobHash]) -> Sequence[bytes]:
        """The blobs (131,072 bytes each, checked against their hashes) in the order asked for."""
        ...


class L2Source(Protocol):
    """The L2 chain derived so far."""

    def l2_block_ref_by_number(self, number: int) -> L2BlockRef: ...

    def l2_block_ref_by_hash(self, block_hash: Hash32) -> L2BlockRef: ...

    def payload_by_number(self, number: int) -> ExecutionPayload: ...

    def system_config_by_l2_hash(self, block_hash: Hash32) -> SystemConfig:
        """The system configuration that held at an L2 block."""
        ...
