"""``pyoprollup vectors``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyoprollup.vectors.core import CHECKS
from tests.golden import golden_path
from tests.unit.cli.support import run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A file that passes and one whose second case does not."""
    good = {"meta": {"file": "output_root"}, "cases": []}
    (tmp_path / "empty.json").write_text(json.dumps(good))
    (tmp_path / "unknown.json").write_text('{"meta": {"file": "nobody"}, "cases": [{}]}')
    (tmp_path / "frames.json.gz").write_bytes(golden_path("frames").read_bytes())
    return tmp_path


def test_all_is_well() -> None:
    lines = run("vectors", "run", golden_path("frames"), golden_path("output_root")).lines
    assert len(lines) == 3
    assert lines[0].split()[:5] == ["ok", "157", "passed", "0", "failed"]
    assert lines[-1] == "197 passed, 0 failed"


def test_failures_are_told_and_counted(folder: Path) -> None:
    lines = run("vectors", "run", folder, folder / "missing.json", code=1).lines
    assert lines[-1] == "157 passed, 3 failed"
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == [
        "FAILED",
        "ok",
        "FAILED",
        "FAILED",
        "157",
    ]
    assert "         format 'nobody', section '' is not known" in lines


def test_json(folder: Path) -> None:
    *files, summary = run("vectors", "run", folder, "--json", code=1).json
    assert summary == {"summary": True, "passed": 157, "failed": 2}
    assert [(Path(item["file"]).name, item["passed"], item["failed"]) for item in files] == [
        ("empty.json", 0, 1),
        ("frames.json.gz", 157, 0),
        ("unknown.json", 0, 1),
    ]
    assert files[1]["first_failure"] is None
    assert files[2]["first_failure"]["case"] == "unknown.json"
    assert "not known" in files[2]["first_failure"]["detail"]


def test_nothing_to_run(tmp_path: Path) -> None:
    assert "no .json or .json.gz file under" in run("vectors", "run", tmp_path, code=1).err


def test_formats() -> None:
    out = run("vectors", "formats").out
    (found,) = run("vectors", "formats", "--json").json
    assert {(name, section) for name in found for section in found[name] or [""]} == set(CHECKS)
    for name, sections in found.items():
        assert name in out
        assert all(section in out for section in sections)
    assert max(map(len, out.splitlines())) <= 100
