"""The runner of golden files: what it finds, what it makes of broken files, what a failure says."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.upgrades import UpgradeBundleMissing, UpgradeBundles
from pyoprollup.vectors.core import BUNDLED, CHECKS, Case, Skipped, expect
from pyoprollup.vectors.runner import FileResult, find_files, run_file, run_paths
from tests.golden import RUST, golden_path
from tests.support import ROOT


def _check(case: Case) -> None:
    expect("value", case["expected"], case["value"])


@pytest.fixture(autouse=True)
def _made_up_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHECKS, ("made_up", ""), _check)
    monkeypatch.setitem(CHECKS, ("made_up", "part"), _check)


def _write(path: Path, value: Any) -> Path:
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def _case(value: int, expected: int, **more: Any) -> Case:
    return {"value": value, "expected": expected, **more}


def _failure(result: FileResult) -> str:
    assert result.failed == 1
    assert result.passed == 0
    assert result.first_failure is not None
    return result.first_failure.detail


def test_counts_and_keeps_the_first_difference(tmp_path: Path) -> None:
    cases = [_case(1, 1), _case(2, 3, name="three"), _case(4, 5)]
    path = _write(tmp_path / "a.json", {"meta": {"file": "made_up"}, "cases": cases})
    result = run_file(path)
    assert (result.passed, result.failed) == (1, 2)
    assert result.first_failure is not None
    assert result.first_failure.name == "[1] three"
    assert result.first_failure.detail == "value: expected 3, got 2"


def test_sections_are_checked_each_by_its_own_check(tmp_path: Path) -> None:
    cases = {"part": [_case(1, 1), _case(1, 2)]}
    path = _write(tmp_path / "a.json", {"meta": {"file": "made_up"}, "cases": cases})
    result = run_file(path)
    assert (result.passed, result.failed) == (1, 1)
    assert result.first_failure is not None
    assert result.first_failure.name == "part[1]"


def test_a_file_without_meta_goes_by_its_name(tmp_path: Path) -> None:
    assert run_file(_write(tmp_path / "made_up.json", {"cases": [_case(1, 1)]})).passed == 1
    packed = tmp_path / "made_up.json.gz"
    packed.write_bytes(gzip.compress(b'{"cases": [{"value": 1, "expected": 1}]}'))
    assert run_file(packed).passed == 1


def test_a_crash_of_a_check_is_a_failed_case(tmp_path: Path) -> None:
    path = _write(tmp_path / "made_up.json", {"cases": [{"value": 1}, _case(1, 1)]})
    result = run_file(path)
    assert (result.passed, result.failed) == (1, 1)
    assert result.first_failure is not None
    assert "KeyError" in result.first_failure.detail


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"cases": [{}]}', "not known"),
        ('{"meta": {"file": "nobody"}, "cases": {"part": [{}]}}', "format 'nobody', section 'part'"),
        ('{"meta": {"file": "made_up"}, "cases": {"other": [{}]}}', "section 'other'"),
        ('{"meta": {"file": "made_up"}, "cases": {"part": {}}}', "not a list"),
        ('{"meta": {"file": "made_up"}, "cases": 5}', "neither a list nor sections"),
        ('{"meta": {"file": "made_up"}, "cases": []}', "no case"),
        ('{"meta": {"file": 5}, "cases": [1]}', "not known"),
        ("{}", "no case"),
        ("[]", "expected an object"),
        ("5", "expected an object"),
        ("{", "malformed JSON"),
        ("", "malformed JSON"),
        ('{"cases": NaN}', "NaN"),
        ("[" * 100_000, "nested"),
    ],
)
def test_broken_files_are_failures(tmp_path: Path, content: str, said: str) -> None:
    assert said in _failure(run_file(_write(tmp_path / "a.json", content)))


def test_files_that_cannot_be_read_are_failures(tmp_path: Path) -> None:
    assert "missing.json" in _failure(run_file(tmp_path / "missing.json"))
    packed = tmp_path / "a.json.gz"
    packed.write_bytes(gzip.compress(b'{"cases": []}')[:-6])
    _failure(run_file(packed))
    packed.write_bytes(b"\xff\xfe not text")
    _failure(run_file(packed))


def test_a_scenario_without_its_outcome_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "bedrock-single-zlib.json.gz"
    shutil.copy(RUST / path.name, path)
    assert "expected.jsonl.gz" in _failure(run_file(path))


def test_finds_files_in_folders_and_keeps_paths_that_are_missing(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    for name in ("b.json", "a.json.gz", "c.txt", "d.expected.jsonl.gz"):
        (inner / name).write_bytes(b"")
    missing = tmp_path / "missing.json"
    assert find_files([tmp_path, missing]) == [inner / "a.json.gz", inner / "b.json", missing]
    assert find_files([inner / "c.txt"]) == [inner / "c.txt"]


def test_a_changed_vector_is_noticed(tmp_path: Path) -> None:
    value = json.loads(gzip.decompress(golden_path("pipeline_happy").read_bytes()))
    case = value["cases"][0]
    attributes = case["derived"][3]["attributes"]
    attributes["gasLimit"] = hex(int(attributes["gasLimit"], 16) + 1)
    path = _write(tmp_path / "pipeline_happy.json", value)
    (result,) = run_paths([path])
    assert (result.passed, result.failed) == (len(value["cases"]) - 1, 1)
    assert result.first_failure is not None
    assert result.first_failure.name == f"[0] {case['name']}"
    assert result.first_failure.detail.startswith("derived[3].attributes.gasLimit: expected '0x")


def test_one_case_of_a_pipeline_file_may_stand_alone(tmp_path: Path) -> None:
    value = json.loads(gzip.decompress(golden_path("pipeline_blobs").read_bytes()))
    path = _write(tmp_path / "anything.json", value["cases"][0])
    assert run_file(path).passed == 1


def test_what_cannot_be_checked_is_skipped_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(case: Case) -> None:
        if case["value"] == 0:
            raise Skipped("needs more")
        raise UpgradeBundleMissing(Fork.KARST)

    monkeypatch.setitem(CHECKS, ("made_up", ""), check)
    path = _write(tmp_path / "a.json", {"meta": {"file": "made_up"}, "cases": [_case(0, 0), _case(1, 1)]})
    result = run_file(path)
    assert (result.passed, result.failed, result.skipped) == (0, 0, 2)
    assert result.first_failure is None
    assert result.first_skipped is not None
    assert result.first_skipped.detail == "needs more"
    assert "KARST" in result.results[1].detail


def test_bundles_reach_the_checks_that_use_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[UpgradeBundles | None] = []

    def check(_case: Case, bundles: UpgradeBundles | None = None, /) -> None:
        given.append(bundles)

    monkeypatch.setitem(CHECKS, ("made_up", ""), check)
    monkeypatch.setitem(BUNDLED, ("made_up", ""), check)
    path = _write(tmp_path / "a.json", {"meta": {"file": "made_up"}, "cases": [_case(1, 1)]})
    bundles = UpgradeBundles()
    assert run_file(path, bundles).passed == 1
    assert given == [bundles]


def test_an_executed_recording_is_executed() -> None:
    assert run_file(ROOT / "fixtures" / "executed.json.gz").passed == 1
