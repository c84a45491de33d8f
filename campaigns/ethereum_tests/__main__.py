"""``python -m campaigns.ethereum_tests PATH… [--only WORD] [--interpreter NAME] [--workers N]``: ethereum's
tests of execution on the engine's EVM.

Takes blockchain tests and state tests, of the tests repository and of the execution spec tests, as files or
folders of ``.json`` and ``.json.gz``. It runs all that concerns execution and nothing but L1: forks from the
merge to Osaka, without blobs, withdrawals and requests. What it leaves out is counted apart, by kind. Blocks
run as L1's: base fee burned, no fees for data, no limits of the OP Stack on precompiles.

The exit code is 1 if a case failed, 2 if there was none to run.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from campaigns.ethereum_tests.cases import run_file
from campaigns.ethereum_tests.verdict import Result, Verdict
from pyoprollup.evm.oracle import INTERPRETERS

_SHOWN_FAILURES = 40


def fixture_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files themselves, and all below the folders, in order."""
    for path in paths:
        if path.is_dir():
            found = (*path.rglob("*.json"), *path.rglob("*.json.gz"))
            yield from sorted(item for item in found if not item.name.startswith("."))
        else:
            yield path


def run_path(path: Path, interpreter: str = "inlined", only: str = "") -> list[Result]:
    """Results of the cases in a file; one that says so if it cannot be read."""
    try:
        content = path.read_bytes()
        value = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
    except (OSError, EOFError, ValueError) as exc:
        return [Result(str(path), Verdict.FAILED, f"cannot be read: {exc}")]
    return list(run_file(value, INTERPRETERS[interpreter], only))


def summary(results: Sequence[Result]) -> list[str]:
    """Lines for people: how many there were of what, and the first failures."""
    count = Counter(result.verdict for result in results)
    apart = Counter(result.detail for result in results if result.verdict is Verdict.APART)
    failures = [result for result in results if result.verdict is Verdict.FAILED]
    lines = [f"FAILED {result.name}: {result.detail}" for result in failures[:_SHOWN_FAILURES]]
    if len(failures) > _SHOWN_FAILURES:
        lines.append(f"... and {len(failures) - _SHOWN_FAILURES} more")
    lines.append(
        f"{count[Verdict.PASSED]} passed, {count[Verdict.FAILED]} failed, {count[Verdict.APART]} apart"
    )
    return lines + [f"  apart: {kind}: {number}" for kind, number in apart.most_common()]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m campaigns.ethereum_tests", description=__doc__)
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="fixture files, or folders of them"
    )
    parser.add_argument("--only", default="", help="only cases whose name contains this")
    parser.add_argument("--interpreter", choices=list(INTERPRETERS), default="inlined")
    parser.add_argument("--workers", type=int, default=1, help="processes to run files in")
    options = parser.parse_args(arguments)
    run = partial(run_path, interpreter=options.interpreter, only=options.only)
    files = list(fixture_files(options.paths))
    if options.workers > 1:
        with ProcessPoolExecutor(options.workers) as pool:
            results = [result for some in pool.map(run, files, chunksize=4) for result in some]
    else:
        results = [result for path in files for result in run(path)]
    print("\n".join(summary(results)))
    if any(result.verdict is Verdict.FAILED for result in results):
        return 1
    return 0 if any(result.verdict is Verdict.PASSED for result in results) else 2


if __name__ == "__main__":
    sys.exit(main())
