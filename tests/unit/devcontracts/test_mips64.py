"""The contract of the fault-proof VM: the reference's steps, what it refuses, and what a step costs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, pairwise
from typing import Any

import pytest

from campaigns.dispute_contracts.deployment import deploy_ours
from campaigns.dispute_contracts.evm import OwnEvm
from campaigns.dispute_contracts.setting import BOND, PLAYERS, TYPE, Setting
from campaigns.vm_contract.cases import (
    EMPTY_STACK,
    Step,
    encode_witness,
    file_steps,
    vector_steps,
)
from campaigns.vm_contract.contract import CALLER, CONTEXT, ORACLE, VM, VmContract, reason
from campaigns.vm_contract.machine import program_steps, random_steps, sequence_steps
from campaigns.vm_contract.tree import PROOF_SIZE, Memory
from pyoprollup.bindings import load_contract
from pyoprollup.challenger.game.bonds import required_bond
from pyoprollup.challenger.model.vm import with_status
from pyoprollup.devcontracts import contract
from pyoprollup.eth.abi import encode_arguments, selector
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, Hash32, to_hex
from pyoprollup.evm.genesis import Account
from tests.compile_contracts import creation_code
from tests.support import shared_json, shared_path
from tests.unit.devcontracts.support import USER, Evm
from tests.unit.devcontracts.test_compiled import deployed

STEPS = int(os.environ.get("PYOPROLLUP_VM_STEPS", "300"))
"""Of each kind of steps, how many are done at most; 3,576 are all single steps of the reference."""
PC, DATA, HIGH = 0x1000, 0x2008, 0x3000
THREAD_PROOF = 330


def differences(steps: Iterator[Step]) -> list[str]:
    machine = VmContract(OwnEvm())
    return [f"{step.name}: {found}" for step in steps if (found := machine.difference(step))]


# --- the reference's steps


@pytest.mark.shared
def test_single_steps() -> None:
    cases = shared_json("golden", "v2", "cannon_step_mt64_v5.json.gz")["cases"]
    assert len(cases) == 3_576
    apart = max(1, len(cases) // STEPS)
    assert differences(islice(vector_steps(cases[::apart]), STEPS)) == []


@pytest.mark.shared
def test_a_program_step_by_step() -> None:
    proofs = shared_json("golden", "v2", "cannon_files", "proofs.json.gz")
    assert len(proofs) == 80
    assert differences(file_steps(proofs)) == []


@pytest.mark.shared
def test_random_code_of_the_reference() -> None:
    cases = shared_json("golden", "v2", "cannon_seq_mt64_v5.json.gz")["cases"]
    assert differences(islice(sequence_steps(cases), STEPS)) == []


@pytest.mark.shared
@pytest.mark.slow
def test_programs_of_the_reference() -> None:
    cases = shared_json("golden", "v2", "cannon_elf64_v5.json.gz")["cases"]
    early = [
        {**case, "step_witnesses": [each for each in case["step_witnesses"] if each["pre_step"] < 50 * STEPS]}
        for case in cases
    ]
    assert differences(program_steps(early, shared_path("golden", "v2"))) == []


def test_random_code() -> None:
    assert differences(random_steps(1, STEPS)) == []


# --- steps made by hand


def state(*code: int, **fields: Any) -> dict[str, Any]:
    """A state with a thread at code, and registers and more as they are wanted."""
    registers = {5: DATA, 29: HIGH} | fields.pop("registers", {})
    thread = {
        "thread_id": "0x1",
        "exit_code": 0,
        "exited": False,
        "pc": hex(PC),
        "next_pc": hex(PC + 4),
        "lo": "0x0",
        "hi": "0x0",
        "registers": [hex(registers.get(number, 0)) for number in range(32)],
    }
    memory = Memory()
    memory.write(PC, b"".join(insn.to_bytes(4, "big") for insn in code))
    return {
        "memory_root": to_hex(memory.root()),
        "preimage_key": to_hex(bytes(32)),
        "preimage_offset": "0x0",
        "heap": "0x0",
        "ll_status": 0,
        "ll_address": "0x0",
        "ll_owner": "0x0",
        "exit_code": 0,
        "exited": False,
        "step": 41,
        "steps_since_context_switch": 4,
        "traverse_right": False,
        "left_threads": [thread],
        "right_threads": [],
        "next_thread_id": "0x2",
    } | fields


def step_of(pre: dict[str, Any], *code: int) -> Step:
    """The step from a state, without what is to come of it."""
    data = to_hex(b"".join(insn.to_bytes(4, "big") for insn in code))
    case = {"name": "", "instruction": "", "pre": pre, "memory": [{"addr": hex(PC), "data": data}]}
    return next(iter(vector_steps([case])))


def outcome(step: Step) -> str:
    """The state's hash, or why the contract reverts."""
    done = VmContract(OwnEvm()).step(step.state, step.proof)
    return to_hex(done.output) if done.success else reason(done.output)


SW, SC, CLOCK, NOP = 0xACA60000, 0xE0A60000, 0x0000000C, 0


def test_a_store_ends_a_reservation_of_its_word() -> None:
    pre = state(SW, ll_status=1, ll_address=hex(DATA + 4), ll_owner="0x9", registers={6: 0xABCD1234})
    after = Memory()
    after.write(PC, SW.to_bytes(4, "big"))
    after.write(DATA, bytes.fromhex("abcd1234"))
    thread = {**pre["left_threads"][0], "pc": hex(PC + 4), "next_pc": hex(PC + 8)}
    post = pre | {
        "memory_root": to_hex(after.root()),
        "left_threads": [thread],
        "ll_status": 0,
        "ll_address": "0x0",
        "ll_owner": "0x0",
        "step": 42,
        "steps_since_context_switch": 5,
    }
    assert outcome(step_of(pre, SW)) == to_hex(b"\x03" + keccak256(encode_witness(post))[1:])


@pytest.mark.parametrize(("code", "status"), [(0, 0), (1, 1), (2, 2), (255, 2)])
def test_a_program_that_has_ended_stays_where_it_is(code: int, status: int) -> None:
    witness = encode_witness(state(NOP, exited=True, exit_code=code))
    expected = to_hex(bytes([status]) + keccak256(witness)[1:])
    assert outcome(Step("", witness, b"")) == expected


def changed(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def proof_at(number: int, node: int) -> int:
    return THREAD_PROOF + number * PROOF_SIZE + 32 * node + 31


@pytest.mark.parametrize(
    ("at", "error"),
    [
        (0, "MIPS64: invalid thread witness"),
        (297, "MIPS64: invalid thread witness"),
        (329, "MIPS64: invalid thread witness"),
        *((proof_at(0, node), "InvalidMemoryProof()") for node in (0, 1, 30, 59)),
        *((proof_at(1, node), "InvalidMemoryProof()") for node in (0, 1, 59)),
        *((proof_at(2, node), "InvalidSecondMemoryProof()") for node in (0, 1, 59)),
    ],
)
def test_each_byte_of_a_proof_counts(at: int, error: str) -> None:
    step = step_of(state(CLOCK, registers={2: 5222, 4: 1, 5: DATA}), CLOCK)
    assert outcome(step).startswith("0x03")
    assert outcome(replace(step, proof=changed(step.proof, at))) == error


def test_the_second_word_is_proven_behind_the_first() -> None:
    """Seconds and nanoseconds lie in one leaf here: the second proof has to know the first word."""
    step = step_of(state(CLOCK, registers={2: 5222, 4: 1, 5: DATA}, step=25_000_000), CLOCK)
    first = step.proof[proof_at(1, 0) - 31 : proof_at(2, 0) - 31]
    assert outcome(step).startswith("0x03")
    stale = step.proof[: proof_at(2, 0) - 31] + first
    assert outcome(replace(step, proof=stale)) == "InvalidSecondMemoryProof()"


@pytest.mark.parametrize(
    ("size", "error"),
    [
        (0, "MIPS64: insufficient calldata for thread witness"),
        (329, "MIPS64: insufficient calldata for thread witness"),
        (330, "MIPS64Memory: check that there is enough calldata"),
        (330 + PROOF_SIZE, "MIPS64Memory: check that there is enough calldata"),
        (330 + 2 * PROOF_SIZE, ""),
    ],
)
def test_short_proofs(size: int, error: str) -> None:
    step = step_of(state(SW), SW)
    found = outcome(replace(step, proof=step.proof[:size]))
    assert found == error or (not error and found.startswith("0x03"))


@pytest.mark.parametrize("size", [0, 187, 189])
def test_states_of_another_size(size: int) -> None:
    step = step_of(state(NOP), NOP)
    assert outcome(replace(step, state=step.state.ljust(size, b"\0")[:size])) == ""


def test_arguments_that_are_packed_in_another_way() -> None:
    """The proof is read where it usually is; if it may be elsewhere, nothing is."""
    step = step_of(state(NOP), NOP)
    machine = VmContract(OwnEvm())
    data = contract("MIPS64").call("step", step.state, step.proof, CONTEXT)
    assert machine.evm.call(CALLER, VM, data).success
    moved = data[:36] + (0x140 + 32).to_bytes(32, "big") + data[68:324] + bytes(32) + data[324:]
    done = machine.evm.call(CALLER, VM, moved)
    assert not done.success and done.output == b""


EXITED_AT, RIGHT_AT = 98, 115


def test_states_that_are_none() -> None:
    step = step_of(state(NOP), NOP)
    two = step.state[:EXITED_AT] + b"\2" + step.state[EXITED_AT + 1 :]
    assert outcome(replace(step, state=two)) == "InvalidExitedValue()"
    empty = step.state[:RIGHT_AT] + b"\1" + step.state[RIGHT_AT + 1 :]
    assert empty[148:180] == EMPTY_STACK
    assert outcome(replace(step, state=empty)) == "MIPS64: active thread stack is empty"
    ended = step.state[:EXITED_AT] + b"\1" + step.state[EXITED_AT + 1 : RIGHT_AT] + b"\1"
    ended += step.state[RIGHT_AT + 1 :]
    assert outcome(replace(step, state=ended)) == "MIPS64: post-state active thread stack is empty"


def test_pre_images_come_from_the_oracle() -> None:
    """Loaded as anybody loads them. Local ones are those of the caller, in its context."""
    text = b"a pre-image of some length that has more than one part"
    local_key, text_key = b"\1" + bytes(30) + b"\7", b"\2" + keccak256(text)[1:]
    oracle = contract("PreimageOracle")
    word = b"\x01\xc0\xff\xee".ljust(32, b"\0")
    local = oracle.call("loadLocalData", 7, CONTEXT, word, 4, 8)
    other = oracle.call("loadLocalData", 7, Hash32(bytes(32)), word, 4, 8)
    whole = oracle.call("loadKeccak256PreimagePart", 40, text)
    for key, offset, loaded, data in (
        (local_key, 8, [(CALLER, local)], b"\x01\xc0\xff"),
        (local_key, 8, [(USER, local), (CALLER, other)], None),
        (text_key, 40, [(USER, whole)], text[32:35]),
        (text_key, 41, [(USER, whole)], None),
    ):
        machine = VmContract(OwnEvm())
        machine.evm.allocate({USER: Account(balance=10**18)})
        for sender, call in loaded:
            assert machine.evm.call(sender, ORACLE, call).success
        reads = {2: 5000, 4: 5, 5: DATA + 1, 6: 3}
        pre = state(CLOCK, registers=reads, preimage_key=to_hex(key), preimage_offset=hex(offset))
        step = step_of(pre, CLOCK)
        done = machine.step(step.state, step.proof)
        if data is None:
            assert reason(done.output) == "pre-image must exist"
            continue
        assert done.output == after_read(pre, data)


def after_read(pre: dict[str, Any], data: bytes) -> Hash32:
    """The state's hash once so many bytes of a pre-image were read."""
    thread = pre["left_threads"][0]
    registers = list(thread["registers"])
    address = int(registers[5], 16)
    registers[2], registers[7] = hex(len(data)), "0x0"
    after = Memory()
    after.write(PC, CLOCK.to_bytes(4, "big"))
    after.write(address, data)
    post = pre | {
        "memory_root": to_hex(after.root()),
        "preimage_offset": hex(int(pre["preimage_offset"], 16) + len(data)),
        "left_threads": [{**thread, "pc": hex(PC + 4), "next_pc": hex(PC + 8), "registers": registers}],
        "step": pre["step"] + 1,
        "steps_since_context_switch": pre["steps_since_context_switch"] + 1,
    }
    return Hash32(b"\x03" + keccak256(encode_witness(post))[1:])


@pytest.mark.parametrize("is_honest", [True, False])
def test_a_game_ends_in_a_step(is_honest: bool) -> None:
    """The first instruction of a program reads the number of the disputed block, which the game knows."""
    key = b"\1" + bytes(30) + b"\4"
    reads = {2: 5000, 4: 5, 5: DATA, 6: 8}
    pre = state(CLOCK, registers=reads, preimage_key=to_hex(key), preimage_offset="0x8")
    step = step_of(pre, CLOCK)
    setting = Setting(prestate=with_status(keccak256(step.state), 3))
    evm = OwnEvm()
    at = deploy_ours(evm, setting).addresses
    code = contract("MIPS64").deployed_with(ORACLE=at["oracle"]).runtime
    evm.allocate({at["vm"]: Account(nonce=1, code=code)})
    root, extra = Hash32(b"\xaa" * 32), (110).to_bytes(32, "big")
    create = load_contract("DisputeGameFactory").function("create").encode(TYPE, root, extra)
    game = Address(evm.call(PLAYERS[0], at["factory"], create, BOND).output[12:32])
    calls = load_contract("FaultDisputeGame")
    depth = setting.limits.max_depth
    end = after_read(pre, (101).to_bytes(8, "big"))
    claims = [root, *(Hash32(b"\1" + bytes([number]) * 31) for number in range(1, depth))]
    claims.append(end if is_honest else Hash32(end[:-1] + bytes([end[-1] ^ 1])))
    for number, (parent, claim) in enumerate(pairwise(claims)):
        attack = calls.function("attack").encode(parent, number, claim)
        bond = required_bond(number + 1, depth)
        assert evm.call(PLAYERS[number % 2], game, attack, bond).success, number
    call = calls.function("step").encode(depth, True, step.state, step.proof)
    assert reason(evm.call(PLAYERS[2], game, call).output) == "pre-image must exist"
    local = calls.function("addLocalData").encode(4, depth, 8)
    assert evm.call(PLAYERS[3], game, local).success
    done = evm.call(PLAYERS[2], game, call)
    assert done.success != is_honest
    assert done.success or done.output == selector("ValidStep()")


def test_other_versions_of_states_are_refused() -> None:
    pytest.importorskip("vyper")
    code = creation_code("MIPS64")
    for version, accepted in ((7, False), (8, True), (9, False)):
        success, output = deployed(code + encode_arguments(["address", "uint256"], [USER, version]))
        assert success == accepted
        if not accepted:
            assert reason(output) == "UnsupportedStateVersion()"


def test_what_steps_cost() -> None:
    """Without what a transaction costs for its calldata."""
    code = contract("MIPS64").deployed_with(ORACLE=ORACLE).runtime
    evm = Evm({VM: Account(nonce=1, code=code)})
    clock = {2: 5222, 4: 1, 5: DATA}
    for limit, insn, registers in (
        (50_000, NOP, {}),
        (75_000, 0x8CA60000, {}),  # lw
        (100_000, SW, {}),
        (155_000, CLOCK, clock),
    ):
        step = step_of(state(insn, registers=registers), insn)
        done = evm.call(VM, contract("MIPS64").call("step", step.state, step.proof, CONTEXT))
        assert limit * 0.8 < done.gas_used < limit, (hex(insn), done.gas_used)


def test_getters() -> None:
    evm = OwnEvm()
    VmContract(evm)
    machine = contract("MIPS64")
    assert evm.call(CALLER, VM, machine.call("oracle")).output[12:] == ORACLE
    assert int.from_bytes(evm.call(CALLER, VM, machine.call("stateVersion")).output, "big") == 8
    assert b"1.10.1-pyoprollup" in evm.call(CALLER, VM, machine.call("version")).output
