"""The reference's vectors of pre-images and traces pass, where they are at hand."""

from __future__ import annotations

import pytest

from pyoprollup.vectors.runner import run_file
from tests.support import shared_path


@pytest.mark.shared
@pytest.mark.parametrize(("name", "cases"), [("keccak_matrix", 64), ("preimage_loader", 19)])
def test_vectors_pass(name: str, cases: int) -> None:
    result = run_file(shared_path("golden", "v2", f"{name}.json.gz"))
    failure = result.first_failure
    assert failure is None, f"{result.failed} failed, first {failure.name}: {failure.detail}"
    assert result.passed >= cases
