"""``contract_calls``: all that the reference's bindings do, and the check finds what differs."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from pyoprollup.vectors.contract_formats import check_contract
from pyoprollup.vectors.core import Mismatch
from pyoprollup.vectors.runner import run_file
from tests.support import shared_json, shared_path

pytestmark = pytest.mark.shared

PARTS = ("golden", "v2", "contract_calls.json.gz")


def test_every_binding_of_the_reference() -> None:
    result = run_file(shared_path(*PARTS))
    assert result.first_failure is None and result.passed == 20


def case(version: str, contract: str = "game") -> dict[str, Any]:
    for each in shared_json(*PARTS)["cases"]:
        if each["contract"] == contract and each.get("version") == version:
            return copy.deepcopy(each)  # type: ignore[no-any-return]
    raise AssertionError(version)


def operation(made: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in made["ops"] if each["op"] == name)  # type: ignore[no-any-return]


def spoil(name: str, change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    made = case("1.4.0")
    change(operation(made, name))
    return made


def _other_block(op: dict[str, Any]) -> None:
    op["calls"][-1]["block"] = "latest"


CHANGES: dict[str, tuple[str, Callable[[dict[str, Any]], None]]] = {
    "value": ("attack", lambda op: op["result"].update(value="0x1")),
    "data": ("step", lambda op: op["result"].update(data="0x")),
    "result": ("credits", lambda op: op.update(result=["0x0", "0x0"])),
    "field": ("extended_metadata", lambda op: op.update(result=op["result"].replace("false", "true"))),
    "error": ("close_game", lambda op: op.update(error="no")),
    "call left over": ("max_clock", lambda op: op["calls"].append(op["calls"][0])),
    "call too much": ("game_range", lambda op: op["calls"].pop()),
    "other block": ("get_all_claims", _other_block),
    "other data": ("is_resolved", lambda op: op["calls"][0].update(data="0x00")),
}


@pytest.mark.parametrize("which", CHANGES)
def test_a_difference_is_found(which: str) -> None:
    name, change = CHANGES[which]
    with pytest.raises(Mismatch, match=f"^{name}:"):
        check_contract(spoil(name, change))


def test_arguments_that_differ_are_found() -> None:
    made = next(
        copy.deepcopy(each) for each in shared_json(*PARTS)["cases"] if each["contract"] == "game_args"
    )
    made["cases"] = [dict(made["cases"][0], l2_chain_id="1")]
    with pytest.raises(Mismatch, match="parsed"):
        check_contract(made)
