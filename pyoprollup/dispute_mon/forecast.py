"""How games end, or would end as they stand, against how they should: does the right side win?

Specification: fault-proof/stage-one/fault-dispute-game.md, "Resolution".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from pyoprollup.challenger.contracts import ProposalStatus
from pyoprollup.challenger.game.bonds import MAX_GAME_DEPTH
from pyoprollup.challenger.game.claims import Game
from pyoprollup.challenger.game.resolution import resolve
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.dispute_mon.notices import Notice, NoticeKind
from pyoprollup.dispute_mon.types import EnrichedGame, FaultGame, SuperPermissionedGame, ZKGame
from pyoprollup.eth.types import to_hex

__all__ = [
    "Forecast",
    "GameAgreement",
    "forecast_games",
    "forecast_status",
    "game_agreement",
]

_CHALLENGER, _DEFENDER = GameStatus.CHALLENGER_WON, GameStatus.DEFENDER_WON


class GameAgreement(Enum):
    """Whether we agree with the root claim, and who has won, or is ahead."""

    AGREE_CHALLENGER_AHEAD = "agree_challenger_ahead"
    DISAGREE_CHALLENGER_AHEAD = "disagree_challenger_ahead"
    AGREE_DEFENDER_AHEAD = "agree_defender_ahead"
    DISAGREE_DEFENDER_AHEAD = "disagree_defender_ahead"
    AGREE_DEFENDER_WINS = "agree_defender_wins"
    DISAGREE_DEFENDER_WINS = "disagree_defender_wins"
    AGREE_CHALLENGER_WINS = "agree_challenger_wins"
    DISAGREE_CHALLENGER_WINS = "disagree_challenger_wins"

    @classmethod
    def of(cls, agree: bool, winner: GameStatus, complete: bool) -> GameAgreement:
        """The class of a game that is won by ``winner``, or would be."""
        side = "defender" if winner is _DEFENDER else "challenger"
        return cls(f"{'agree' if agree else 'disagree'}_{side}_{'wins' if complete else 'ahead'}")

    @property
    def agree(self) -> bool:
        return self.value.startswith("agree")

    @property
    def in_progress(self) -> bool:
        return self.value.endswith("ahead")

    @property
    def correct(self) -> bool:
        """Whether the right side wins: the defender of a right root, the challenger of a wrong one."""
        return self.agree == ("defender" in self.value)


@dataclass(slots=True)
class Forecast:
    """All games by class, and the newest proposals: an L2 block number, and times of creation."""

    games: Counter[GameAgreement] = field(default_factory=Counter)
    latest_valid_l2_block: int = 0
    latest_valid_proposal: int = 0
    latest_invalid_proposal: int = 0
    notices: list[Notice] = field(default_factory=list)


def forecast_games(games: Iterable[EnrichedGame]) -> Forecast:
    """The classes of some games, with a notice for each that the wrong side wins."""
    forecast = Forecast()
    for game in games:
        common, found = game.common, game_agreement(game)
        _note_proposal(forecast, game)
        forecast.games[found] += 1
        forecast.notices += _contradictions(game)
        if not found.correct:
            kind = NoticeKind.UNEXPECTED_FORECAST if found.in_progress else NoticeKind.UNEXPECTED_RESULT
            details = {
                "l2_sequence_number": common.l2_sequence_number,
                "class": found.value,
                "root_claim": to_hex(common.root_claim),
                "expected": to_hex(common.agreement.expected),
            }
            forecast.notices.append(Notice(kind, common.proxy, details))
    return forecast


def game_agreement(game: EnrichedGame) -> GameAgreement:
    """The class that one game is in."""
    complete = game.common.status is not GameStatus.IN_PROGRESS
    winner = game.common.status if complete else forecast_status(game)
    return GameAgreement.of(game.common.agreement.agree, winner, complete)


def _note_proposal(forecast: Forecast, game: EnrichedGame) -> None:
    common = game.common
    if not common.agreement.agree:
        forecast.latest_invalid_proposal = max(forecast.latest_invalid_proposal, common.timestamp)
        return
    forecast.latest_valid_proposal = max(forecast.latest_valid_proposal, common.timestamp)
    if not isinstance(game, ZKGame):
        number = max(forecast.latest_valid_l2_block, common.l2_sequence_number)
        forecast.latest_valid_l2_block = number


def forecast_status(game: EnrichedGame) -> GameStatus:
    """Who wins a game that is in progress, if nothing more is said.

    Where that cannot be told, it is the side that should not, so that somebody looks.
    """
    agree = game.common.agreement.agree
    match game:
        case FaultGame() if game.block_number_challenged:
            return _CHALLENGER
        case FaultGame():
            claims = [enriched.claim for enriched in game.claims]
            return resolve(Game(claims, MAX_GAME_DEPTH)).status
        case ZKGame() if game.parent_status is _CHALLENGER:
            return _CHALLENGER
        case ZKGame(proposal_status=ProposalStatus.CHALLENGED):
            return _CHALLENGER
        case ZKGame() if game.proposal_status is not ProposalStatus.RESOLVED:
            return _DEFENDER
    return _CHALLENGER if agree else _DEFENDER


def _contradictions(game: EnrichedGame) -> list[Notice]:
    """What cannot be of a game in progress."""
    if game.common.status is not GameStatus.IN_PROGRESS:
        return []
    if isinstance(game, SuperPermissionedGame):
        return [Notice(NoticeKind.CANNOT_BE_IN_PROGRESS, game.common.proxy)]
    if isinstance(game, ZKGame) and game.proposal_status is ProposalStatus.RESOLVED:
        return [Notice(NoticeKind.PROPOSAL_CONTRADICTS, game.common.proxy)]
    return []
