"""Large pre-images: their leaves, what is uploaded, what the contract keeps, and a challenge.

A pre-image too large for one transaction is uploaded in parts. It is absorbed by Keccak-256 block by block,
136 bytes each, and for each block its sender commits to the state of the permutation after it. The contract
keeps a Merkle tree of all that and looks at none of it: whoever finds a wrong commitment challenges it.

Specification: fault-proof/index.md, "Pre-image Oracle".
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.challenger.keccak.merkle import Proof
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32

__all__ = [
    "BLOCK_SIZE",
    "EMPTY_LEAF",
    "EMPTY_STATE",
    "Challenge",
    "InputData",
    "LargePreimageIdent",
    "LargePreimageMetaData",
    "Leaf",
    "StateSnapshot",
    "pack_state",
    "state_commitment",
]

BLOCK_SIZE = 136
"""Bytes that Keccak-256 absorbs at once."""

StateSnapshot = tuple[int, ...]
"""The 25 lanes of a state, of 64 bits each."""

EMPTY_STATE: StateSnapshot = (0,) * 25


def pack_state(state: StateSnapshot) -> bytes:
    """The ABI encoding of a state: 25 words of 32 bytes, 800 bytes."""
    return b"".join([lane.to_bytes(32, "big") for lane in state])


def state_commitment(state: StateSnapshot) -> Hash32:
    """What a leaf says about the state after its block: the keccak-256 of the packed state."""
    return keccak256(pack_state(state))


@dataclass(frozen=True, slots=True)
class Leaf:
    """A block of a pre-image: 136 bytes, padding included, its number, and what is claimed of the state."""

    input: bytes
    index: int
    state_commitment: Hash32

    def hash(self) -> Hash32:
        """The leaf in the tree: keccak-256 of input (136), index (32, big-endian) and commitment (32)."""
        return keccak256(self.input + self.index.to_bytes(32, "big") + self.state_commitment)


EMPTY_LEAF = Leaf(bytes(BLOCK_SIZE), 0, ZERO_HASH)
"""What contracts are given where there is no leaf: before the first."""


@dataclass(frozen=True, slots=True)
class InputData:
    """What one transaction adds: data, and a commitment for each block of it.

    With ``finalize`` the last block is padded, and is not full; without it there are only full blocks.
    """

    input: bytes
    commitments: tuple[Hash32, ...]
    finalize: bool


@dataclass(frozen=True, slots=True)
class LargePreimageIdent:
    """What an upload is known by: who makes it, and a number of 256 bits that they chose."""

    claimant: Address
    uuid: int


@dataclass(frozen=True, slots=True)
class LargePreimageMetaData:
    """What the contract says about an upload.

    ``timestamp`` is when its data was complete, in seconds since 1970, and 0 before. ``part_offset`` is the
    place of the 32 bytes that are wanted of it, counted with the 8 bytes of its length; ``claimed_size`` has
    them not. ``blocks_processed`` counts the padding, ``bytes_processed`` does not.
    """

    ident: LargePreimageIdent
    timestamp: int = 0
    part_offset: int = 0
    claimed_size: int = 0
    blocks_processed: int = 0
    bytes_processed: int = 0
    countered: bool = False

    def should_verify(self, now: int, challenge_period: int) -> bool:
        """Whether it is complete, not countered, and can still be challenged at the time ``now``."""
        return self.timestamp > 0 and not self.countered and self.timestamp + challenge_period > now


@dataclass(frozen=True, slots=True)
class Challenge:
    """The proof that an upload is wrong: its first wrong leaf, and the right one before it.

    ``state_matrix`` is the state after ``prestate``. ``prestate`` is ``None`` if the first leaf is wrong.
    The last two leaves of an upload that is right, in the same form, are what ends it.
    """

    state_matrix: StateSnapshot
    prestate: Leaf | None
    prestate_proof: Proof
    poststate: Leaf
    poststate_proof: Proof
