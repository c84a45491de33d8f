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
@pytest.mark.parametrize(("section", "cases"), [("super", 60), ("vm_trace", 1)])
def test_sections_of_traces_pass(section: str, cases: int) -> None:
    found = shared_json("golden", "v2", "trace_providers.json.gz")["cases"][section]
    items = found if isinstance(found, list) else [found]
    assert len(items) >= cases
    for case in items:
        CHECKS["trace_providers", section](case)
