"""The checks of ``cannon_step_mt64_v5`` and ``cannon_seq_mt64_v5``: proven steps of the machine."""

from __future__ import annotations

from typing import Any

from pyoprollup.cannon.engine import PlainEngine
from pyoprollup.cannon.engines import can_compile, engine_of
from pyoprollup.cannon.errors import StepError
from pyoprollup.cannon.machine import Machine, StepWitness
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import to_hex
from pyoprollup.vectors.cannon_fields import TableOracle, expect_state, read_state, word
from pyoprollup.vectors.core import Case, Mismatch, expect, register

__all__ = ["engines", "run_sequence", "run_step"]


def engines() -> list[Any]:
    """What the cases are run on, one after the other: plain Python, and compiled where it can be."""
    return [PlainEngine, *([engine_of("compiled")] if can_compile() else [])]


def _expect_witness(case: Case, witness: StepWitness) -> None:
    expect("pre state_hash", case["pre"]["state_hash"], to_hex(witness.state_hash))
    expect("pre witness", case["pre"]["witness_keccak"], to_hex(keccak256(witness.state)))
    expect("proof_len", case["proof_len"], len(witness.proof))
    if "proof_data" in case:
        expect("proof_data", case["proof_data"], to_hex(witness.proof))
        expect("witness_state", case["witness_state"], to_hex(witness.state))
    expect("proof_keccak", case["proof_keccak"], to_hex(keccak256(witness.proof)))
    read = witness.read
    if read is None or read.key == bytes(32):
        expect("oracle_key", case.get("oracle_key"), None)
        return
    expect("oracle_key", case.get("oracle_key"), to_hex(read.key))
    expect("oracle_value", case["oracle_value"], to_hex(read.value))
    expect("oracle_offset", word(case["oracle_offset"]), read.offset)


def run_step(case: Case, engine: Any) -> None:
    """One step, proven; where the reference crashes, a typed error and the state before it."""
    state = read_state(case["pre"], case["memory"])
    expect("pre state_hash", case["pre"]["state_hash"], to_hex(state.hash()))
    oracle = TableOracle(case.get("preimages"))
    out, err = bytearray(), bytearray()
    machine = Machine(state, oracle, stdout=out.extend, stderr=err.extend, engine=engine)
    try:
        witness = machine.prove_step()
    except StepError as exc:
        if "post" in case:
            raise Mismatch(f"our error: {exc}") from exc
        expect_state("after the error", case["pre"], machine.state())
        return
    if "post" not in case:
        raise Mismatch(f"no error; the reference: {case['error']}")
    _expect_witness(case, witness)
    expect("state_hash", case["post"]["state_hash"], to_hex(machine.state_hash()))
    expect_state("post", case["post"], machine.state())
    expect("hints", case.get("hints", []), oracle.hints)
    expect("stdout", case.get("stdout", "0x"), to_hex(bytes(out)))
    expect("stderr", case.get("stderr", "0x"), to_hex(bytes(err)))


def run_sequence(case: Case, engine: Any) -> None:
    """Up to 160 steps on one machine, every seventh proven, the state's hash after each."""
    oracle = TableOracle(case["preimages"])
    out, err = bytearray(), bytearray()
    machine = Machine(
        read_state(case["pre"], case["memory"]), oracle, stdout=out.extend, stderr=err.extend, engine=engine
    )
    for index, wanted in enumerate(case["hashes"]):
        if index % 7 == 0:
            proof = machine.prove_step().proof
            expect(f"proof {index}", case["proofs"][str(index)], to_hex(keccak256(proof)))
        else:
            machine.step()
        expect(f"hash {index}", wanted, to_hex(machine.state_hash()))
    if "error" in case:
        before = machine.state_hash()
        try:
            machine.step()
        except StepError:
            expect("hash after the error", before, machine.state_hash())
        else:
            raise Mismatch(f"no error at the end; the reference: {case['error']}")
    else:
        expect_state("post", case["post"], machine.state())
    expect("hints", case["hints"] or [], oracle.hints)
    expect("stdout", case["stdout"], to_hex(bytes(out)))
    expect("stderr", case["stderr"], to_hex(bytes(err)))


@register("cannon_step_mt64_v5")
def check_step(case: Case) -> None:
    """Single steps from states made for them."""
    for engine in engines():
        run_step(case, engine)


@register("cannon_seq_mt64_v5")
def check_sequence(case: Case) -> None:
    """Random code on up to four threads."""
    for engine in engines():
        run_sequence(case, engine)
