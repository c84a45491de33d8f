"""Our own VM for a trace, in this process, with the toy's program: files, and what can go wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyoprollup.cannon import Machine
from pyoprollup.cannon.errors import PreimageError
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.preimages import DirectoryPreimageSource, PreimageLoader
from pyoprollup.challenger.trace.vm import (
    FileDamaged,
    TraceFolder,
    VmFailed,
    VmPrestateProvider,
    VmTimedOut,
    VmTraceProvider,
)
from pyoprollup.challenger.trace.vm.in_process import InProcessConverter, InProcessVm
from pyoprollup.challenger.trace.vm.status import VmStatus, vm_status
from pyoprollup.devnet.toy import TOY_PRESTATE, ToyOracle, ToyPrestates, ToyRollup, toy_state
from tests.unit.devnet.toy.support import L1, inputs, oracle

DEPTH = 24


def make_oracle() -> ToyOracle:
    l1 = L1()
    rollup = ToyRollup(l1)
    return oracle(l1, inputs(rollup, l1.header(7).hash(), 5, rollup.block(6).output.root(), 6))


class Trace:
    def __init__(self, folder: Path, **options: int) -> None:
        self.prestate = ToyPrestates(folder).prestate_path(TOY_PRESTATE)
        self.files = TraceFolder(folder / "trace")
        self.vm = InProcessVm(self.prestate, make_oracle, **options)  # type: ignore[arg-type]
        self.provider = VmTraceProvider(
            self.vm,
            VmPrestateProvider(self.prestate, self.vm),
            self.files,
            DEPTH,
            PreimageLoader(DirectoryPreimageSource(self.files.preimages)),
        )


def test_a_trace_to_the_end_of_the_program(tmp_path: Path) -> None:
    """States by step are the machine's own; after the last one nothing changes."""
    trace = Trace(tmp_path, snapshot_freq=40)
    provider, machine = trace.provider, Machine(toy_state(), make_oracle())
    assert provider.absolute_prestate_commitment() == TOY_PRESTATE
    machine.run(100)
    assert provider.get(Position(DEPTH, 99)) == machine.state_hash()
    witness = machine.prove_step()
    step = provider.get_step_data(Position(DEPTH, 100))
    assert (step.prestate, step.proof, step.preimage) == (witness.state, witness.proof, None)
    assert provider.get(Position(DEPTH, 100)) == machine.state_hash()
    assert sorted(path.name for path in trace.files.snapshots.iterdir()) == [
        "0.bin.gz",
        "40.bin.gz",
        "80.bin.gz",
    ]


def test_the_end_is_what_the_program_says(tmp_path: Path) -> None:
    provider = Trace(tmp_path).provider
    last = provider.get(Position(DEPTH, (1 << DEPTH) - 1))
    assert vm_status(last) is VmStatus.VALID
    assert provider.get(Position(DEPTH, (1 << DEPTH) - 2)) == last


def test_a_program_that_does_not_end_in_time(tmp_path: Path) -> None:
    trace = Trace(tmp_path, max_steps=50)
    trace.provider.get(Position(DEPTH, 30))
    with pytest.raises(VmTimedOut, match="after 50 steps"):
        trace.provider.get(Position(DEPTH, 60))


def test_what_the_program_needs_and_cannot_have_is_no_answer(tmp_path: Path) -> None:
    class Nobody:
        def hint(self, hint: bytes) -> None:
            raise PreimageError(f"{hint!r} is not known")

        def get(self, key: bytes) -> bytes:
            raise PreimageError(f"0x{key.hex()} is not known")

    vm = InProcessVm(ToyPrestates(tmp_path).prestate_path(TOY_PRESTATE), Nobody)
    with pytest.raises(VmFailed, match="not known"):
        vm.generate_proof(tmp_path / "trace", 1 << 23)


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "state.bin.gz").write_bytes(b"else")
    with pytest.raises(FileDamaged):
        InProcessConverter().convert_state_to_proof(tmp_path / "state.bin.gz")
    with pytest.raises(VmFailed):
        InProcessVm(tmp_path / "state.bin.gz", make_oracle).generate_proof(tmp_path / "trace", 3)
    (tmp_path / "file").touch()
    prestate = ToyPrestates(tmp_path).prestate_path(TOY_PRESTATE)
    with pytest.raises(VmFailed):
        InProcessVm(prestate, make_oracle).generate_proof(tmp_path / "file", 3)
