"""``python -m benchmarks [NAME …] [--json] [--seconds S]``: all benchmarks, or those whose name
contains one of the words, with their ratios to the reference's figures.

Rates are per CPU second of this process, medians over runs of a few repetitions. Machines differ
and are noisy: read the ratios, and repeat.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time

from rich.console import Console
from rich.table import Table

from benchmarks import inputs
from benchmarks.cases import CASES, Case, Work

ROUNDS = 7


def measure(work: Work, units: float, seconds: float) -> tuple[float, float, float]:
    """Least, median and greatest rate in units per CPU second."""
    work()
    rates = []
    for _ in range(ROUNDS):
        start = time.process_time()
        repetitions = 0
        while (elapsed := time.process_time() - start) < seconds or not repetitions:
            work()
            repetitions += 1
        rates.append(units * repetitions / elapsed if elapsed else 0.0)
    return min(rates), statistics.median(rates), max(rates)


def run(case: Case, seconds: float) -> dict[str, object]:
    work, units = case.prepare()
    least, median, greatest = measure(work, units, seconds)
    reference = inputs.reference_rate(case.reference, case.unit)
    return {
        "name": case.name,
        "unit": case.unit,
        "min": least,
        "median": median,
        "max": greatest,
        "reference": reference,
        "ratio": median / reference,
        "wanted": case.wanted or None,
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="only benchmarks whose name contains one of these")
    parser.add_argument("--json", action="store_true", help="one JSON object per benchmark")
    parser.add_argument("--seconds", type=float, default=0.25, help="CPU seconds per round")
    arguments = parser.parse_args()
    if not inputs.FOLDER.is_dir():
        print(f"no benchmark inputs at {inputs.FOLDER}: set PYOPROLLUP_BENCH", file=sys.stderr)
        return 2
    table = Table(title="pyoprollup against the Go reference, one core", title_justify="left")
    table.add_column("benchmark")
    for title in ("unit", "ours", "min – max", "reference", "ratio", "wanted"):
        table.add_column(title, justify="right", no_wrap=True)
    for case in CASES:
        if arguments.names and not any(word in case.name for word in arguments.names):
            continue
        result = run(case, arguments.seconds)
        if arguments.json:
            print(json.dumps(result), flush=True)
            continue
        table.add_row(
            case.name,
            case.unit,
            f"{result['median']:,.0f}",
            f"{result['min']:,.0f} – {result['max']:,.0f}",
            f"{result['reference']:,.0f}",
            f"{result['ratio']:.2f}",
            f"{case.wanted:.1f}" if case.wanted else "",
        )
        print(f"{case.name}: {result['ratio']:.2f}", file=sys.stderr)
    if not arguments.json:
        Console(width=120).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
