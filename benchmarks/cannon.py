"""``python -m benchmarks.cannon [NAME …] [--shared FOLDER] [--json]``: our fault-proof VM beside Go's.

Whole programs, each run by the reference's VM in Go, and right after by our compiled engine and by our plain
one, on one core. Rates are steps per CPU second, medians of the rounds, from the first
step on: that a program is loaded, that the reference decodes its code in advance and that ours is compiled
or read from its cache is not in them, but named beside them. "witness" proves each of the first 20,000 steps;
the plain engine makes no more than 200,000 steps. What a program does with its pre-images must be right.

Programs, their pre-images and the sources of the reference's program lie in a folder of reference data beside
the checkout, ``../shared``, or where ``--shared`` says. Without Go the reference's figures are the recorded
ones, of another time and machine, and that is said.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from pyoprollup.cannon.elf import first_state, parse_elf
from pyoprollup.cannon.engine import Engine
from pyoprollup.cannon.engines import can_compile, engine_of
from pyoprollup.cannon.machine import Machine
from pyoprollup.cannon.state import State
from pyoprollup.eth.types import bytes_from_hex

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
FOLDERS = (Path("programs", "elf"), Path("golden", "v2", "programs", "elf"))
PROGRAMS = ("hello", "claim", "multithreaded", "rng")
RECORDED = Path("golden", "v2", "bench_go_vm_v5.json")
PREIMAGES = Path("golden", "cannon_elf64.json")
REFERENCE = Path("go_reference", "cannon")

ROUNDS = 7
PLAIN_STEPS = 200_000
PROVEN_STEPS = 20_000


class Oracle:
    """Pre-images from a table."""

    def __init__(self, table: dict[str, str]) -> None:
        self._table = {bytes_from_hex(key): bytes_from_hex(value) for key, value in table.items()}

    def hint(self, hint: bytes) -> None:
        """Everything is there."""

    def get(self, key: bytes) -> bytes:
        return self._table[key]


@dataclass(frozen=True)
class Rates:
    """Steps per CPU second, medians; 0 for what was not measured."""

    steps: int
    run: float
    witness: float = 0.0
    before: float = 0.0
    """CPU seconds from a loaded state to a machine that can make its first step."""


@dataclass(frozen=True)
class Result:
    name: str
    reference: Rates
    compiled: Rates | None
    plain: Rates


def unpacked_state(path: Path) -> State:
    """The state from which a packed program starts."""
    return first_state(parse_elf(gzip.decompress(path.read_bytes())))


def program(shared: Path, name: str) -> Path:
    """The file of a program."""
    for folder in FOLDERS:
        path = shared / folder / f"{name}.mips64.elf.gz"
        if path.is_file():
            return path
    raise FileNotFoundError(f"there is no program {name} in {shared}: name the folder with --shared")


def preimages(shared: Path) -> dict[str, str]:
    """Those of the program ``claim``, with which it ends well."""
    cases = json.loads((shared / PREIMAGES).read_text())["cases"]
    found: dict[str, str] = next(each["preimages"] for each in cases if each.get("preimages"))
    return found


def _timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def ours(
    path: Path, table: dict[str, str], kind: str, rounds: int, most: int = 1 << 40, proven: int = 0
) -> Rates:
    """The rates of one of our engines."""
    make: Callable[[State], Engine] = engine_of(kind)
    runs, witnesses, before, steps = [], [], [], 0
    for _ in range(rounds):
        state = unpacked_state(path)
        start = time.process_time()
        machine = Machine(state, Oracle(table), engine=make, proofs=False)
        machine.run(0)
        before.append(time.process_time() - start)
        runs.append(_timed(partial(machine.run, most)))
        steps = machine.step_number
        if most > steps and (not machine.exited or machine.exit_code):
            raise AssertionError(f"{path.name} ended with {machine.exit_code} at step {steps}")
        if proven:
            witnesses.append(_proven_rate(Machine(unpacked_state(path), Oracle(table), engine=make), proven))
    rate = statistics.median(steps / each for each in runs)
    witness = statistics.median(witnesses) if witnesses else 0.0
    return Rates(steps, rate, witness, statistics.median(before))


def _proven_rate(machine: Machine, steps: int) -> float:
    machine.state_hash()

    def prove() -> None:
        for _ in range(steps):
            machine.prove_step()

    return steps / _timed(prove)


def recorded(shared: Path) -> dict[str, Any]:
    """The reference's figures of another time and machine."""
    found: dict[str, Any] = json.loads((shared / RECORDED).read_text())
    return found


class Reference:
    """The reference's VM, built for this run; where that cannot be, its recorded figures."""

    def __init__(self, shared: Path, folder: Path) -> None:
        self._shared, self._folder = shared, folder
        self.live = shutil.which("go") is not None and (shared / REFERENCE).is_dir()
        self.found = recorded(shared)
        if self.live:
            build = ["go", "build", "-buildvcs=false", "-trimpath", "-o", str(folder / "vm"), "."]
            subprocess.run(build, cwd=shared / REFERENCE, check=True)

    def rates(self, path: Path) -> Rates:
        """Those of a program."""
        if self.live:
            programs = self._folder / path.name
            programs.mkdir()
            (programs / path.name).symlink_to(path)
            out = self._folder / "out.json"
            files = ["-elf", str(programs), "-golden", str(self._shared / PREIMAGES), "-out", str(out)]
            subprocess.run([self._folder / "vm", "bench", *files], check=True, stdout=subprocess.DEVNULL)
            self.found = json.loads(out.read_text())
        its = self.found[path.name.removesuffix(".gz")]
        return Rates(its["steps"], its["plain_median"], its["witness_median"], its["vm_create_large_cache_s"])

    def name(self) -> str:
        """Which it is, and of when its figures are."""
        when = "measured in this run" if self.live else "RECORDED, of another time and machine"
        return f"{self.found['reference']}, {self.found['go']}, {when}"


def measure(shared: Path, name: str, reference: Reference, rounds: int) -> Result:
    """A program on the reference's VM, and on ours right after."""
    path, table = program(shared, name), preimages(shared)
    rates = reference.rates(path)
    compiled = ours(path, table, "compiled", rounds, proven=PROVEN_STEPS) if can_compile() else None
    if compiled is not None and compiled.steps != rates.steps:
        raise AssertionError(f"{name}: {compiled.steps} steps, the reference makes {rates.steps}")
    return Result(name, rates, compiled, ours(path, table, "plain", 1, most=PLAIN_STEPS))


def shown(results: list[Result]) -> Table:
    """The table of all results."""
    table = Table(title="thousands of steps per CPU second", title_justify="left")
    for title in ("program", "what"):
        table.add_column(title)
    for title in ("reference", "ours", "ratio"):
        table.add_column(title, justify="right")
    for each in results:
        for what, engine, field in (
            ("run, compiled", each.compiled, "run"),
            ("witness, compiled", each.compiled, "witness"),
            ("run, plain", each.plain, "run"),
        ):
            if engine is not None:
                theirs, our = getattr(each.reference, field), getattr(engine, field)
                rates = (f"{theirs / 1e3:,.0f}", f"{our / 1e3:,.0f}", f"{our / theirs:.3g}")
                table.add_row(each.name, what, *rates)
        if each.compiled is not None:
            times = (f"{each.reference.before:.2f}", f"{each.compiled.before:.2f}")
            table.add_row(each.name, "CPU seconds before the run", *times)
    return table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cannon", description=__doc__)
    parser.add_argument("names", nargs="*", default=PROGRAMS, help="only these of the programs")
    parser.add_argument("--shared", type=Path, default=SHARED, help="the folder with reference data")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds of the compiled engine")
    parser.add_argument("--json", action="store_true", help="one JSON object per program")
    arguments = parser.parse_args()
    start = time.process_time()
    shared = arguments.shared.resolve()
    try:
        with tempfile.TemporaryDirectory() as folder:
            reference = Reference(shared, Path(folder))
            results = [measure(shared, name, reference, arguments.rounds) for name in arguments.names]
    except FileNotFoundError as exc:
        print(exc, file=sys.stderr)
        return 2
    note = f"reference: {reference.name()}; {time.process_time() - start:.0f} CPU s of this process"
    if not can_compile():
        note += "; no compiled engine: it needs numba"
    if arguments.json:
        for each in results:
            print(json.dumps({"measured": reference.live, **asdict(each)}))
        print(note, file=sys.stderr)
    else:
        Console().print(shown(results))
        print(note)
    return 0


if __name__ == "__main__":
    sys.exit(main())
