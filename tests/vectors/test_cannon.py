"""The reference's vectors of the fault-proof VM pass, crashes included."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.cannon.engine import PlainEngine
from pyoprollup.cannon.engines import can_compile, engine_of
from pyoprollup.vectors import cannon_programs
from pyoprollup.vectors.cannon_formats import run_sequence, run_step
from pyoprollup.vectors.runner import run_file
from tests.support import ROOT, SHARED, shared_json, shared_path
from tests.unit.cli.support import run

PLAIN_STEPS = 60_000
"""So many steps of each program in plain Python; the whole of it takes half a minute."""


EACH = 7
"""Of single steps so many, and one of them, on the compiled machine; ``pyoprollup vectors run`` takes all."""


@pytest.mark.shared
@pytest.mark.parametrize("kind", ["plain", "compiled"])
@pytest.mark.parametrize(
    ("name", "cases", "check"),
    [("cannon_step_mt64_v5", 3576, run_step), ("cannon_seq_mt64_v5", 120, run_sequence)],
    ids=["step", "seq"],
)
def test_steps_and_runs(name: str, cases: int, check: Any, kind: str) -> None:
    if kind == "compiled" and not can_compile():
        pytest.skip("the compiled machine needs numba: the extra fast")
    found = shared_json("golden", "v2", f"{name}.json.gz")["cases"]
    assert len(found) >= cases
    for case in found[:: EACH if kind == "compiled" and check is run_step else 1]:
        check(case, engine_of(kind))


def program_cases() -> list[Any]:
    folder = SHARED / "golden" / "v2"
    if not folder.exists():
        return []
    cases = shared_json("golden", "v2", "cannon_elf64_v5.json.gz")["cases"]
    return [{**case, "folder": str(folder)} for case in cases]


def name_of(case: Any) -> str:
    return "-".join([case["program"].partition(".")[0], *([case["variant"]] if "variant" in case else [])])


@pytest.mark.shared
@pytest.mark.parametrize("case", program_cases(), ids=name_of)
def test_programs_in_plain_python(case: Any) -> None:
    cannon_programs.run_program(case, PlainEngine, PLAIN_STEPS)


@pytest.mark.shared
@pytest.mark.skipif(not can_compile(), reason="the compiled machine needs numba: the extra fast")
@pytest.mark.parametrize("case", program_cases(), ids=name_of)
def test_programs_compiled(case: Any) -> None:
    cannon_programs.run_program(case, engine_of("compiled"))


@pytest.mark.shared
def test_transcript() -> None:
    result = run_file(shared_path("golden", "v2", "preimage_transcript.json.gz"))
    assert result.first_failure is None and result.passed == 1


def unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.name.endswith(".gz") else data


@pytest.mark.shared
def test_commands_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call of the reference's commands, by ours: what is printed, what fails, every byte of every
    file.
    """
    folder = shared_path("golden", "v2", "cannon_files")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in ("tiny.mips64.elf", "preimages.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    host = [sys.executable, "-m", "tests.unit.cannon.host", str(tmp_path / "preimages.json")]
    wanted = json.loads((folder / "calls.json").read_text())
    for call in wanted["calls"]:
        arguments, _, server = (list(part) for part in _cut(call["args"]))
        if "--stop-at-preimage-type" in arguments:
            # The calls were made in one process, in which this option kept its value from the call before.
            arguments += ["--stop-at", "=25"]
        arguments = [str(tmp_path / each) if "." in each else each for each in arguments]
        result = run(
            "cannon", *arguments, *(["--", *host] if server else []), code=1 if "error" in call else 0
        )
        if "error" not in call:
            assert result.out == call["stdout"]
    for name, about in wanted["files"].items():
        data = unpacked(tmp_path / name)
        assert len(data) == about.get("unpacked_size", about["size"]), name
        assert hashlib.sha256(data).hexdigest() == about.get("unpacked_sha256", about["sha256"]), name
    proofs = json.loads(unpacked(folder / "proofs.json.gz"))
    for step, proof in proofs.items():
        assert json.loads((tmp_path / f"proof-{step}.json").read_text()) == proof


def _cut(arguments: list[str]) -> tuple[list[str], list[str], list[str]]:
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:at], arguments[at : at + 1], arguments[at + 1 :]
