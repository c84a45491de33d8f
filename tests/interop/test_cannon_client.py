"""The reference's fault-proof program on our compiled VM, beside what it does on the reference's.

The program is built anew, the same byte by byte as the recorded one. That takes a minute and a half of two
cores the first time, a run of 440 million steps under ten seconds. ``PYOPROLLUP_CLIENT=all`` makes all
recorded runs instead of the one that has states on the way.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.cannon.elf import first_state, parse_elf
from pyoprollup.cannon.engines import can_compile, engine_of
from pyoprollup.cannon.machine import Machine
from pyoprollup.cannon.statistics import debug_info
from pyoprollup.eth.types import to_hex
from pyoprollup.vectors.cannon_fields import TableOracle
from tests.support import shared_json

pytestmark = [
    pytest.mark.go,
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.skipif(not can_compile(), reason="the compiled machine needs numba: the extra fast"),
]

RUNS = [("granite", "wrong claim"), ("granite", "valid"), ("isthmus", "valid")]
"""Those with a record; the first has more than an end."""
WANTED = RUNS if os.environ.get("PYOPROLLUP_CLIENT") == "all" else RUNS[:1]
GO_VERSION = "go1.26.8"
"""With which the recorded program was built: another one makes another program."""
STEPS = 1 << 40


def record_of(fork: str, name: str) -> tuple[Any, Any, TableOracle, list[str]]:
    """The record as a whole, that of one run, what its program is served, and the hints it gives."""
    record = shared_json("golden", "v2", "program_in_vm.json")
    served = [
        case
        for case in shared_json("golden", "v2", "program_range.json.gz")["cases"]
        if case["fork"] == fork and not case["clash"]
    ]
    (run,) = (case for case in record["cases"] if (case["fork"], case["name"]) == (fork, name))
    (case,) = (case for case in served if case["name"] == name)
    (chain,) = (case for case in served if case["name"] == "valid")
    preimages = {**chain["preimages"], **case.get("local", {})}
    return record, run, TableOracle(preimages), [to_hex(hint.encode()) for hint in case["hints"]]


def expect_state(machine: Machine, wanted: Any) -> None:
    """The machine is where the record says, in every byte of its witness."""
    assert machine.step_number == wanted["step"]
    assert (machine.exited, machine.exit_code) == (wanted["exited"], wanted["exit_code"])
    assert to_hex(machine.witness()) == wanted["witness"]
    assert to_hex(machine.state_hash()) == wanted["state_hash"]


def prove(machine: Machine, wanted: Any) -> None:
    """Make a step that is recorded with its proof."""
    witness = machine.prove_step()
    assert (to_hex(witness.state_hash), to_hex(witness.state)) == (wanted["pre"], wanted["state_data"])
    assert len(witness.proof) == wanted["proof_len"]
    assert hashlib.sha256(witness.proof).hexdigest() == wanted["proof_sha256"]
    assert to_hex(machine.state_hash()) == wanted["post"]


@pytest.mark.parametrize(("fork", "name"), WANTED)
def test_the_client_runs_as_it_does_on_the_reference(fork: str, name: str, fault_proof_client: Path) -> None:
    record, run, oracle, hints = record_of(fork, name)
    program = fault_proof_client.read_bytes()
    if hashlib.sha256(program).hexdigest() != record["meta"]["elf_sha256"]:
        version = subprocess.run(["go", "env", "GOVERSION"], check=True, capture_output=True, text=True)
        assert version.stdout.strip() != GO_VERSION, "the program is not the recorded one"
        pytest.skip(f"the recorded program is made by {GO_VERSION}, not by {version.stdout.strip()}")
    start = time.process_time()
    state = first_state(parse_elf(program))
    proof = run.get("step_proof")
    machine = Machine(state, oracle, engine=engine_of("compiled"), proofs=proof is not None)
    expect_state(machine, record["initial"])
    stops = [*run.get("snapshots", []), *([proof] if proof else [])]
    for stop in sorted(stops, key=lambda each: int(each["step"])):
        machine.run(stop["step"] - machine.step_number)
        if stop is proof:
            prove(machine, stop)
        else:
            expect_state(machine, stop)
    machine.run(STEPS)
    took = time.process_time() - start
    expect_state(machine, run["final"])
    assert oracle.hints == hints
    if "stats" in run:
        assert debug_info(machine) == run["stats"]
    print(f"\n{fork}, {name}: {machine.step_number:,} steps in {took:.1f} CPU s")
