"""The golden vectors among the fixtures, for tests that need data of a known outcome."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from pyoprollup.replay.recording import read_json
from tests.support import ROOT

GOLDEN = ROOT / "fixtures" / "golden"
RUST = GOLDEN / "pipeline_rust"


def golden_path(name: str) -> Path:
    """The fixture with this name, which may lead into a folder."""
    return GOLDEN / f"{name}.json.gz"


@cache
def _cases(name: str) -> dict[str, Any]:
    return {case["name"]: case for case in read_json(golden_path(name))["cases"]}


def golden_case(name: str, case: str) -> dict[str, Any]:
    """A case of a ``pipeline_*`` file by name; a copy that may be changed at its top level."""
    return dict(_cases(name)[case])
