"""Our fault-proof program beside the reference's, on tiny chains with random contracts.

The reference is op-program's client v1.16.11 (``go_program/main.go``). Each seed has six chains (Granite,
Holocene and Isthmus, each with and without a transaction that cannot be executed) and five claims about each.
Verdicts and output roots have to be the same, and so do the pre-images that are asked for: what either
records is enough for the other. Their order is not compared, as Go removes several slots of an account in a
random one. ``PYOPROLLUP_PROGRAMS`` says how many seeds, ``PYOPROLLUP_PROGRAMS_SEED`` which is the first.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from pathlib import Path

import pytest

from pyoprollup.replay.recording import read_json
from pyoprollup.vectors.program_formats import check_verdict, with_preimages

pytestmark = [pytest.mark.go, pytest.mark.slow]

PROGRAMS = int(os.environ.get("PYOPROLLUP_PROGRAMS", "10"))
SEED = int(os.environ.get("PYOPROLLUP_PROGRAMS_SEED") or secrets.randbelow(1 << 40))


def test_the_same_verdicts_by_the_same_pre_images(go_program: Path, tmp_path: Path) -> None:
    for seed in range(SEED, SEED + PROGRAMS):
        path = tmp_path / f"{seed}.json.gz"
        subprocess.run([go_program, str(seed), path], check=True, capture_output=True)
        cases = with_preimages(read_json(path)["cases"])
        assert len(cases) == 30, f"seed {seed}"
        for case in cases:
            asked, _ = check_verdict(case)
            assert sorted(asked) == sorted(case["order"]), f"seed {seed}: {case['name']}"
        path.unlink()
