"""Whether games are resolved when they can be: complete, resolvable or in progress, and how late it is.

Specification: fault-proof/stage-one/fault-dispute-game.md, "Resolution".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.dispute_mon.notices import Notice, NoticeKind
from pyoprollup.dispute_mon.types import FaultGame

__all__ = ["MAX_RESOLVE_DELAY", "ResolutionStatus", "ResolutionsCheck", "check_resolutions"]

MAX_RESOLVE_DELAY = 60
"""Seconds in which somebody may resolve a game before it counts as overdue."""


class ResolutionStatus(Enum):
    """Completion, and whether both clocks together have run out: the values are the two labels."""

    COMPLETE_MAX_DURATION = "complete", "max_duration"
    COMPLETE_BEFORE_MAX_DURATION = "complete", "before_max_duration"
    RESOLVABLE_MAX_DURATION = "resolvable", "max_duration"
    RESOLVABLE_BEFORE_MAX_DURATION = "resolvable", "before_max_duration"
    IN_PROGRESS_MAX_DURATION = "in_progress", "max_duration"
    IN_PROGRESS_BEFORE_MAX_DURATION = "in_progress", "before_max_duration"


@dataclass(slots=True)
class ResolutionsCheck:
    """All games with claims, by status."""

    statuses: Counter[ResolutionStatus] = field(default_factory=Counter)
    notices: list[Notice] = field(default_factory=list)


def check_resolutions(games: Iterable[FaultGame], now: int) -> ResolutionsCheck:
    """Look at how far the resolution of some games is."""
    check = ResolutionsCheck()
    for game in games:
        over = now - game.common.timestamp - 2 * game.max_clock_duration
        if game.common.status is not GameStatus.IN_PROGRESS:
            completion = "complete"
        elif all(enriched.resolved for enriched in game.claims):
            completion = "resolvable"
            if over > MAX_RESOLVE_DELAY:
                details = {"delay": over}
                check.notices.append(Notice(NoticeKind.GAME_OVERDUE, game.common.proxy, details))
        else:
            completion = "in_progress"
        check.statuses[
            ResolutionStatus((completion, "max_duration" if over >= 0 else "before_max_duration"))
        ] += 1
    return check
