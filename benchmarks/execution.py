"""``python -m benchmarks.execution [NUMBER …] [--json] [--rounds N]``: real blocks executed by us and
by py-evm as it is, in turns, and a block that is empty but for its L1 attributes.

The recordings lie in a folder of reference data beside the checkout (``../shared/real/blocks``, or the folder
that ``PYOPROLLUP_BLOCKS`` names). Times are CPU seconds of this process, the least of the rounds; the first
round includes what later ones find in caches. Every block must come to its recorded hash.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pyoprollup.evm.block import Execution
from pyoprollup.evm.oracle import INTERPRETERS
from pyoprollup.evm.recorded import RecordedBlock
from pyoprollup.replay.recording import read_json

_DEFAULT = Path(__file__).resolve().parent.parent.parent / "shared" / "real" / "blocks"
FOLDER = Path(os.environ.get("PYOPROLLUP_BLOCKS", _DEFAULT))


def seconds(block: RecordedBlock, interpreter: str, empty: bool = False) -> float:
    """CPU seconds for executing ``block``; with ``empty``, only its first transaction."""
    attributes = block.attributes
    if empty:
        attributes = replace(attributes, transactions=attributes.transactions[:1])
    execution = Execution(block.config, INTERPRETERS[interpreter])
    start = time.process_time()
    executed = execution.build(block.parent, attributes, block.preimages)
    elapsed = time.process_time() - start
    assert empty or executed.hash == block.header.hash(), f"block {block.header.number} is not exact"
    return elapsed


@dataclass(frozen=True)
class Result:
    """CPU seconds by interpreter: of the first round, and the least."""

    name: str
    gas: int
    first: dict[str, float]
    least: dict[str, float]

    def rate(self, interpreter: str) -> float:
        """Millions of gas per CPU second."""
        return self.gas / self.least[interpreter] / 1e6

    def ratio(self) -> float:
        return self.least["reference"] / self.least["inlined"]


def measure(block: RecordedBlock, rounds: int, empty: bool = False) -> Result:
    times: dict[str, list[float]] = {interpreter: [] for interpreter in INTERPRETERS}
    for _ in range(rounds):
        for interpreter, measured in times.items():
            measured.append(seconds(block, interpreter, empty))
    name = f"{block.header.number}" + (", empty" if empty else "")
    gas = 0 if empty else block.header.gas_used
    first = {interpreter: measured[0] for interpreter, measured in times.items()}
    return Result(name, gas, first, {interpreter: min(measured) for interpreter, measured in times.items()})


def total(results: list[Result]) -> Result:
    first, least = (
        {which: sum(getattr(result, part)[which] for result in results) for which in INTERPRETERS}
        for part in ("first", "least")
    )
    return Result("all blocks", sum(result.gas for result in results), first, least)


def show(results: list[Result]) -> None:
    table = Table(title="execution: ours and py-evm, CPU time of one core", title_justify="left")
    table.add_column("block")
    for title in ("Mgas", "ours ms", "(first)", "py-evm ms", "ours Mgas/s", "py-evm Mgas/s", "ratio"):
        table.add_column(title, justify="right", no_wrap=True)
    for result in results:
        rates = [f"{result.rate(which):.1f}" if result.gas else "" for which in INTERPRETERS]
        ours, reference = (1000 * result.least[which] for which in INTERPRETERS)
        first = 1000 * result.first["inlined"]
        times = (f"{ours:,.1f}", f"{first:,.1f}", f"{reference:,.1f}")
        table.add_row(result.name, f"{result.gas / 1e6:.2f}", *times, *rates, f"{result.ratio():.2f}")
    Console(width=120).print(table)


def as_json(result: Result) -> str:
    times = {which: {"first": result.first[which], "least": result.least[which]} for which in INTERPRETERS}
    rates = {which: result.rate(which) for which in INTERPRETERS} if result.gas else None
    return json.dumps(
        {"block": result.name, "gas": result.gas, "seconds": times, "mgas": rates, "ratio": result.ratio()}
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.execution", description=__doc__)
    parser.add_argument("numbers", nargs="*", help="only these blocks")
    parser.add_argument("--json", action="store_true", help="one JSON object per block")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    paths = sorted(FOLDER.glob("block-*.json.gz"))
    if arguments.numbers:
        paths = [path for path in paths if any(number in path.name for number in arguments.numbers)]
    if not paths:
        print(f"no recorded blocks in {FOLDER}: set PYOPROLLUP_BLOCKS", file=sys.stderr)
        return 2
    blocks = [RecordedBlock.from_json(read_json(path)) for path in paths]
    results = [measure(block, arguments.rounds) for block in blocks]
    results.append(total(results))
    results.append(measure(blocks[-1], 10, empty=True))
    if arguments.json:
        for result in results:
            print(as_json(result))
    else:
        show(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
