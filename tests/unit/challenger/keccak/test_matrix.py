from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.challenger.keccak.errors import IncorrectCommitmentCount, KeccakError, TreeFull
from pyoprollup.challenger.keccak.matrix import StateMatrix, absorb, challenge, pad
from pyoprollup.challenger.keccak.merkle import MAX_LEAF_COUNT, verify_proof
from pyoprollup.challenger.keccak.types import (
    BLOCK_SIZE,
    EMPTY_STATE,
    state_commitment,
)
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_HASH, Hash32


class Dribble(BytesIO):
    """A stream that gives fewer bytes than are asked for."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 50))


def absorbed(data: bytes) -> StateMatrix:
    matrix, stream = StateMatrix(), BytesIO(data)
    while not matrix.is_final:
        matrix.absorb_up_to(stream, 3 * BLOCK_SIZE)
    return matrix


def commitments_of(data: bytes) -> list[Hash32]:
    matrix = StateMatrix()
    return list(matrix.absorb_up_to(BytesIO(data), (len(data) // BLOCK_SIZE + 1) * BLOCK_SIZE).commitments)


@given(st.binary(max_size=1500))
def test_digest_and_what_is_squeezed(data: bytes) -> None:
    matrix = absorbed(data)
    assert matrix.hash() == keccak256(data)
    assert matrix.tree.leaf_count == len(data) // BLOCK_SIZE + 1
    before, before_proof = matrix.prestate_with_proof()
    after, after_proof = matrix.poststate_with_proof()
    root = matrix.tree.root_hash()
    assert verify_proof(root, after.hash(), after.index, after_proof)
    assert absorb(matrix.prestate_matrix, after.input) == matrix.state_snapshot()
    if before is None:
        assert after.index == 0 and matrix.prestate_matrix == EMPTY_STATE
    else:
        assert before.index + 1 == after.index
        assert verify_proof(root, before.hash(), before.index, before_proof)
        assert before.state_commitment == state_commitment(matrix.prestate_matrix)


@given(st.binary(max_size=700), st.integers(1, 4))
def test_parts_are_those_of_the_whole(data: bytes, blocks: int) -> None:
    matrix, stream, calls = StateMatrix(), Dribble(data), []
    while not matrix.is_final:
        calls.append(matrix.absorb_up_to(stream, blocks * BLOCK_SIZE))
    assert b"".join([call.input for call in calls]) == data
    assert [commitment for call in calls for commitment in call.commitments] == commitments_of(data)
    assert [call.finalize for call in calls] == [False] * (len(calls) - 1) + [True]
    for call in calls[:-1]:
        assert len(call.input) == len(call.commitments) * BLOCK_SIZE == blocks * BLOCK_SIZE


def test_nothing_follows_the_end() -> None:
    matrix = absorbed(b"abc")
    with pytest.raises(KeccakError):
        matrix.absorb_up_to(BytesIO(b"more"), BLOCK_SIZE)
    for size in (0, BLOCK_SIZE - 1, BLOCK_SIZE + 1):
        with pytest.raises(KeccakError):
            StateMatrix().absorb_up_to(BytesIO(), size)
    unfinished = StateMatrix()
    for call in (unfinished.hash, unfinished.poststate_with_proof, lambda: pad(bytes(BLOCK_SIZE))):
        with pytest.raises(KeccakError):
            call()


@given(st.integers(0, 6 * BLOCK_SIZE), st.data())
def test_the_first_wrong_leaf_is_challenged(size: int, data: st.DataObject) -> None:
    preimage = bytes(index * 7 % 251 for index in range(size))
    commitments = commitments_of(preimage)
    right = list(commitments)
    wrong = data.draw(st.sets(st.integers(0, len(commitments) - 1), min_size=1))
    for index in wrong:
        commitments[index] = keccak256(b"wrong %d" % index)
    found, root = challenge(BytesIO(preimage), commitments)
    first = min(wrong)
    assert found is not None and found.poststate.index == first
    assert verify_proof(root, found.poststate.hash(), first, found.poststate_proof)
    # The contract's rule: the state before is committed to, and leads to another than is claimed.
    if first:
        assert found.prestate is not None and found.prestate.index == first - 1
        assert verify_proof(root, found.prestate.hash(), first - 1, found.prestate_proof)
        assert found.prestate.state_commitment == state_commitment(found.state_matrix) == right[first - 1]
    else:
        assert found.prestate is None and found.state_matrix == EMPTY_STATE
    after = absorb(found.state_matrix, found.poststate.input)
    assert state_commitment(after) == right[first] != found.poststate.state_commitment


@given(st.binary(max_size=500))
def test_right_leaves_are_not_challenged(data: bytes) -> None:
    found, root = challenge(BytesIO(data), commitments_of(data))
    assert found is None and root == absorbed(data).tree.root_hash()


def test_a_leaf_of_zeros_is_no_missing_leaf() -> None:
    """Zeros with a commitment of zeros are a wrong leaf like any other."""
    data = bytes(2 * BLOCK_SIZE)
    commitments = commitments_of(data)
    found, root = challenge(BytesIO(data), [ZERO_HASH, *commitments[1:]])
    assert found is not None and found.poststate.index == 0 and found.prestate is None
    assert verify_proof(root, found.poststate.hash(), 0, found.poststate_proof)


@given(st.binary(max_size=500), st.integers(1, 3))
def test_the_number_of_commitments_must_be_right(data: bytes, extra: int) -> None:
    commitments = commitments_of(data)
    for given_ in (commitments[:-extra], [*commitments, *[ZERO_HASH] * extra]):
        with pytest.raises(IncorrectCommitmentCount):
            challenge(BytesIO(data), given_)


def test_more_than_a_tree_of_leaves() -> None:
    class Free(StateMatrix):
        """Without the permutation, which takes too long for so many."""

    matrix = Free()
    for _ in range(MAX_LEAF_COUNT):
        matrix.tree.add_leaf(ZERO_HASH)
    with pytest.raises(TreeFull):
        matrix.absorb_next_leaf(BytesIO(bytes(BLOCK_SIZE)))
