"""Large pre-images, which are given to the oracle in many transactions and can be challenged meanwhile.

Specification: fault-proof/stage-one/fault-dispute-game.md, "PreimageOracle Interaction".
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, Hash32

__all__ = [
    "BLOCK_SIZE",
    "InputData",
    "KeccakLeaf",
    "LargePreimageChallenge",
    "LargePreimageIdent",
    "LargePreimageMetadata",
    "StateMatrix",
    "parse_metadata",
]

_METADATA = Struct(">QIIII")

BLOCK_SIZE = 136
"""Bytes that Keccak-256 absorbs at a time."""

StateMatrix = tuple[int, ...]
"""The 25 words of 64 bits of Keccak's state."""


@dataclass(frozen=True, slots=True)
class KeccakLeaf:
    """A leaf of the tree over a large pre-image: a block of 136 bytes that is absorbed, its index, and the
    hash of the state after it."""

    input: bytes
    index: int
    state_commitment: Hash32

    def hash(self) -> Hash32:
        """The leaf's hash: of the block (136 bytes), the index (32, big-endian) and the commitment (32)."""
        return keccak256(self.input + self.index.to_bytes(32, "big") + self.state_commitment)


@dataclass(frozen=True, slots=True)
class LargePreimageIdent:
    """Who gives a large pre-image, and the number that he has chosen for it."""

    claimant: Address
    uuid: int


@dataclass(frozen=True, slots=True)
class LargePreimageMetadata:
    """How far a large pre-image is.

    ``timestamp`` is when it was complete, in seconds since 1970, 0 if it is not. ``part_offset`` is the place
    of the 32 bytes that are wanted, ``claimed_size`` the size in bytes. ``blocks_processed`` counts the
    padding as well, ``bytes_processed`` does not.
    """

    ident: LargePreimageIdent
    timestamp: int
    part_offset: int
    claimed_size: int
    blocks_processed: int
    bytes_processed: int
    countered: bool

    def should_verify(self, now: int, period: int) -> bool:
        """Whether it can still be challenged: complete, not countered, and its period is not over."""
        return self.timestamp > 0 and not self.countered and self.timestamp + period > now


def parse_metadata(ident: LargePreimageIdent, packed: bytes) -> LargePreimageMetadata:
    """From the contract's 32 bytes: timestamp 8, offset 4, size 4, blocks 4, bytes 4, countered 8.

    All big-endian. Raises :class:`DecodeError` for another length.
    """
    if len(packed) != 32:
        raise DecodeError(f"metadata of a large pre-image: {len(packed)} bytes, not 32")
    timestamp, offset, size, blocks, processed = _METADATA.unpack(packed[:24])
    return LargePreimageMetadata(ident, timestamp, offset, size, blocks, processed, any(packed[24:]))


@dataclass(frozen=True, slots=True)
class InputData:
    """A piece of a large pre-image: data, the commitments after each block of it, and whether it is the last.

    The lengths of both need not fit each other: the contract has looked at them.
    """

    input: bytes
    commitments: tuple[Hash32, ...]
    finalize: bool


@dataclass(frozen=True, slots=True)
class LargePreimageChallenge:
    """The proof that a leaf is wrong: the state before it and both leaves, with their Merkle proofs.

    If the first leaf is the wrong one, there is no ``prestate``.
    """

    poststate: KeccakLeaf
    poststate_proof: tuple[Hash32, ...]
    prestate: KeccakLeaf | None = None
    prestate_proof: tuple[Hash32, ...] = ()
    state_matrix: StateMatrix = (0,) * 25
