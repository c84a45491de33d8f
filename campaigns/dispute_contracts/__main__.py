"""``python -m campaigns.dispute_contracts [--node-modules FOLDER] [--newest FOLDER] [--games N]``.

Random calls on the contracts of disputes and on the model of them, compared call by call.

Each sequence is played on every origin that there is: our own contracts; the real ones with games 1.2.0 and
1.3.0, which two packages bring; and those with games 2.x, which are compiled from the sources of the
reference's Go module. For the real ones::

    npm ci --ignore-scripts --prefix FOLDER         # FOLDER has the files of campaigns/dispute_contracts/npm
    node campaigns/dispute_contracts/compile.js SOURCES FOLDER/node_modules FOLDER/newest
    python -m campaigns.dispute_contracts --node-modules FOLDER/node_modules --newest FOLDER/newest

SOURCES is ``packages/contracts-bedrock`` of the Go module at v1.19.6 (``go mod download -json`` says where).
Compared are results, reverts to the last byte, events in their order, and after a sequence all balances and
all that getters tell. ``--evm`` is ``pyrevm`` (by default, if it is installed) or ``own``, the engine's. The
exit code is 1 if anything differed; ``--seed`` with the seed of a sequence and ``--games 1`` plays it again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from campaigns.dispute_contracts.run import ORIGINS, Outcome, Packages, play

_BEDROCK, _THANOS = "@eth-optimism/contracts-bedrock", "@tokamak-network/thanos-contracts"
_SHOWN = 10


def packages(node_modules: Path | None, newest: Path | None) -> Packages:
    """Where the real contracts are, as far as they are."""
    if node_modules is None:
        return Packages()
    old, newer = (node_modules / name / "forge-artifacts" for name in (_BEDROCK, _THANOS))
    return Packages(old, newer, newest)


def tasks(options: argparse.Namespace, found: Packages) -> Iterator[tuple[str, str, int, Packages, str]]:
    """All sequences on all origins."""
    origins = [
        origin
        for origin, folder in zip(ORIGINS, (Path(), found.old, found.newer, found.newest), strict=True)
        if folder is not None and origin in (options.origin or ORIGINS)
    ]
    for kind, count in (("games", options.games), ("oracle", options.oracle)):
        for seed in range(options.seed, options.seed + count):
            for origin in origins:
                yield origin, kind, seed, found, options.evm


def play_one(task: tuple[str, str, int, Packages, str]) -> Outcome:
    """One of the tasks, in a process of its own."""
    return play(*task)


def report(outcomes: list[Outcome], seconds: float) -> list[str]:
    """Lines for people."""
    lines = [
        f"DIFFERS {each.kind} {each.seed} on {each.origin}: {each.disagreement}"
        for each in outcomes
        if each.disagreement
    ][:_SHOWN]
    calls: Counter[tuple[str, str]] = Counter()
    for each in outcomes:
        calls.update(each.calls)
    lines += [f"{function:28} {result:40} {count:8}" for (function, result), count in sorted(calls.items())]
    for origin in ORIGINS:
        mine = [each for each in outcomes if each.origin == origin]
        if mine:
            made, views = sum(sum(each.calls.values()) for each in mine), sum(each.views for each in mine)
            wrong = sum(bool(each.disagreement) for each in mine)
            lines.append(f"{origin}: {len(mine)} sequences, {made} calls, {views} getters, {wrong} differ")
    return [*lines, f"{seconds:.0f} s"]


def main(arguments: list[str] | None = None) -> int:
    """Play, print, and say whether all was equal."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(prog="python -m campaigns.dispute_contracts")
    parser.add_argument("--node-modules", type=Path)
    parser.add_argument("--newest", type=Path, help="folder that compile.js has written")
    parser.add_argument("--origin", action="append", choices=ORIGINS, help="only these")
    parser.add_argument("--games", type=int, default=100)
    parser.add_argument("--oracle", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--evm", choices=("pyrevm", "own"), default="")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args(arguments)
    begin = time.monotonic()
    work = tasks(options, packages(options.node_modules, options.newest))
    if options.workers > 1:
        with ProcessPoolExecutor(options.workers) as pool:
            outcomes = list(pool.map(play_one, work, chunksize=8))
    else:
        outcomes = [play_one(task) for task in work]
    print("\n".join(report(outcomes, time.monotonic() - begin)))
    return int(any(outcome.disagreement for outcome in outcomes) or not outcomes)


if __name__ == "__main__":
    sys.exit(main())
