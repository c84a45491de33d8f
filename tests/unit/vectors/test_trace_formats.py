"""That the checks of traces can fail: each on a case that is right, and then changed."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.super_root import ChainIDAndOutput, SuperV1, super_root
from pyoprollup.eth.types import Hash32, to_hex
from pyoprollup.vectors import runner
from pyoprollup.vectors.core import Mismatch
from pyoprollup.vectors.trace_formats import check_super, check_vm_trace

HASH = "0x" + "11" * 32


def super_case() -> dict[str, Any]:
    output = SuperV1.of(1001, ChainIDAndOutput(10, Hash32(b"\x11" * 32)))
    root = {
        "current_l1": 51,
        "optimistic": {"10": {"block_hash": HASH, "output_root": HASH, "required_l1": 50}},
        "super": to_hex(output.marshal()),
        "super_root": to_hex(super_root(output)),
        "verified_required_l1": 50,
    }
    behind = {"current_l1": 50, "optimistic": None}
    query = {"gindex": hex((1 << 10) + 127), "timestamp": 1001, "step": 0}
    return {
        "game_depth": 10,
        "l1_head": 50,
        "prestate_timestamp": 1000,
        "poststate_timestamp": 1001,
        "roots": {"1000": behind, "1001": root},
        "queries": [
            {
                **query,
                "preimage": to_hex(output.marshal()),
                "value": to_hex(keccak256(output.marshal())),
            },
            {"gindex": hex(1 << 10), "timestamp": 1000, "step": 1, "error": "behind"},
        ],
    }


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("queries", 0, "step"), 1, "step"),
        (("queries", 0, "value"), HASH, "value"),
        (("queries", 0, "preimage"), "0x01", "preimage"),
        (("queries", 0, "error"), "none", "failed"),
        (("roots", "1001", "super_root"), HASH, "super_root"),
        (("roots", "1001", "current_l1"), 50, "failed"),
        (("roots", "1001", "verified_required_l1"), 51, "preimage"),
        (("l1_head",), 49, "preimage"),
    ],
)
def test_super(path: tuple[Any, ...], value: Any, field: str) -> None:
    check_super(super_case())
    with pytest.raises(Mismatch, match=field):
        check_super(changed(super_case(), path, value))


def changed(case: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    case = copy.deepcopy(case)
    inner: Any = case
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return case


def vm_case() -> dict[str, Any]:
    def step(index: int, length: int, state: int) -> dict[str, Any]:
        status = "00" if state == 3 else "03"
        return {
            "gindex": hex(16 + index),
            "trace_index": index,
            "value": f"0x{status}" + f"{state:062x}",
            "state": f"0x{min(index, 3):04x}",
            "proof_len": length,
            "proof_keccak": HASH,
        }

    read = {"key": "0x01" + "00" * 31, "data": "0x" + "00" * 7 + "01" + "aa", "local": True, "offset": 8}
    return {
        "game_depth": 4,
        "snapshot_freq": 2,
        "steps": [{**step(1, 6, 2), "oracle": read}, step(2, 6, 3), step(3, 0, 3), step(9, 0, 3)],
        "files": [
            "final.bin.gz",
            *[f"proofs/{index}.json.gz" for index in (1, 2, 3)],
            "snapshots/0.bin.gz",
            "snapshots/2.bin.gz",
            "state.json.gz",
        ],
    }


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("steps", 3, "value"), HASH, "step 9.value"),
        (("steps", 3, "state"), "0x0102", "step 9.state"),
        (("steps", 3, "proof_len"), 6, "step 9.has proof"),
        (("steps", 0, "trace_index"), 2, "trace_index"),
        (("steps", 0, "oracle", "local"), False, "step 1.oracle"),
        (("files", 5), "snapshots/1.bin.gz", "files"),
        (("snapshot_freq",), 5, "files"),
    ],
)
def test_vm_trace(path: tuple[Any, ...], value: Any, field: str) -> None:
    check_vm_trace(vm_case())
    with pytest.raises(Mismatch, match=field):
        check_vm_trace(changed(vm_case(), path, value))


def test_a_section_may_be_a_single_case(tmp_path: Any) -> None:
    import json

    path = tmp_path / "trace_providers.json"
    path.write_text(json.dumps({"meta": {"file": "trace_providers"}, "cases": {"vm_trace": vm_case()}}))
    result = runner.run_file(path)
    assert [(item.name, item.passed) for item in result.results] == [("vm_trace", True)]
    path.write_text(json.dumps({"meta": {"file": "trace_providers"}, "cases": {"unheard_of": {}}}))
    assert runner.run_file(path).failed == 1
