"""Who wins, and who should."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.challenger.contracts import ProposalStatus
from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.dispute_mon import (
    Agreement,
    EnrichedGame,
    GameAgreement,
    NoticeKind,
    forecast_games,
    forecast_status,
    game_agreement,
)
from pyoprollup.eth.types import ZERO_ADDRESS
from tests.unit.dispute_mon.support import (
    CREATED,
    HONEST,
    LIAR,
    OTHER_ROOT,
    claim,
    common,
    countered,
    fault,
    permissioned,
    root,
    zk,
)

CHALLENGER, DEFENDER = GameStatus.CHALLENGER_WON, GameStatus.DEFENDER_WON
DISAGREE = Agreement(False, OTHER_ROOT)


def claims_status(claims: list[Claim]) -> GameStatus:
    return forecast_status(fault(*claims))


def test_claims() -> None:
    attack, defence = claim(1, 0, 2, HONEST), claim(2, 1, 4)
    assert claims_status([root()]) is DEFENDER
    assert claims_status([root(), attack]) is CHALLENGER
    assert claims_status([root(), attack, defence]) is DEFENDER
    assert claims_status([root(), attack, defence, claim(3, 0, 2, HONEST)]) is CHALLENGER


def test_a_claim_that_was_countered_by_a_step_has_fallen() -> None:
    """Failure 27: there is no claim below it that says so."""
    attack, defence = claim(1, 0, 2, HONEST), claim(2, 1, 4)
    assert claims_status([root(), attack, countered(defence)]) is CHALLENGER
    assert claims_status([root(), countered(attack, LIAR)]) is DEFENDER
    assert claims_status([countered(root())]) is CHALLENGER


@st.composite
def trees(draw: st.DrawFn) -> list[Claim]:
    claims = [root()]
    for index in range(1, draw(st.integers(1, 12))):
        parent = claims[draw(st.integers(0, index - 1))]
        by = HONEST if draw(st.integers(0, 4)) == 0 else ZERO_ADDRESS
        claims.append(claim(index, parent.index, parent.position.attack().gindex, countered_by=by))
    return claims


@given(trees())
def test_claims_against_the_plain_rule(claims: list[Claim]) -> None:
    def stands(claim: Claim) -> bool:
        children = [child for child in claims[1:] if child.parent_index == claim.index]
        return claim.countered_by == ZERO_ADDRESS and not any(map(stands, children))

    assert (claims_status(claims) is DEFENDER) == stands(claims[0])


def test_a_challenged_block_number_is_won_by_the_challenger() -> None:
    assert forecast_status(fault(root(), challenger=HONEST)) is CHALLENGER
    assert forecast_status(fault(root())) is DEFENDER


@pytest.mark.parametrize(
    ("proposal", "parent", "status"),
    [
        (ProposalStatus.UNCHALLENGED, None, DEFENDER),
        (ProposalStatus.CHALLENGED, None, CHALLENGER),
        (ProposalStatus.UNCHALLENGED_AND_PROVEN, GameStatus.IN_PROGRESS, DEFENDER),
        (ProposalStatus.CHALLENGED_AND_PROVEN, DEFENDER, DEFENDER),
        (ProposalStatus.CHALLENGED_AND_PROVEN, CHALLENGER, CHALLENGER),
    ],
)
def test_zk_games(proposal: ProposalStatus, parent: GameStatus | None, status: GameStatus) -> None:
    assert forecast_status(zk(proposal, parent=parent)) is status


@pytest.mark.parametrize("game", [permissioned(), zk(ProposalStatus.RESOLVED)])
def test_what_cannot_be_is_forecast_as_what_should_not_be(game: EnrichedGame) -> None:
    for agreement in (game.common.agreement, DISAGREE):
        seen = replace(game, common=replace(game.common, agreement=agreement))
        assert not game_agreement(seen).correct
        kinds = [notice.kind for notice in forecast_games([seen]).notices]
        assert len(kinds) == 2 and kinds[1] is NoticeKind.UNEXPECTED_FORECAST


CLASSES = [
    (True, DEFENDER, False, GameAgreement.AGREE_DEFENDER_AHEAD, True),
    (True, CHALLENGER, False, GameAgreement.AGREE_CHALLENGER_AHEAD, False),
    (False, DEFENDER, False, GameAgreement.DISAGREE_DEFENDER_AHEAD, False),
    (False, CHALLENGER, False, GameAgreement.DISAGREE_CHALLENGER_AHEAD, True),
    (True, DEFENDER, True, GameAgreement.AGREE_DEFENDER_WINS, True),
    (True, CHALLENGER, True, GameAgreement.AGREE_CHALLENGER_WINS, False),
    (False, DEFENDER, True, GameAgreement.DISAGREE_DEFENDER_WINS, False),
    (False, CHALLENGER, True, GameAgreement.DISAGREE_CHALLENGER_WINS, True),
]


@pytest.mark.parametrize(("agree", "winner", "complete", "wanted", "correct"), CLASSES)
def test_classes(
    agree: bool, winner: GameStatus, complete: bool, wanted: GameAgreement, correct: bool
) -> None:
    found = GameAgreement.of(agree, winner, complete)
    assert found is wanted
    assert (found.agree, found.in_progress, found.correct) == (agree, not complete, correct)


def test_the_newest_proposals() -> None:
    games = [
        fault(root(), index=0, l2_sequence_number=70),
        fault(root(), index=1, agreement=DISAGREE, l2_sequence_number=90, status=CHALLENGER),
        zk(index=2, l2_sequence_number=10**9),
        fault(root(), index=3, l2_sequence_number=60),
    ]
    forecast = forecast_games(games)
    assert forecast.latest_valid_l2_block == 70
    assert forecast.latest_valid_proposal == forecast.latest_invalid_proposal == CREATED
    assert sum(forecast.games.values()) == 4 and forecast.notices == []


def test_a_game_that_the_wrong_side_has_won() -> None:
    game = fault(root(), agreement=DISAGREE, status=DEFENDER)
    (notice,) = forecast_games([game]).notices
    assert notice.kind is NoticeKind.UNEXPECTED_RESULT and notice.game == common().proxy
