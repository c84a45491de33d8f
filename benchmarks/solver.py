"""``python -m benchmarks.solver [--seconds S] [--json]``: our honest player beside op-challenger's.

Both decide about the same tree of claims (``solver_game.json`` of the benchmark inputs), one after the other
in the same run, on one core. Needs Go: the reference's solver is built from ``tests/interop/go_games``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import inputs
from pyoprollup.challenger.game.claims import NO_PARENT, Claim, Game
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.solver import GameSolver
from pyoprollup.challenger.trace.access import SimpleTraceAccessor
from pyoprollup.challenger.trace.alphabet import AlphabetTraceProvider
from pyoprollup.eth.types import address_from_hex, hash_from_hex

PROGRAM = Path(__file__).parents[1] / "tests" / "interop" / "go_games"
ROUNDS = 5


def game_of(tree: dict[str, Any]) -> Game:
    """The tree of the benchmark's file."""
    claims = [
        Claim(
            hash_from_hex(each["value"], "value"),
            Position.from_gindex(int(each["gindex"], 16)),
            NO_PARENT if each["parent"] is None else each["parent"],
            index,
            countered_by=address_from_hex(each["countered_by"], "countered_by"),
        )
        for index, each in enumerate(tree["claims"])
    ]
    return Game(claims, tree["max_depth"])


def ours(path: Path, seconds: float) -> float:
    """Claims per CPU second; the tree is read anew each time, as a player does."""
    tree = json.loads(path.read_text())
    trace = SimpleTraceAccessor(AlphabetTraceProvider(int(tree["start_block"], 16), tree["max_depth"]))
    game = game_of(tree)
    start, rounds = time.process_time(), 0
    while (elapsed := time.process_time() - start) < seconds or not rounds:
        found = GameSolver(trace).calculate_next_actions(Game(game.claims, game.max_depth))
        assert found.error is None and found.actions
        rounds += 1
    return rounds * len(game.claims) / elapsed


def theirs(program: Path, path: Path, seconds: float) -> float:
    """The same of the Go solver."""
    done = subprocess.run([program, "bench", path, str(seconds)], check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout)["claims_per_second"])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.solver", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="CPU seconds per round")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    path = inputs.FOLDER / "solver_game.json"
    if not path.is_file() or shutil.which("go") is None:
        print(f"needs Go, and {path}: set PYOPROLLUP_BENCH", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "games"
        subprocess.run(["go", "build", "-o", program, "."], cwd=PROGRAM, check=True)
        rounds = [
            (ours(path, arguments.seconds), theirs(program, path, arguments.seconds)) for _ in range(ROUNDS)
        ]
    rates = [sorted(each)[ROUNDS // 2] for each in zip(*rounds, strict=True)]
    result = {"unit": "claims/s", "ours": rates[0], "go": rates[1], "ratio": rates[0] / rates[1]}
    if arguments.json:
        print(json.dumps(result))
    else:
        print(f"solver: ours {rates[0]:,.0f} claims/s, Go {rates[1]:,.0f}, ratio {result['ratio']:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
