"""Our pipeline beside the reference's own, on adversarial scenarios of new seeds in each run.

``DERIVE_SCENARIOS`` makes a campaign of it, ``DERIVE_SEED`` repeats one.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

import pytest

from tests.interop.derive_go import KARST_BUNDLE, Batch, Outcome, run_batch, upgrade_bundles
from tests.support import shared_path

pytestmark = pytest.mark.go

SCENARIOS = int(os.environ.get("DERIVE_SCENARIOS", "300"))
SEED = int(os.environ.get("DERIVE_SEED") or secrets.randbelow(1 << 40))
WORKERS = min(2, os.cpu_count() or 1)
PROFILES = {
    *("happy", "frames", "batches", "mixed", "expiry", "sysconfig", "activation"),
    *("drift", "overlap", "timeout", "reorg", "reject", "bpo"),
}
"""What a scenario is mostly about; they take turns. ``spans`` comes when it is asked for."""

KINDS: dict[str, tuple[tuple[str, ...], int]] = {
    "all profiles": ((), 20),
    "sequencer ahead of L1": (("-ahead", "0.5"), 5),
    "spans": (("-profile", "spans", "-ahead", "0.3"), 5),
}
"""Options, and the share of all scenarios in thirtieths."""


@pytest.fixture(scope="module")
def bundles(go_derive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the upgrade transactions of Jovian and Karst."""
    folder = tmp_path_factory.mktemp("bundles")
    subprocess.run([str(go_derive), "bundle", str(folder)], check=True)
    where = ["go", "list", "-m", "-f", "{{.Dir}}", "github.com/ethereum-optimism/optimism"]
    module = Path(__file__).parent / "go_derive"
    answer = subprocess.run(where, cwd=module, capture_output=True, text=True, check=True)
    shutil.copy(Path(answer.stdout.strip()) / KARST_BUNDLE, folder)
    return folder


def batches(seed: int, total: int, options: tuple[str, ...]) -> Iterator[Batch]:
    """At most 50 scenarios each: their files are large."""
    for start in range(0, total, 50):
        yield Batch(seed + start, min(50, total - start), ("-max-fork", "karst", *options))


@pytest.mark.parametrize("kind", KINDS)
def test_scenarios(go_derive: Path, bundles: Path, kind: str) -> None:
    options, share = KINDS[kind]
    total = max(1, SCENARIOS * share // 30)
    work = list(batches(SEED, total, options))
    outcome = Outcome()
    with ProcessPoolExecutor(WORKERS) as pool:
        for part in pool.map(run_batch, repeat(go_derive), repeat(bundles), work):
            outcome.add(part)
    shown = "\n".join(outcome.differences[:5])
    how = f"DERIVE_SEED={SEED} DERIVE_SCENARIOS={SCENARIOS}"
    assert not outcome.differences, f"{len(outcome.differences)} differences ({how}), e.g.\n{shown}"
    assert outcome.scenarios == total
    assert outcome.left_out <= max(3, total // 20)
    assert outcome.blocks > 10 * total
    if total >= 2 * len(PROFILES):
        assert set(outcome.profiles) == ({"spans"} if kind == "spans" else PROFILES)


@pytest.mark.shared
def test_vectors_that_need_bundles(bundles: Path) -> None:
    """Jovian and Karst activate in mid-chain."""
    from pyoprollup.vectors.runner import run_file

    path = shared_path("golden", "v2", "derivation", "new", "bundled_pipeline.json.gz")
    result = run_file(path, upgrade_bundles(bundles))
    assert (result.passed, result.skipped, result.first_failure) == (len(result.results), 0, None)
