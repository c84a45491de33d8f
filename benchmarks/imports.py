"""``python -m benchmarks.imports [--rounds N]``: how long modules take to be imported, each in an interpreter
of its own, and whether py-evm is loaded with them.

Times are seconds of the clock, the least of the rounds; the interpreter's own start is not in them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent

MODULES = (
    "pyoprollup.derive",
    "pyoprollup.evm.genesis",
    "pyoprollup.evm.block",
    "pyoprollup.execution.in_process",
    "pyoprollup.cli.main",
)

_PROGRAM = """
import json, sys, time
start = time.perf_counter()
__import__(sys.argv[1])
seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "modules": len(sys.modules), "py_evm": "eth" in sys.modules}))
"""


def measure(module: str) -> dict[str, float]:
    """Import ``module`` in a new interpreter: seconds, modules that are loaded, and whether py-evm is."""
    command = [sys.executable, "-c", _PROGRAM, module]
    result = subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
    measured: dict[str, float] = json.loads(result.stdout)
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    table = Table(title="imports, each in an interpreter of its own", title_justify="left")
    table.add_column("module")
    for title in ("seconds", "modules", "py-evm"):
        table.add_column(title, justify="right")
    for module in MODULES:
        measured = [measure(module) for _ in range(rounds)]
        seconds = min(each["seconds"] for each in measured)
        table.add_row(
            module,
            f"{seconds:.2f}",
            str(measured[0]["modules"]),
            "loaded" if measured[0]["py_evm"] else "no",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
