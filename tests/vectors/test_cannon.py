"""The reference's vectors of the fault-proof VM pass, crashes included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pyoprollup.cannon.engine import PlainEngine
from pyoprollup.vectors import cannon_programs
from pyoprollup.vectors.runner import run_file
from tests.support import shared_json, shared_path

PLAIN_STEPS = 60_000
"""So many steps of each program in plain Python, to the next snapshot; the whole of it takes half a minute."""


@pytest.fixture
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [shared_path("programs", "elf"), shared_path("golden", "v2", "programs", "elf")]
    monkeypatch.setattr(cannon_programs, "PROGRAM_FOLDERS", folders)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "cases"), [("cannon_step_mt64_v5", 3576), ("cannon_seq_mt64_v5", 120)])
def test_steps_and_runs(name: str, cases: int) -> None:
    result = run_file(shared_path("golden", "v2", f"{name}.json.gz"))
    failure = result.first_failure
    assert failure is None, f"{result.failed} failed, first {failure.name}: {failure.detail}"
    assert result.passed >= cases


def program_cases() -> list[Any]:
    path = Path(__file__).parents[3] / "shared" / "golden" / "v2" / "cannon_elf64_v5.json.gz"
    return shared_json("golden", "v2", "cannon_elf64_v5.json.gz")["cases"] if path.exists() else []


def name_of(case: Any) -> str:
    return "-".join([case["program"].partition(".")[0], *([case["variant"]] if "variant" in case else [])])


@pytest.mark.shared
@pytest.mark.usefixtures("_programs")
@pytest.mark.parametrize("case", program_cases(), ids=name_of)
def test_programs_in_plain_python(case: Any) -> None:
    cannon_programs.run_program(case, PlainEngine, PLAIN_STEPS)
