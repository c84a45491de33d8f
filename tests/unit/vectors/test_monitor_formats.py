"""``monitor_games``: all games of the reference, and the check finds what differs."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pyoprollup.vectors.core import Mismatch
from pyoprollup.vectors.monitor_formats import check_monitored_game
from pyoprollup.vectors.runner import run_file
from tests.support import shared_json, shared_path

pytestmark = pytest.mark.shared

PARTS = ("golden", "v2", "monitor_games.json.gz")


def test_every_game_of_the_reference() -> None:
    result = run_file(shared_path(*PARTS))
    assert result.first_failure is None and result.passed == 260


def case(index: int = 7) -> dict[str, Any]:
    return copy.deepcopy(shared_json(*PARTS)["cases"][index])  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("bonds", 0, "resolved"), True),
        (("expected_credits",), {}),
        (("forecast",), "Defender Won"),
        (("credit_withdrawable_at",), 1),
        (("result", "agreement"), "agree_defender_ahead"),
        (("result", "claim_statuses"), {}),
        (("result", "collateral", "required"), "0x1"),
        (("result", "credits"), {}),
        (("result", "honest_bonds", "lost"), "0x1"),
        (("result", "honest_claims", "valid"), 5),
        (("result", "honest_withdrawable"), "0x1"),
        (("result", "resolution"), "complete_max_duration"),
        (("result", "withdrawals_matching_true"), 7),
        (("log",), []),
    ],
)
def test_a_difference_is_found(path: tuple[Any, ...], value: Any) -> None:
    made = case()
    check_monitored_game(made)
    item: Any = made
    for key in path[:-1]:
        item = item[key]
    assert item[path[-1]] != value
    item[path[-1]] = value
    with pytest.raises(Mismatch):
        check_monitored_game(made)


def test_a_line_or_a_value_that_is_not_known_is_a_difference() -> None:
    made = case()
    made["log"].append("warn: Something else")
    with pytest.raises(Mismatch, match="not known"):
        check_monitored_game(made)
    made = case()
    made["result"]["something"] = 1
    with pytest.raises(Mismatch, match="something is not known"):
        check_monitored_game(made)
