"""The reference's vectors of pre-images and traces pass, where they are at hand."""

from __future__ import annotations

import pytest

from pyoprollup.vectors.core import CHECKS
from pyoprollup.vectors.runner import run_file
from tests.support import shared_json, shared_path


@pytest.mark.shared
@pytest.mark.parametrize(("name", "cases"), [("keccak_matrix", 64), ("preimage_loader", 19)])
def test_vectors_pass(name: str, cases: int) -> None:
    result = run_file(shared_path("golden", "v2", f"{name}.json.gz"))
    failure = result.first_failure
    assert failure is None, f"{result.failed} failed, first {failure.name}: {failure.detail}"
    assert result.passed >= cases


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "cases"),
    [
        (("positions.json",), 1),
        (("solver.json",), 1),
        (("split_games.json",), 1),
        (("v2", "positions_v2.json.gz"), 240),
        (("v2", "solver_v2.json.gz"), 630),
        (("v2", "split_games_v2.json.gz"), 434),
        (("v2", "agent_act.json.gz"), 250),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else str(value),
)
def test_vectors_of_games_pass(name: tuple[str, ...], cases: int) -> None:
    result = run_file(shared_path("golden", *name))
    failure = result.first_failure
    assert failure is None, f"{result.failed} failed, first {failure.name}: {failure.detail}"
    assert result.passed >= cases


@pytest.mark.shared
@pytest.mark.parametrize(("section", "cases"), [("outputs", 120), ("super", 60), ("vm_trace", 1)])
def test_sections_of_traces_pass(section: str, cases: int) -> None:
    found = shared_json("golden", "v2", "trace_providers.json.gz")["cases"][section]
    items = found if isinstance(found, list) else [found]
    assert len(items) >= cases
    for case in items:
        CHECKS["trace_providers", section](case)
