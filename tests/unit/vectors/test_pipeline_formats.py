"""Checks of whole derivations: what they compare, and how the engine of the vectors behaves."""

from __future__ import annotations

from copy import deepcopy

import pytest

from pyoprollup.replay.recording import load_recording
from pyoprollup.rollup.reference import Reference
from pyoprollup.vectors.core import Mismatch
from pyoprollup.vectors.pipeline_formats import check_scenario
from pyoprollup.vectors.pipeline_run import PipelineRun
from tests.golden import golden_case

OVERLAP = "1000098-overlap-granite,holocene+3"
REFUSED = "1000010-reject-fjord"


def test_the_two_references_derive_different_chains_from_the_same_l1() -> None:
    newer, older = golden_case("v2/newer_pipeline", OVERLAP), golden_case("v2/newer_pipeline_v116", OVERLAP)
    assert newer["l1_blocks"] == older["l1_blocks"]
    check_scenario(newer)
    check_scenario(older, reference=Reference.V1_16)
    with pytest.raises(Mismatch):
        check_scenario(older)
    with pytest.raises(Mismatch):
        check_scenario(newer, reference=Reference.V1_16)


def test_l1_that_grows_gives_the_same() -> None:
    check_scenario(golden_case("v2/newer_pipeline", OVERLAP), grow=True)


def test_refused_blocks_are_dropped_before_holocene() -> None:
    case = golden_case("v2/refused_pipeline", REFUSED)
    check_scenario(case)
    run = PipelineRun(load_recording(case), reject_modulus=case["engine_reject_modulus"])
    dropped = [item for item in run.derived if item.refused == "dropped"]
    assert dropped and all(item.block is None for item in dropped)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", 999),
        ("is_last_in_span", None),
        ("derived_from", 1),
        ("engine_refused", "replaced"),
        ("block_hash", "0x" + "00" * 32),
    ],
)
def test_every_field_is_compared(field: str, value: object) -> None:
    case = deepcopy(golden_case("v2/newer_pipeline", OVERLAP))
    case["derived"][3][field] = value
    with pytest.raises(Mismatch, match=rf"derived\[3\]\.{field}"):
        check_scenario(case)


def test_events_are_compared() -> None:
    case = deepcopy(golden_case("v2/newer_pipeline", OVERLAP))
    case["events"] = [{"event": "critical", "after_attributes": 3, "error": "", "safe_head_after": None}]
    with pytest.raises(Mismatch, match="events"):
        check_scenario(case)


def test_hidden_transactions_are_compared_by_their_hash() -> None:
    case = deepcopy(golden_case("v2/newer_pipeline", OVERLAP))
    case["derived"][0]["attributes"]["transactions"][0] = "keccak256:0x" + "00" * 32
    with pytest.raises(Mismatch, match=r"transactions\[0\]"):
        check_scenario(case)
