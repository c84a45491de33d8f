"""``python -m campaigns.vm_contract GOLDEN [--evm own|pyrevm] [--random STEPS]``.

Steps of the fault-proof VM on its contract, each of which must lead to the state that the reference or our
own machine has then, or revert where that fails.

GOLDEN has the reference's vectors: ``cannon_step_mt64_v5.json.gz`` (single steps; the contract's reason must
be the reference's), ``cannon_files`` (a small program, step by step), ``cannon_seq_mt64_v5.json.gz`` (random
code) and ``cannon_elf64_v5.json.gz`` (programs, at the steps that were proven). The last two, and random code
of our own, are run on ``pyoprollup.cannon``, which makes the proofs, and are left out if that is not there.
The exit code is 1 if anything differed. ``--evm`` is ``pyrevm`` by default if it is installed, else the
engine's: six times as slow.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from campaigns.dispute_contracts.evm import new_evm
from campaigns.vm_contract.cases import Step, file_steps, vector_steps
from campaigns.vm_contract.contract import VmContract
from campaigns.vm_contract.machine import program_steps, random_steps, sequence_steps

KINDS = ("files", "steps", "sequences", "programs", "random")
_SHOWN = 10
_CALLS = 2_000
"""Before there is a new EVM: pyrevm keeps something of every call."""


def _load(folder: Path, name: str) -> Any:
    return json.loads(gzip.decompress(folder.joinpath(f"{name}.json.gz").read_bytes()))


def _steps(kind: str, options: argparse.Namespace) -> Iterator[Step]:
    folder: Path = options.golden
    made: dict[str, Callable[[], Iterator[Step]]] = {
        "files": lambda: file_steps(_load(folder, "cannon_files/proofs")),
        "steps": lambda: vector_steps(_load(folder, "cannon_step_mt64_v5")["cases"]),
        "sequences": lambda: sequence_steps(_load(folder, "cannon_seq_mt64_v5")["cases"]),
        "programs": lambda: program_steps(_load(folder, "cannon_elf64_v5")["cases"], folder),
        "random": lambda: random_steps(options.seed, options.random),
    }
    return made[kind]()


def main(arguments: list[str] | None = None) -> int:
    """Run, print, and say whether all was equal."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(prog="python -m campaigns.vm_contract")
    parser.add_argument("golden", type=Path)
    parser.add_argument("--only", action="append", choices=KINDS)
    parser.add_argument("--random", type=int, default=10_000, help="steps of random code")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--evm", choices=("pyrevm", "own"), default="")
    options = parser.parse_args(arguments)
    differ = 0
    for kind in options.only or KINDS:
        begin, done, reverted = time.monotonic(), 0, 0
        for step in _steps(kind, options):
            if done % _CALLS == 0:
                contract = VmContract(new_evm(options.evm))
            done += 1
            reverted += step.post is None
            if found := contract.difference(step):
                differ += 1
                if differ <= _SHOWN:
                    print(f"DIFFERS {step.name}: {found}")
        print(f"{kind}: {done} steps, {reverted} of them revert, {time.monotonic() - begin:.0f} s")
    print(f"{differ} differ")
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main())
