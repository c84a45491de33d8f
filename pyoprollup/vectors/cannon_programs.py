"""The checks of ``cannon_elf64_v5``: whole programs, with their hashes, proofs and statistics on the way.

The programs themselves are files beside the vectors, or in a folder ``programs/elf`` there or further up.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pyoprollup.cannon.core.layout import ACTIVE_ID, CODE_END, LL_STEPS, MISSES, SINCE, STEP
from pyoprollup.cannon.elf import first_state, parse_elf
from pyoprollup.cannon.engines import engine_of
from pyoprollup.cannon.errors import StepError
from pyoprollup.cannon.machine import Machine
from pyoprollup.cannon.state import State, state_hash
from pyoprollup.cannon.statistics import debug_info
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import to_hex
from pyoprollup.vectors.cannon_fields import TableOracle, word
from pyoprollup.vectors.core import WITH_FOLDER, Case, Mismatch, Skipped, expect, register

__all__ = ["find_program", "run_program"]

COUNTED = range(MISSES, max(LL_STEPS + 6, ACTIVE_ID))
"""The words with statistics, which proven steps of these vectors did not count."""


def find_program(case: Case) -> bytes:
    """The file of a case's program; raises :class:`Skipped` if it is nowhere."""
    name, folder = case["program"], Path(case["folder"])
    for each in (folder, *(above / "programs" / "elf" for above in (folder, *folder.parents))):
        for path, read in ((each / name, Path.read_bytes), (each / f"{name}.gz", _unpacked)):
            if path.is_file():
                data = read(path)
                expect("elf_sha256", case["elf_sha256"], hashlib.sha256(data).hexdigest())
                return data
    raise Skipped(f"the program {name} is neither beside the vectors nor in a folder programs/elf above them")


def _unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def _stops(case: Case) -> Iterator[tuple[int, Case | None, Case | None]]:
    """The steps at which there is something to compare: a snapshot, or a step that is proven."""
    snapshots = {each["step"]: each for each in case["snapshots"]}
    proofs = {each["pre_step"]: each for each in case["step_witnesses"]}
    for step in sorted(snapshots.keys() | proofs.keys()):
        yield step, snapshots.get(step), proofs.get(step)


def _prove(machine: Machine, wanted: Case) -> None:
    """A step proven by a machine that proved nothing before, and counted nowhere."""
    counted = [machine.engine.get(index) for index in COUNTED]
    machine.forget_proofs()
    witness = machine.prove_step()
    for index, value in zip(COUNTED, counted, strict=True):
        machine.engine.set(index, value)
    expect("pre_state_hash", wanted["pre_state_hash"], to_hex(witness.state_hash))
    expect("proof_len", wanted["proof_len"], len(witness.proof))
    expect("proof_keccak", wanted["proof_keccak"], to_hex(keccak256(witness.proof)))
    expect("post_state_hash", wanted["post_state_hash"], to_hex(machine.state_hash()))


def run_program(case: Case, engine: Callable[[State], Any], limit: int | None = None) -> None:
    """Run a program to its end, or to the last stop within ``limit`` steps."""
    oracle = TableOracle(case.get("preimages"))
    out, err = bytearray(), bytearray()
    state = first_state(parse_elf(find_program(case)))
    machine = Machine(state, oracle, stdout=out.extend, stderr=err.extend, engine=engine, proofs=False)
    machine.engine.set(CODE_END, 4096)
    for step, snapshot, proof in _stops(case):
        if limit is not None and step > limit:
            return
        machine.run(step - machine.step_number)
        if snapshot is not None:
            expect("pc", word(snapshot["pc"]), machine.pc)
            expect(f"state_hash at {step}", snapshot["state_hash"], to_hex(machine.state_hash()))
            if "witness" in snapshot:
                expect("witness", snapshot["witness"], to_hex(machine.witness()))
        if proof is not None:
            _prove(machine, proof)
    _expect_end(case, machine)
    expect("stdout", case["stdout"], out.decode())
    expect("stderr", case["stderr"], err.decode())
    expect("hints", case["hints"] or [], oracle.hints)
    expect("preimage_requests", case["preimage_requests"] or [], oracle.asked)


def _expect_end(case: Case, machine: Machine) -> None:
    final = case["final"]
    if "error" in case:
        try:
            machine.run(final["step"] + 1 - machine.step_number)
        except StepError:
            expect("step of the error", final["step"], machine.step_number + 1)
        else:
            raise Mismatch(f"no error; the reference: {case['error']}")
        for index in (STEP, SINCE):  # the reference has counted the step that it could not do
            machine.engine.set(index, machine.engine.get(index) + 1)
    else:
        while not machine.exited:
            machine.run(1 << 32)
    expect("final step", final["step"], machine.step_number)
    expect("final pc", word(final["pc"]), machine.pc)
    expect("final witness", final["witness"], to_hex(machine.witness()))
    expect("final state_hash", final["state_hash"], to_hex(state_hash(machine.witness())))
    expect("exited", case["exited"], machine.exited)
    expect("exit_code", case["exit_code"], machine.exit_code)
    expect("pages", case["pages"], machine.engine.page_count())
    expect("stats", case["stats"], debug_info(machine))


WITH_FOLDER.add("cannon_elf64_v5")


@register("cannon_elf64_v5")
def check_program(case: Case) -> None:
    """Whole programs, on the fastest engine that there is."""
    run_program(case, engine_of("auto"))
