"""Witnesses and hashes of states. That they are the reference's, the vectors show."""

from __future__ import annotations

import pytest

from pyoprollup.cannon.state import (
    EMPTY_STACK_ROOT,
    THREAD_BYTES,
    THREAD_PROOF_BYTES,
    WITNESS_BYTES,
    State,
    Thread,
    VmStatus,
    stack_root,
    state_hash,
    vm_status,
)
from pyoprollup.eth.crypto import keccak256


def test_a_state_in_188_bytes() -> None:
    state = State(
        preimage_key=bytes(range(32)),
        preimage_offset=1,
        heap=2,
        ll_status=1,
        ll_address=3,
        ll_owner=4,
        exit_code=5,
        exited=True,
        step=6,
        steps_since_switch=7,
        traverse_right=True,
        right=[Thread(8, 9, 10)],
        next_thread_id=11,
    )
    witness = state.witness()
    assert len(witness) == WITNESS_BYTES
    assert witness[:32] == state.memory.root() and witness[32:64] == state.preimage_key
    numbers = (
        (1).to_bytes(8, "big")
        + (2).to_bytes(8, "big")
        + b"\x01"
        + (3).to_bytes(8, "big")
        + (4).to_bytes(8, "big")
    )
    assert witness[64:97] == numbers
    assert witness[97:99] == b"\x05\x01"
    assert witness[99:116] == (6).to_bytes(8, "big") + (7).to_bytes(8, "big") + b"\x01"
    assert witness[116:148] == EMPTY_STACK_ROOT
    assert witness[148:180] == stack_root(state.right)
    assert witness[180:] == (11).to_bytes(8, "big")
    assert state.hash() == b"\x02" + keccak256(witness)[1:]
    assert state.status is VmStatus.PANIC


@pytest.mark.parametrize(
    ("exited", "code", "status"),
    [(False, 0, 3), (False, 1, 3), (True, 0, 0), (True, 1, 1), (True, 2, 2), (True, 255, 2)],
)
def test_status(exited: bool, code: int, status: int) -> None:
    assert vm_status(exited, code) == status
    assert State(exited=exited, exit_code=code).hash()[0] == status


def test_a_thread_in_298_bytes() -> None:
    thread = Thread(1, 2, 3, 4, 5, tuple(range(32)), 6, True)
    data = thread.encode()
    assert len(data) == THREAD_BYTES
    words = [int.from_bytes(data[i : i + 8], "big") for i in range(10, 298, 8)]
    assert data[:10] == (1).to_bytes(8, "big") + b"\x06\x01" and words == [2, 3, 4, 5, *range(32)]


def test_stacks_are_hashed_from_the_bottom() -> None:
    one, two = Thread(1, 2, 3), Thread(4, 5, 6)
    below = keccak256(EMPTY_STACK_ROOT + keccak256(one.encode()))
    assert stack_root([one]) == below
    assert stack_root([one, two]) == keccak256(below + keccak256(two.encode()))
    proof = State(left=[one, two]).thread_proof()
    assert proof == two.encode() + below and len(proof) == THREAD_PROOF_BYTES


def test_the_first_state() -> None:
    state = State.initial(0x4000, 7)
    assert state.active == [Thread(0, 0x4000, 0x4004)] and state.heap == 7 and state.next_thread_id == 1


def test_a_witness_of_another_size_has_no_hash() -> None:
    with pytest.raises(ValueError, match="188"):
        state_hash(bytes(187))
