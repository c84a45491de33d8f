"""Keccak-256 block by block: the state after each block, its commitment, and the tree of the leaves.

:class:`StateMatrix` absorbs a pre-image and holds what is needed to claim it in the end: the last two leaves
with their proofs, and the state between them. :func:`challenge` looks for the first wrong commitment in an
upload.

Specification: fault-proof/index.md, "Pre-image Oracle"; FIPS 202, 4 and 5.1, with the padding that Keccak had
before it became SHA-3: ``0x01``, zeros, and the top bit of the block's last byte.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import BinaryIO

from pyoprollup.challenger.keccak.errors import IncorrectCommitmentCount, KeccakError
from pyoprollup.challenger.keccak.merkle import EMPTY_PROOF, BinaryMerkleTree, Proof
from pyoprollup.challenger.keccak.permutation import keccak_f1600
from pyoprollup.challenger.keccak.types import (
    BLOCK_SIZE,
    EMPTY_STATE,
    Challenge,
    InputData,
    Leaf,
    StateSnapshot,
    state_commitment,
)
from pyoprollup.eth.types import Hash32

__all__ = ["StateMatrix", "absorb", "challenge", "digest", "pad", "padded"]

_BLOCK = struct.Struct("<17Q")
_DIGEST = struct.Struct("<4Q")


def pad(data: bytes) -> bytes:
    """The last block of a pre-image, from what is left of it, which is less than a block.

    Raises :class:`KeccakError` if it is a block or more.
    """
    if len(data) >= BLOCK_SIZE:
        raise KeccakError(f"a block of {len(data)} bytes has no room for the padding")
    block = bytearray(data.ljust(BLOCK_SIZE, b"\0"))
    block[len(data)] |= 0x01
    block[-1] |= 0x80
    return bytes(block)


def padded(data: bytes) -> bytes:
    """The end of a pre-image with its padding, whole blocks: at least one byte is added."""
    whole = len(data) - len(data) % BLOCK_SIZE
    return data[:whole] + pad(data[whole:])


def absorb(state: StateSnapshot, block: bytes) -> StateSnapshot:
    """The state after one more block of 136 bytes."""
    mixed = [lane ^ word for lane, word in zip(state, _BLOCK.unpack(block), strict=False)]
    return keccak_f1600((*mixed, *state[len(mixed) :]))


def digest(state: StateSnapshot) -> Hash32:
    """The Keccak-256 digest of all that was absorbed, once the last block was."""
    return Hash32(_DIGEST.pack(*state[:4]))


class StateMatrix:
    """A pre-image as it is absorbed, from a stream of its bytes."""

    def __init__(self) -> None:
        self.tree = BinaryMerkleTree()
        self._state = self._prestate_matrix = EMPTY_STATE
        self._prestate: Leaf | None = None
        self._poststate: Leaf | None = None
        self._final = False

    def state_snapshot(self) -> StateSnapshot:
        """The state after the last block."""
        return self._state

    def state_commitment(self) -> Hash32:
        """The commitment to the state after the last block."""
        return state_commitment(self._state)

    @property
    def prestate_matrix(self) -> StateSnapshot:
        """The state before the last block."""
        return self._prestate_matrix

    def absorb_up_to(self, data: BinaryIO, max_len: int) -> InputData:
        """Absorb as many blocks as ``max_len`` bytes hold, and what is to be uploaded for them.

        ``max_len`` must be a multiple of 136. If the stream ends before, the last block is padded and the
        result has ``finalize``; nothing can be absorbed after it. A pre-image of full blocks ends with one
        that is nothing but padding. Raises :class:`KeccakError`.
        """
        if max_len < BLOCK_SIZE or max_len % BLOCK_SIZE:
            raise KeccakError(f"{max_len} bytes are not a number of whole blocks")
        parts, commitments = [], []
        for _ in range(max_len // BLOCK_SIZE):
            parts.append(self.absorb_next_leaf(data))
            commitments.append(self.state_commitment())
            if self._final:
                break
        return InputData(b"".join(parts), tuple(commitments), self._final)

    def absorb_next_leaf(self, data: BinaryIO, claimed: Hash32 | None = None) -> bytes:
        """Absorb one block of a stream; returns its data without the padding.

        The leaf has the commitment ``claimed`` if there is one, and the right one otherwise.
        """
        if self._final:
            raise KeccakError("a pre-image that is padded cannot be continued")
        taken = _read(data)
        self._final = len(taken) < BLOCK_SIZE
        block = pad(taken) if self._final else taken
        self._prestate_matrix = self._state
        self._state = absorb(self._state, block)
        commitment = self.state_commitment() if claimed is None else claimed
        leaf = Leaf(block, self.tree.leaf_count, commitment)
        self.tree.add_leaf(leaf.hash())
        self._prestate, self._poststate = self._poststate, leaf
        return taken

    @property
    def is_final(self) -> bool:
        """Whether the last block, with the padding, is absorbed."""
        return self._final

    @property
    def poststate(self) -> Leaf | None:
        return self._poststate

    @property
    def prestate(self) -> Leaf | None:
        return self._prestate

    def prestate_with_proof(self) -> tuple[Leaf | None, Proof]:
        """The last leaf but one with its proof; without one ``None`` and the proof of the first place."""
        leaf = self._prestate
        return leaf, self.tree.proof_at_index(0 if leaf is None else leaf.index)

    def poststate_with_proof(self) -> tuple[Leaf, Proof]:
        """The last leaf with its proof; raises :class:`KeccakError` before the first."""
        if self._poststate is None:
            raise KeccakError("nothing is absorbed")
        return self._poststate, self.tree.proof_at_index(self._poststate.index)

    def hash(self) -> Hash32:
        """The Keccak-256 digest of a pre-image; raises :class:`KeccakError` if its end is not absorbed."""
        if not self._final:
            raise KeccakError("the pre-image is not absorbed to its end")
        return digest(self._state)


def _read(data: BinaryIO) -> bytes:
    """A block, or as much of one as there is."""
    parts, missing = [], BLOCK_SIZE
    while missing:
        part = data.read(missing)
        if not part:
            break
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def challenge(data: BinaryIO, commitments: Sequence[Hash32]) -> tuple[Challenge | None, Hash32]:
    """The challenge to an upload, ``None`` if all its commitments are right; and the root of its tree.

    Raises :class:`IncorrectCommitmentCount` unless there is one for each block, padding included, and
    :class:`~pyoprollup.challenger.keccak.errors.TreeFull` if there are too many.
    """
    matrix = StateMatrix()
    wrong: tuple[StateSnapshot, Leaf | None, Leaf] | None = None
    for claimed in commitments:
        if matrix.is_final:
            raise IncorrectCommitmentCount(f"{len(commitments)} commitments, and fewer blocks")
        matrix.absorb_next_leaf(data, claimed)
        if wrong is None and matrix.state_commitment() != claimed:
            leaf = matrix.poststate_with_proof()[0]
            wrong = (matrix.prestate_matrix, matrix.prestate, leaf)
    if not matrix.is_final:
        raise IncorrectCommitmentCount(f"{len(commitments)} commitments, and more blocks")
    root = matrix.tree.root_hash()
    if wrong is None:
        return None, root
    state, before, leaf = wrong
    before_proof = EMPTY_PROOF if before is None else matrix.tree.proof_at_index(before.index)
    return Challenge(state, before, before_proof, leaf, matrix.tree.proof_at_index(leaf.index)), root
