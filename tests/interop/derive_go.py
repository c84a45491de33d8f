"""Random scenarios that the reference makes and derives, derived by ours: see ``go_derive/main.go``.

Each scenario has a seed of its own: ``derive gen -seed SEED -n 1`` with the same options makes it again.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from pyoprollup.errors import RollupError
from pyoprollup.eth.types import bytes_from_hex
from pyoprollup.replay.recording import RecordedBlock, load_recording, read_json
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.reference import Reference
from pyoprollup.rollup.time import L1Time
from pyoprollup.rollup.upgrades import Bundle, UpgradeBundles
from pyoprollup.vectors.pipeline_formats import check_scenario
from tests.upgrade_bundles import jovian_bundle

__all__ = ["KARST_BUNDLE", "Batch", "Outcome", "run_batch", "upgrade_bundles"]

KARST_BUNDLE = Path("op-core", "nuts", "bundles", "karst_nut_bundle.json")
"""Where the reference's module has Karst's upgrade transactions."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Scenarios of consecutive seeds, made with these options of ``derive gen``."""

    seed: int
    count: int
    options: tuple[str, ...] = ()
    reference: Reference = Reference.V1_19


@dataclass(slots=True)
class Outcome:
    """What became of a batch."""

    scenarios: int = 0
    left_out: int = 0
    """Scenarios in which the reference misses Holocene: see :func:`_misses_holocene`."""
    blocks: int = 0
    profiles: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        self.scenarios += other.scenarios
        self.left_out += other.left_out
        self.blocks += other.blocks
        self.profiles += other.profiles
        self.events += other.events
        self.differences += other.differences


@cache
def upgrade_bundles(folder: Path) -> UpgradeBundles:
    """The bundles of Jovian and Karst, from a folder that ``derive bundle`` wrote and the module's file."""
    raw = json.loads((folder / "jovian_raw.json").read_text())["transactions"]
    jovian = jovian_bundle(map(bytes_from_hex, raw))
    return UpgradeBundles([jovian, Bundle.load(Fork.KARST, folder / KARST_BUNDLE.name)])


def run_batch(program: Path, bundles: Path, batch: Batch) -> Outcome:
    """Make the scenarios of a batch, and derive each twice: with all of L1 there, and as L1 grows.

    Where L1 grows, the reference is run like that too: before Holocene it fills in blocks earlier when
    it is asked again while it waits for L1.
    """
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as folder:
        numbers = ("-seed", str(batch.seed), "-n", str(batch.count), "-per", str(batch.count))
        _run(program, "gen", *numbers, "-out", folder, *batch.options)
        for path in sorted(Path(folder).glob("*.json.gz")):
            grown = path.with_name("grown.json")
            _run(program, "run", "-grow", "-out", str(grown), str(path))
            at_once, growing = read_json(path)["cases"], read_json(grown)["cases"]
            _check_cases(at_once, growing, upgrade_bundles(bundles), batch, outcome)
    return outcome


def _run(program: Path, *arguments: str) -> None:
    subprocess.run([str(program), *arguments], check=True, capture_output=True)


def _check_cases(
    at_once: Sequence[dict[str, Any]],
    growing: Sequence[dict[str, Any]],
    bundles: UpgradeBundles,
    batch: Batch,
    outcome: Outcome,
) -> None:
    for case, grown in zip(at_once, growing, strict=True):
        outcome.scenarios += 1
        if _misses_holocene(case):
            outcome.left_out += 1
            continue
        outcome.blocks += len(case["derived"])
        outcome.profiles[case["name"].split("-")[1]] += 1
        outcome.events.update(event["event"] for event in case["events"] or ())
        for how, expected in (("all of L1", case), ("growing L1", grown)):
            try:
                check_scenario(expected, bundles, reference=batch.reference, grow=expected is grown)
            except (RollupError, ArithmeticError, LookupError, TypeError, ValueError, AssertionError) as exc:
                what = f"{type(exc).__name__}: {exc}"
                options = " ".join(batch.options)
                outcome.differences.append(f"{case['name']} ({options}; {how}): {what[:600]}")


def _misses_holocene(case: dict[str, Any]) -> bool:
    """Whether Holocene activates between the same two L1 blocks as an earlier fork.

    The reference looks at the first fork that activates there, and so does not change its stages until the
    next reset. Nodes that start at different times disagree then; there is no chain to follow.
    """
    recording = load_recording(case)
    kept = len(recording.blocks) if not recording.reorg else int(case["fork_at_index"])
    chains = [recording.blocks, recording.blocks[:kept] + recording.reorg]
    schedule = recording.config.schedule

    def forks_at(block: RecordedBlock) -> set[Fork]:
        return {fork for fork in Fork if schedule.is_active(fork, L1Time(block.info.ref.time))}

    def gained(blocks: Iterable[RecordedBlock]) -> Iterable[set[Fork]]:
        return (new - old for old, new in pairwise(map(forks_at, blocks)))

    return any(Fork.HOLOCENE in new and min(new) < Fork.HOLOCENE for chain in chains for new in gained(chain))
