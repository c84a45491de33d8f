"""Proofs of steps, and how a run stops."""

from __future__ import annotations

import pytest

from pyoprollup.cannon.errors import PreimageError
from pyoprollup.cannon.machine import Machine, NoOracle
from pyoprollup.cannon.memory import PROOF_BYTES
from tests.unit.cannon.support import CODE, DATA, SYSCALL, Preimages, itype, machine_with, rtype, state_with
from tests.unit.cannon.test_memory import root_of_proof

ZERO = bytes(PROOF_BYTES)
LOAD, STORE, NOTHING = itype(0x37, 1, 2, 0), itype(0x3F, 1, 3, 0), rtype(0x25, 1, 1, 9)


def parts(proof: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    rest = proof[330:]
    return proof[:330], rest[:PROOF_BYTES], rest[PROOF_BYTES : 2 * PROOF_BYTES], rest[2 * PROOF_BYTES :]


def test_a_step_is_proven_by_what_it_touches() -> None:
    for instruction in (LOAD, STORE):
        machine = machine_with([instruction], {1: DATA, 3: 9}, {DATA: b"\x55" * 8})
        before = machine.state()
        root, thread_proof = before.memory.root(), before.thread_proof()
        witness = machine.prove_step()
        thread, code, access, second = parts(witness.proof)
        assert thread == thread_proof
        assert code[:4] == instruction.to_bytes(4, "big") and root_of_proof(CODE, code) == root
        assert access[:8] == b"\x55" * 8 and root_of_proof(DATA, access) == root == witness.state[:32]
        assert second == ZERO and witness.read is None
        assert witness.state_hash[0] == 3


def test_a_store_to_a_page_that_was_not_there_is_proven_by_zeros() -> None:
    machine = machine_with([STORE], {1: 0x7000000, 3: 9})
    root = machine.witness()[:32]
    access = parts(machine.prove_step().proof)[2]
    assert access[:32] == bytes(32) and root_of_proof(0x7000000, access) == root
    assert machine.witness()[:32] != root


def test_old_proofs_stay_where_a_step_touches_nothing() -> None:
    machine = machine_with([STORE, NOTHING, LOAD, NOTHING], {1: DATA, 3: 9}, {DATA: b"\x55" * 8})
    first = parts(machine.prove_step().proof)[2]
    assert parts(machine.prove_step().proof)[2] == first
    machine.step()  # not proven, so not kept
    assert parts(machine.prove_step().proof)[2] == first
    machine = machine_with([STORE, NOTHING], {1: DATA, 3: 9})
    machine.prove_step()
    machine.forget_proofs()
    assert parts(machine.prove_step().proof)[2] == ZERO


def test_the_clocks_second_word_is_proven_with_the_first_one_written() -> None:
    for address in (DATA, DATA + 24, 0x20FF8, 2**64 - 8):
        for proven in (True, False):
            code = [SYSCALL, NOTHING]
            memory = {DATA: b"\x55" * 64, 0x20FF8: b"\x77" * 8}
            machine = machine_with(code, {2: 5222, 4: 1, 5: address}, memory, step=20_000_001)
            root = machine.witness()[:32]
            second_address = (address + 8) % 2**64
            expected = state_with(code, {}, memory)
            expected.memory.write(address, (2).to_bytes(8, "big"))
            between = expected.memory.root()
            if proven:
                _, _, first, second = parts(machine.prove_step().proof)
                assert root_of_proof(address, first) == root
            else:
                machine.step()
                _, _, first, second = parts(machine.prove_step().proof)
                assert first == ZERO
            assert root_of_proof(second_address, second) == between
            expected.memory.write(second_address, (200).to_bytes(8, "big"))
            assert machine.witness()[:32] == expected.memory.root()


def test_without_proofs_the_second_word_costs_nothing() -> None:
    machine = Machine(state_with([SYSCALL, NOTHING], {2: 5222, 4: 1, 5: DATA}), proofs=False)
    machine.step()
    assert parts(machine.prove_step().proof)[3] == ZERO


def test_a_run_stops_at_a_read() -> None:
    key = b"\x02" + bytes(31)
    code = [NOTHING, SYSCALL, NOTHING]
    values = {2: 5000, 4: 5, 5: DATA, 6: 8}
    machine = Machine(state_with(code, values, preimage_key=key), Preimages({key: b"abc"}))
    assert machine.run(3, until_read=True) == 2
    assert machine.last_read is not None and machine.last_read.value == (3).to_bytes(8, "big") + b"abc"
    assert machine.run(1, until_read=True) == 1 and machine.last_read is None
    assert (machine.requests, machine.requested_bytes) == (1, 3)
    # A whole run does not tell of reads on the way.
    machine = Machine(state_with(code, {**values, 4: 4}, preimage_key=key), Preimages({key: b"abc"}))
    assert machine.run(3) == 3 and machine.last_read is None


def test_a_proof_of_a_read_has_the_preimage() -> None:
    key = b"\x02" + bytes(31)
    state = state_with([SYSCALL], {2: 5000, 4: 5, 5: DATA, 6: 8}, preimage_key=key, preimage_offset=8)
    witness = Machine(state, Preimages({key: b"abc"})).prove_step()
    assert witness.read is not None
    assert (witness.read.key, witness.read.value[8:], witness.read.offset) == (key, b"abc", 8)


def test_without_an_oracle_there_are_no_preimages() -> None:
    NoOracle().hint(b"anything")
    with pytest.raises(PreimageError):
        NoOracle().get(bytes(32))


def test_how_it_stands() -> None:
    machine = machine_with([LOAD, NOTHING], {1: DATA})
    assert (machine.pc, machine.instruction(), machine.step_number) == (CODE, LOAD, 0)
    machine.step()
    assert (machine.pc, machine.instruction(), machine.step_number) == (CODE + 4, NOTHING, 1)
    assert (machine.exited, machine.exit_code) == (False, 0)
    assert machine.state_hash() == machine.state().hash()
