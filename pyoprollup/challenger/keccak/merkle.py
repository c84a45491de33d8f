"""The Merkle tree of a large pre-image's leaves: 16 levels, filled from the left, keccak-256.

A leaf that is not there is 32 zero bytes. The last of the 65,536 stays empty for ever, as in the contract,
whose incremental form of the tree needs that.

A leaf costs one hash on average, not 16: a node is made when both its children are final, and what hangs on
leaves to come is only made for a root or a proof. All nodes of a full tree are 4 MiB.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyoprollup.challenger.keccak.errors import KeccakError, TreeFull
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_HASH, Hash32

__all__ = [
    "EMPTY_PROOF",
    "MAX_LEAF_COUNT",
    "TREE_DEPTH",
    "ZERO_HASHES",
    "BinaryMerkleTree",
    "Proof",
    "verify_proof",
]

TREE_DEPTH = 16
MAX_LEAF_COUNT = (1 << TREE_DEPTH) - 1

Proof = tuple[Hash32, ...]
"""The siblings of the nodes from a leaf to the root, 16 of them, the leaf's own first."""

EMPTY_PROOF: Proof = (ZERO_HASH,) * TREE_DEPTH


def _zero_hashes() -> tuple[Hash32, ...]:
    hashes = [ZERO_HASH]
    for _ in range(TREE_DEPTH):
        hashes.append(keccak256(hashes[-1] * 2))
    return tuple(hashes)


ZERO_HASHES = _zero_hashes()
"""Nodes with nothing but empty leaves below them, by height."""


class BinaryMerkleTree:
    """A tree that grows leaf by leaf."""

    def __init__(self) -> None:
        # By height, the nodes whose leaves are all there.
        self._levels = [bytearray() for _ in range(TREE_DEPTH)]

    @property
    def leaf_count(self) -> int:
        return len(self._levels[0]) // 32

    def add_leaf(self, leaf: Hash32) -> None:
        """Add the next leaf; raises :class:`TreeFull` after 65,535."""
        if self.leaf_count >= MAX_LEAF_COUNT:
            raise TreeFull(f"the tree of a large pre-image holds {MAX_LEAF_COUNT} leaves")
        node = leaf
        for level in self._levels:
            level += node
            if len(level) % 64:
                return
            node = keccak256(bytes(level[-64:]))

    def root_hash(self) -> Hash32:
        """The root of the tree as it is."""
        return self._node(TREE_DEPTH, 0)

    def proof_at_index(self, index: int) -> Proof:
        """The proof that a leaf is in the tree as it is; raises :class:`KeccakError` if it is not."""
        if not 0 <= index < max(1, self.leaf_count):
            raise KeccakError(f"the tree has {self.leaf_count} leaves, and none at {index}")
        return tuple([self._node(height, (index >> height) ^ 1) for height in range(TREE_DEPTH)])

    def _node(self, height: int, index: int) -> Hash32:
        if index << height >= self.leaf_count:
            return ZERO_HASHES[height]
        if height < TREE_DEPTH and (index + 1) * 32 <= len(self._levels[height]):
            return Hash32(bytes(self._levels[height][index * 32 : index * 32 + 32]))
        return keccak256(self._node(height - 1, 2 * index) + self._node(height - 1, 2 * index + 1))


def verify_proof(root: Hash32, leaf: Hash32, index: int, proof: Sequence[Hash32]) -> bool:
    """Whether ``leaf`` is at ``index`` of the tree with this root, as the contract decides it."""
    if len(proof) != TREE_DEPTH or not 0 <= index < 1 << TREE_DEPTH:
        return False
    node = leaf
    for height, sibling in enumerate(proof):
        node = keccak256(sibling + node if index >> height & 1 else node + sibling)
    return node == root
