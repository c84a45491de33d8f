"""That the checks of games can fail: each on a case that is right, and then changed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from pyoprollup.replay.recording import read_json
from pyoprollup.vectors.agent_formats import check_act, check_clock
from pyoprollup.vectors.core import CHECKS, Mismatch
from tests.golden import golden_path


def cases(name: str, section: str = "") -> list[Any]:
    found = read_json(golden_path(f"v2/{name}"))["cases"]
    return list(found[section] if section else found)


def one(name: str, section: str, wanted: Callable[[Any], object]) -> Any:
    """A copy of the first case that has what is wanted."""
    return copy.deepcopy(next(case for case in cases(name, section) if wanted(case)))


def fails(name: str, section: str, case: Any) -> None:
    with pytest.raises(Mismatch):
        CHECKS[name, section](case)


def changed(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return "0x" + format(int(value, 16) ^ 1, f"0{len(value) - 2}x")


@pytest.mark.parametrize(
    "field", ["depth", "index_at_depth", "attack", "move_right", "trace_index", "is_root"]
)
def test_positions(field: str) -> None:
    case = copy.deepcopy(cases("positions_v2")[7])
    CHECKS["positions_v2", ""](case)
    case[field] = changed(case[field])
    fails("positions_v2", "", case)


def test_actions_of_a_tree() -> None:
    case = one("solver_v2", "games", lambda case: case["actions"])
    CHECKS["solver_v2", "games"](case)
    fails("solver_v2", "games", case | {"actions": case["actions"][:-1]})
    fails("solver_v2", "games", case | {"agree_with_root": not case["agree_with_root"]})
    fails("solver_v2", "games", case | {"error": "made up"})


def test_a_play_and_its_end() -> None:
    case = one("solver_v2", "plays", lambda case: case["rounds"])
    CHECKS["solver_v2", "plays"](case)
    fails("solver_v2", "plays", case | {"claim_count": case["claim_count"] + 1})
    fails("solver_v2", "plays", case | {"status": "in progress"})


def test_a_resolution() -> None:
    case = one("solver_v2", "resolution", lambda case: len(case["claims"]) > 2)
    CHECKS["solver_v2", "resolution"](case)
    countered = ["0x" + "99" * 20, *case["countered_by"][1:]]
    fails("solver_v2", "resolution", case | {"countered_by": countered})


def test_the_alphabet() -> None:
    case = one("solver_v2", "alphabet", lambda case: case["positions"])
    CHECKS["solver_v2", "alphabet"](case)
    fails("solver_v2", "alphabet", case | {"start_block": 77, "absolute_prestate": "0x" + "00" * 32})


@pytest.mark.parametrize("section", ["claim_ids", "local_context", "queries", "games", "plays"])
def test_split_games(section: str) -> None:
    """A case with any one of its hashes changed is no right one."""
    case = copy.deepcopy(cases("split_games_v2", section)[0])
    CHECKS["split_games_v2", section](case)
    fields = {
        "claim_ids": "id",
        "local_context": "local_context",
        "games": "agree_with_root",
        "plays": "claim_count",
    }
    if section == "queries":
        for query in case["queries"]:
            if query.get("bottom"):
                query["bottom"]["local_context"] = "0x" + "00" * 32
    else:
        case[fields[section]] = changed(case[fields[section]])
    fails("split_games_v2", section, case)


def test_looks_of_the_player() -> None:
    case = one("agent_act", "act", lambda case: case["calls"])
    check_act(case)
    for field, value in (("calls", []), ("elapsed", []), ("delays", [1, 2, 3])):
        with pytest.raises(Mismatch):
            check_act(case | {field: value})


def test_clocks() -> None:
    case = one("agent_act", "clocks", lambda case: case["duration"])
    check_clock(case)
    with pytest.raises(Mismatch):
        check_clock(case | {"duration": case["duration"] + 1})


def test_outputs() -> None:
    case = one("trace_providers", "outputs", lambda _case: True)
    CHECKS["trace_providers", "outputs"](case)
    for field in ("claimed_block", "honest_block", "value"):
        fails("trace_providers", "outputs", case | {field: changed(case[field])})
