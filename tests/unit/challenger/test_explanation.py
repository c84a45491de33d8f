"""A game in words: they say what the solver does, for every claim of every tree."""

from __future__ import annotations

import json

from hypothesis import given, settings

from pyoprollup.challenger.explanation import ClaimSheet, GameFacts, GameSheet, explain_game, shown_action
from pyoprollup.challenger.game.actions import ChallengeL2BlockNumber
from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.resolution import resolve
from pyoprollup.challenger.game.solver import Judgement
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.game.trace import L2BlockNumberChallenge
from pyoprollup.challenger.trace.access import SimpleTraceAccessor
from pyoprollup.errors import Unavailable
from pyoprollup.eth.types import Address, Hash32
from tests.disputes import chain as l2
from tests.unit.challenger.game.support import HONEST, Tree, lie, trees

FACTS = GameFacts(Address(b"\x77" * 20), 255, GameStatus.IN_PROGRESS, 30, 2, 100, 1_000)


class Blind(SimpleTraceAccessor):
    """Knows nothing of what is deeper than ``depth``."""

    def __init__(self, tree: Tree, depth: int) -> None:
        super().__init__(tree.provider)
        self._depth = depth

    def get(self, game: Game, ref: Claim, position: Position) -> Hash32:
        if position.depth > self._depth:
            raise Unavailable("not known")
        return super().get(game, ref, position)


class WrongNumber(SimpleTraceAccessor):
    def get_l2_block_number_challenge(self, _game: Game) -> L2BlockNumberChallenge:
        return L2BlockNumberChallenge(l2.output(3), l2.header(3))


def explained(tree: Tree, trace: SimpleTraceAccessor | None = None) -> GameSheet:
    return explain_game(tree.game, FACTS, trace or tree.trace)


def judgements(sheets: tuple[ClaimSheet, ...]) -> list[Judgement | None]:
    return [each.judgement for each in sheets]


def test_every_reason_has_a_claim() -> None:
    tree = Tree(true_root=True)
    tree.attack(0, lie(1))
    tree.attack(1, claimant=HONEST)
    tree.defend(1, lie(2))
    tree.attack(1, lie(3))
    tree.attack(3, lie(4))
    sheet = explained(tree)
    assert judgements(sheet.claims) == [
        Judgement.OWN,
        Judgement.COUNTERS_OWN,
        Judgement.OWN,
        Judgement.RIGHT_OF_OWN,
        Judgement.BESIDE_OWN,
        Judgement.IGNORED,
    ]
    assert [each.agree for each in sheet.claims] == [True, False, True, False, False, False]
    assert [each.kind for each in sheet.claims] == ["root", "attack", "attack", "defend", "attack", "attack"]
    assert sheet.claims[1].answer == "claim 2 is the answer"
    assert sheet.claims[4].answer == shown_action(sheet.next_actions.actions[0])
    assert sheet.claims[3].answer == sheet.claims[5].answer == ""


def test_a_step_is_announced_and_remembered() -> None:
    tree = Tree(depth=1, true_root=True)
    tree.attack(0, lie(1))
    assert explained(tree).claims[1].answer == "step against claim 1, as an attack"
    tree.play()
    assert explained(tree).claims[1].answer == "it was stepped against"


def test_what_cannot_be_told_is_said() -> None:
    """From the first claim on that nothing is known of, nothing is judged."""
    tree = Tree(true_root=False)
    tree.attack(0)
    tree.attack(1, lie(1))
    sheet = explained(tree, Blind(tree, 1))
    assert [each.agree for each in sheet.claims] == [False, True, None]
    assert judgements(sheet.claims)[2] is None
    assert sheet.notes == ("not all can be told: not known",)


def test_a_wrong_block_number_is_a_note() -> None:
    tree = Tree(true_root=True)
    sheet = explained(tree, WrongNumber(tree.provider))
    assert "one proof ends the game" in sheet.notes[0]
    assert [shown_action(action) for action in sheet.next_actions.actions] == [
        "prove that the claimed block number is wrong"
    ]


def test_a_clock_is_never_over_its_end() -> None:
    assert explained(Tree()).claims[0].elapsed == FACTS.max_clock_duration


@given(trees())
@settings(max_examples=150)
def test_the_words_are_the_solvers(tree: Tree) -> None:
    """Each action is the answer of one claim, and each claim to be countered has an answer."""
    sheet = explained(tree)
    assert sheet.forecast is resolve(tree.game).status
    said = {shown_action(action) for action in sheet.next_actions.actions}
    answers = [each.answer for each in sheet.claims if each.answer in said]
    assert sorted(answers) == sorted(said)
    for each in sheet.claims:
        countered = each.judgement is not None and each.judgement.is_countered
        assert bool(each.answer) <= countered
        if countered and each.claim.depth < tree.depth:
            assert each.answer
    assert not any(isinstance(action, ChallengeL2BlockNumber) for action in sheet.next_actions.actions)
    json.dumps(sheet.to_json())
