"""Games whose claimed block number was proven wrong: expected of wrong roots only.

Specification: fault-proof/stage-one/fault-dispute-game.md, "L2 Block Number Challenge".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pyoprollup.dispute_mon.notices import Notice, NoticeKind
from pyoprollup.dispute_mon.types import FaultGame
from pyoprollup.eth.types import to_hex

__all__ = ["L2ChallengesCheck", "check_l2_challenges"]


@dataclass(slots=True)
class L2ChallengesCheck:
    """How many such games have a root claim that we agree with, and one that we do not."""

    agree: int = 0
    disagree: int = 0
    notices: list[Notice] = field(default_factory=list)


def check_l2_challenges(games: Iterable[FaultGame]) -> L2ChallengesCheck:
    """Count the games among some whose block number was challenged."""
    check = L2ChallengesCheck()
    for game in games:
        if not game.block_number_challenged:
            continue
        if not game.common.agreement.agree:
            check.disagree += 1
            continue
        check.agree += 1
        details = {
            "l2_sequence_number": game.common.l2_sequence_number,
            "challenger": to_hex(game.block_number_challenger),
        }
        check.notices.append(Notice(NoticeKind.VALID_BLOCK_CHALLENGED, game.common.proxy, details))
    return check
