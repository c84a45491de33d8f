"""Games by resolution, at the edges of their time."""

from __future__ import annotations

import pytest

from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.dispute_mon import NoticeKind, ResolutionStatus, check_resolutions
from pyoprollup.dispute_mon.resolutions import MAX_RESOLVE_DELAY
from tests.unit.dispute_mon.support import CLOCK, CREATED, claim, fault, root

END = CREATED + 2 * CLOCK
WON = GameStatus.DEFENDER_WON


@pytest.mark.parametrize(
    ("status", "resolved", "now", "wanted"),
    [
        (WON, [0, 1], END - 1, ResolutionStatus.COMPLETE_BEFORE_MAX_DURATION),
        (WON, [0, 1], END, ResolutionStatus.COMPLETE_MAX_DURATION),
        (GameStatus.IN_PROGRESS, [0, 1], END - 1, ResolutionStatus.RESOLVABLE_BEFORE_MAX_DURATION),
        (GameStatus.IN_PROGRESS, [0, 1], END, ResolutionStatus.RESOLVABLE_MAX_DURATION),
        (GameStatus.IN_PROGRESS, [1], END - 1, ResolutionStatus.IN_PROGRESS_BEFORE_MAX_DURATION),
        (GameStatus.IN_PROGRESS, [1], END, ResolutionStatus.IN_PROGRESS_MAX_DURATION),
    ],
)
def test_statuses(status: GameStatus, resolved: list[int], now: int, wanted: ResolutionStatus) -> None:
    game = fault(root(), claim(1, 0, 2), resolved=resolved, status=status)
    check = check_resolutions([game], now)
    assert check.statuses == {wanted: 1} and check.notices == []


@pytest.mark.parametrize(("late", "told"), [(MAX_RESOLVE_DELAY, False), (MAX_RESOLVE_DELAY + 1, True)])
def test_a_game_is_overdue_after_a_minute(late: int, told: bool) -> None:
    check = check_resolutions([fault(root(), resolved=[0])], END + late)
    assert [notice.kind for notice in check.notices] == [NoticeKind.GAME_OVERDUE] * told
