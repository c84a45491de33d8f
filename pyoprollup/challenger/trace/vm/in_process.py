"""Our own VM, in this process: for programs that end soon.

It leaves the same files as an executable does. A run cannot be stopped from outside; it has a limit of steps.

Specification: fault-proof/cannon-fault-proof-vm.md.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyoprollup.cannon import CannonError, Machine, State
from pyoprollup.cannon.engine import Engine
from pyoprollup.cannon.engines import engine_of
from pyoprollup.cannon.machine import Oracle
from pyoprollup.cannon.patterns import parse_pattern
from pyoprollup.cannon.running import RunPlan, run_program
from pyoprollup.cannon.state_file import load_state, save_state
from pyoprollup.challenger.trace.vm.disk import write_json
from pyoprollup.challenger.trace.vm.errors import FileDamaged, VmFailed, VmTimedOut
from pyoprollup.challenger.trace.vm.folder import TraceFolder
from pyoprollup.challenger.trace.vm.ports import VM, StateConverter, StateProof
from pyoprollup.challenger.trace.vm.proof_data import ProofData

__all__ = ["InProcessConverter", "InProcessVm"]

DEFAULT_MAX_STEPS = 1 << 30
DEFAULT_SNAPSHOT_FREQ = 1 << 19


class InProcessConverter(StateConverter):
    """Reads state files of our own VM."""

    def convert_state_to_proof(self, path: Path) -> StateProof:
        """The state in a file; raises :class:`FileDamaged`."""
        try:
            machine = Machine(load_state(path), proofs=False)
        except CannonError as exc:
            raise FileDamaged(f"{path}: {exc}") from exc
        proof = ProofData(machine.state_hash(), machine.witness())
        return StateProof(proof, machine.step_number, machine.exited)


class InProcessVm(InProcessConverter, VM):
    """The VM with a program and an oracle.

    ``prestate`` is the file with the program's first state. ``make_oracle`` gives each run what it may ask,
    which knows nothing of earlier runs. Frequencies and limits are in steps.
    """

    def __init__(
        self,
        prestate: Path,
        make_oracle: Callable[[], Oracle],
        *,
        engine: str = "auto",
        snapshot_freq: int = DEFAULT_SNAPSHOT_FREQ,
        max_steps: int = DEFAULT_MAX_STEPS,
    ) -> None:
        self._prestate = prestate
        self._make_oracle = make_oracle
        self._engine: Callable[[State], Engine] = engine_of(engine)
        self._snapshot_freq = snapshot_freq
        self._max_steps = max_steps

    def generate_proof(self, folder: Path, index: int) -> None:
        """Run to the step; see :class:`~pyoprollup.challenger.trace.vm.ports.VM`.

        Raises :class:`VmFailed` where the program does what cannot be done, a pre-image that it needs is
        missing, or files cannot be read or written, and :class:`VmTimedOut` for a program that does not end.
        """
        files = TraceFolder(folder)
        start = files.starting_snapshot(index) or self._prestate
        try:
            for made in (files.snapshots, files.proofs):
                made.mkdir(parents=True, exist_ok=True)
            self._run(files, start, index)
        except CannonError as exc:
            raise VmFailed(f"step {index}: {exc}") from exc
        except OSError as exc:
            raise VmFailed(f"{folder}: {exc}") from exc

    def _run(self, files: TraceFolder, start: Path, index: int) -> None:
        machine = Machine(load_state(start), self._make_oracle(), engine=self._engine)
        last = min(index + 1, self._max_steps)
        plan = RunPlan(
            stop_at=parse_pattern(f"={last}"),
            proof_at=parse_pattern(f"={index}"),
            snapshot_at=parse_pattern(f"%{self._snapshot_freq}"),
        )

        def proof(step: int, found: dict[str, Any]) -> None:
            write_json(files.proof_file(step), found)

        def snapshot(step: int) -> None:
            save_state(files.snapshots / f"{step}.bin.gz", machine.state())

        run_program(machine, plan, proof=proof, snapshot=snapshot, info=lambda: None)
        if not machine.exited and last <= index:
            raise VmTimedOut(f"the program has not ended after {last} steps")
        save_state(files.final_state, machine.state())
