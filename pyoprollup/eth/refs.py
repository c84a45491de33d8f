"""Block references: the little that derivation needs to know about a block."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pyoprollup.eth.types import Hash32

__all__ = ["BlockID", "BlockLabel", "L1BlockRef", "L2BlockRef"]


class BlockLabel(StrEnum):
    """Names of three blocks of a chain, as JSON-RPC writes them."""

    UNSAFE = "latest"
    SAFE = "safe"
    FINALIZED = "finalized"


@dataclass(frozen=True, slots=True)
class BlockID:
    """A block by hash and number."""

    hash: Hash32
    number: int

    def __str__(self) -> str:
        return f"0x{self.hash.hex()}:{self.number}"


@dataclass(frozen=True, slots=True)
class L1BlockRef:
    """An L1 block: identity, parent and time (seconds since the Unix epoch)."""

    hash: Hash32
    number: int
    parent_hash: Hash32
    time: int

    @property
    def id(self) -> BlockID:
        return BlockID(self.hash, self.number)

    def __str__(self) -> str:
        return f"0x{self.hash.hex()}:{self.number}"


@dataclass(frozen=True, slots=True)
class L2BlockRef:
    """An L2 block: identity, parent, time (seconds), its L1 origin (the epoch) and its distance
    from the first block of that epoch."""

    hash: Hash32
    number: int
    parent_hash: Hash32
    time: int
    l1_origin: BlockID
    sequence_number: int

    @property
    def id(self) -> BlockID:
        return BlockID(self.hash, self.number)

    def __str__(self) -> str:
        return f"0x{self.hash.hex()}:{self.number}"
