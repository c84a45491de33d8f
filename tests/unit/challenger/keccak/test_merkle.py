from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.challenger.keccak.errors import KeccakError, TreeFull
from pyoprollup.challenger.keccak.merkle import (
    MAX_LEAF_COUNT,
    TREE_DEPTH,
    BinaryMerkleTree,
    verify_proof,
)
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_HASH, Hash32


def leaf(index: int) -> Hash32:
    return keccak256(b"leaf %d" % index)


def tree_of(count: int) -> BinaryMerkleTree:
    tree = BinaryMerkleTree()
    for index in range(count):
        tree.add_leaf(leaf(index))
    return tree


def plain_root(leaves: list[Hash32]) -> Hash32:
    """The root of a level at a time, with as many empty leaves as it takes."""
    level, empty = list(leaves), ZERO_HASH
    for _ in range(TREE_DEPTH):
        if len(level) % 2:
            level.append(empty)
        level = [keccak256(level[at] + level[at + 1]) for at in range(0, len(level), 2)]
        empty = keccak256(empty + empty)
    return level[0] if level else empty


def contract_root(leaves: list[Hash32]) -> Hash32:
    """The root by the contract's rule: a branch of 16 hashes, and the number of leaves."""
    zeros = [ZERO_HASH]
    for _ in range(TREE_DEPTH - 1):
        zeros.append(keccak256(zeros[-1] * 2))
    branch = [ZERO_HASH] * TREE_DEPTH
    for size, node in enumerate(leaves, 1):
        for height in range(TREE_DEPTH):
            if size >> height & 1:
                branch[height] = node
                break
            node = keccak256(branch[height] + node)
    root, size = ZERO_HASH, len(leaves)
    for height in range(TREE_DEPTH):
        root = keccak256(branch[height] + root if size >> height & 1 else root + zeros[height])
    return root


@given(st.integers(0, 70))
def test_root_and_proofs(count: int) -> None:
    leaves = [leaf(index) for index in range(count)]
    tree = tree_of(count)
    root = tree.root_hash()
    assert root == plain_root(leaves) == contract_root(leaves)
    assert tree.leaf_count == count
    for index in range(count):
        proof = tree.proof_at_index(index)
        assert verify_proof(root, leaves[index], index, proof)
        assert not verify_proof(root, leaves[index], index ^ 1, proof)
        assert not verify_proof(root, leaf(count), index, proof)


def test_a_proof_needs_a_leaf() -> None:
    tree = tree_of(3)
    for index in (-1, 3, 1 << 16):
        with pytest.raises(KeccakError):
            tree.proof_at_index(index)
    # The first place is proven in an empty tree as well: contracts ask for it where there is no leaf before.
    assert verify_proof(BinaryMerkleTree().root_hash(), ZERO_HASH, 0, BinaryMerkleTree().proof_at_index(0))


def test_the_last_place_stays_empty() -> None:
    tree = BinaryMerkleTree()
    for _ in range(MAX_LEAF_COUNT):
        tree.add_leaf(leaf(0))
    assert verify_proof(
        tree.root_hash(), leaf(0), MAX_LEAF_COUNT - 1, tree.proof_at_index(MAX_LEAF_COUNT - 1)
    )
    with pytest.raises(TreeFull):
        tree.add_leaf(leaf(0))


def test_malformed_proofs_prove_nothing() -> None:
    tree = tree_of(2)
    proof = tree.proof_at_index(1)
    assert not verify_proof(tree.root_hash(), leaf(1), 1, proof[:-1])
    assert not verify_proof(tree.root_hash(), leaf(1), 1 + (1 << 16), proof)
