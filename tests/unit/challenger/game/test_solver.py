"""What an honest player answers: in trees made for a purpose, and in any tree."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.challenger.game.actions import ChallengeL2BlockNumber, Move, Step
from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.errors import GameError
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.resolution import resolve
from pyoprollup.challenger.game.rules import broken_rules
from pyoprollup.challenger.game.solver import GameSolver
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.game.trace import L2BlockNumberChallenge, TraceError
from pyoprollup.challenger.trace.access import SimpleTraceAccessor
from pyoprollup.challenger.trace.alphabet import AlphabetTraceProvider
from pyoprollup.errors import Unavailable
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32
from tests.disputes import chain as l2
from tests.unit.challenger.game.support import HONEST, OTHER, Tree, lie, trees

# --- the root


def test_a_true_root_is_left_alone() -> None:
    assert Tree(true_root=True).shown() == []


def test_a_false_root_is_attacked_with_the_truth() -> None:
    tree = Tree(true_root=False)
    (action,) = tree.honest().actions
    assert action == Move(tree.claims[0], True, tree.true(Position(1, 0)))


def test_answers_to_the_root_may_be_steps_at_once() -> None:
    """A game of depth 1 has its first answers where only steps follow."""
    tree = Tree(depth=1, true_root=True)
    tree.attack(0, lie(1))
    (action,) = tree.honest().actions
    assert isinstance(action, Step) and action.is_attack


def test_a_game_without_claims_is_none() -> None:
    solver = GameSolver(Tree().trace)
    with pytest.raises(GameError):
        solver.agree_with_root_claim(Game([], 4))
    assert isinstance(solver.calculate_next_actions(Game([], 4)).error, GameError)


# --- chains of attacks and defences


@pytest.mark.parametrize("true_root", [True, False])
@pytest.mark.parametrize("attacks", [True, False])
def test_liars_are_answered_down_to_a_step(true_root: bool, attacks: bool) -> None:
    """Attack or defend everything, with lies: the honest player has the last word each time."""
    tree = Tree(true_root=true_root)
    tree.play()
    for number in range(1, 10):
        last = tree.claims[-1]
        if last.depth == tree.depth:
            break
        tree.move(last.index, attacks or last.is_root, lie(number))
        tree.play()
    ended = resolve(tree.game)
    assert ended.status is (GameStatus.DEFENDER_WON if true_root else GameStatus.CHALLENGER_WON)
    assert all(not claim.is_countered for claim in ended.claims if claim.claimant == HONEST)


def test_a_true_claim_that_attacks_ours_is_defended() -> None:
    tree = Tree(true_root=False)
    ours = tree.attack(0, claimant=HONEST)
    tree.attack(ours.index)
    assert tree.shown() == [("move", 2, False)]


def test_a_lie_that_defends_ours_is_attacked() -> None:
    tree = Tree(true_root=False)
    ours = tree.attack(0, claimant=HONEST)
    tree.defend(ours.index, lie(1))
    assert tree.shown() == [("move", 2, True)]


def test_steps_execute_the_disputed_instruction() -> None:
    tree = Tree(depth=2, true_root=False)
    ours = tree.attack(0, claimant=HONEST)
    tree.attack(ours.index, lie(1))
    (step,) = tree.honest().actions
    assert isinstance(step, Step) and step.is_attack
    data = tree.provider.get_step_data(Position(2, 0))
    assert (step.prestate, step.proof, step.preimage) == (data.prestate, data.proof, data.preimage)


def test_a_true_claim_at_the_end_is_defended_by_the_next_instruction() -> None:
    tree = Tree(depth=2, true_root=False)
    ours = tree.attack(0, claimant=HONEST)
    tree.attack(ours.index)
    (step,) = tree.honest().actions
    assert isinstance(step, Step) and not step.is_attack
    assert step.prestate == tree.provider.get_step_data(Position(2, 1)).prestate


def test_nobody_steps_twice() -> None:
    tree = Tree(depth=2, true_root=False)
    ours = tree.attack(0, claimant=HONEST)
    tree.attack(ours.index, lie(1))
    tree.claims[2] = replace(tree.claims[2], countered_by=OTHER)
    assert tree.shown() == []


# --- who else plays


def test_what_stands_already_is_not_said_again() -> None:
    tree = Tree(true_root=False)
    tree.attack(0, claimant=OTHER)  # true, and so it is as good as our own
    assert tree.shown() == []
    tree.attack(1, lie(1))
    assert tree.shown() == [("move", 2, True)]


def test_several_honest_players_say_one_thing() -> None:
    tree = Tree(true_root=False)
    tree.attack(0, claimant=OTHER)
    lies = [tree.attack(1, lie(number)).index for number in range(3)]
    assert [answer[1] for answer in tree.shown()] == lies


def test_answers_to_what_is_ignored_are_ignored() -> None:
    tree = Tree(true_root=True)
    tree.attack(0, lie(1))  # ours to answer
    tree.defend(1, lie(2))  # a liar's answer to a liar, to the right of ours
    tree.attack(2, lie(3))
    assert tree.shown() == [("move", 1, True)]


@pytest.mark.parametrize(
    ("freeloader", "is_answered"),
    [("attack", True), ("same", False), ("defend", False)],
)
def test_freeloaders_are_answered_unless_they_are_to_the_right(freeloader: str, is_answered: bool) -> None:
    """Public failure 13: a claim beside ours counts only if it commits to no later step than ours."""
    tree = Tree(true_root=True)
    disputed = tree.attack(0, lie(1))
    tree.attack(disputed.index, claimant=HONEST)
    match freeloader:
        case "attack":
            tree.attack(disputed.index, lie(2))
        case "same":
            tree.attack(disputed.index, lie(3))
            tree.claims[-1] = replace(tree.claims[-1], value=tree.claims[2].value, claimant=OTHER)
        case "defend":
            tree.defend(disputed.index, lie(4))
    assert [claim for _, claim, _ in tree.shown()] == ([3] if is_answered else [])


def test_a_freeloader_left_of_our_defence_is_answered_before_ours_is_posted() -> None:
    """Public failure 13: what we would answer counts as said at once."""
    tree = Tree(true_root=False)
    ours = tree.attack(0, claimant=HONEST)
    true = tree.attack(ours.index)  # we defend it
    tree.attack(true.index, lie(1))  # and somebody attacks it, further left
    assert tree.shown() == [("move", true.index, False), ("move", 3, True)]


def test_freeloaders_at_the_end_are_stepped_on() -> None:
    """Public failure 13: the same at the maximum depth. Of both claims the lie is proven wrong."""
    tree = Tree(depth=2, true_root=True)
    disputed = tree.attack(0, lie(1))
    tree.attack(disputed.index, claimant=HONEST)
    freeloader = tree.attack(disputed.index, lie(2))
    right = tree.defend(disputed.index, lie(3))
    (step,) = tree.honest().actions
    assert isinstance(step, Step) and step.parent == freeloader != right


def test_our_own_claims_inside_of_a_freeloaders_game_are_not_countered() -> None:
    """Public failure 13: neither is a stranger's claim that says what we would."""
    tree = Tree(true_root=True)
    disputed = tree.attack(0, lie(1))
    tree.attack(disputed.index, claimant=HONEST)
    freeloader = tree.attack(disputed.index, lie(2))
    tree.attack(freeloader.index, claimant=HONEST)
    assert tree.shown() == []


# --- what cannot be known


class Failing(AlphabetTraceProvider):
    """An alphabet without some letters."""

    fails_at: frozenset[Position]
    error: type[Exception]

    def get(self, position: Position) -> Hash32:
        if position in self.fails_at:
            raise self.error("made to fail")
        return AlphabetTraceProvider.get(self, position)


@pytest.mark.parametrize("error", [TraceError, Unavailable])
def test_actions_before_the_unknown_stand_and_later_ones_are_not_guessed(error: type[Exception]) -> None:
    tree = Tree(true_root=False)
    ours = tree.attack(0, claimant=HONEST)
    for number in range(3):
        tree.attack(ours.index, lie(number))
    last = tree.claims[-1]
    trace = Failing(0, tree.depth)
    object.__setattr__(trace, "fails_at", frozenset())
    object.__setattr__(trace, "error", error)
    asked = 0

    def get(position: Position) -> Hash32:
        nonlocal asked
        asked += position == last.position
        if asked == 2:
            raise error("made to fail")
        return AlphabetTraceProvider.get(trace, position)

    object.__setattr__(trace, "get", get)
    found = GameSolver(SimpleTraceAccessor(trace)).calculate_next_actions(tree.game)
    assert isinstance(found.error, error)
    assert [action.parent.index for action in found.actions if isinstance(action, Move)] == [2]


def test_an_unknown_root_leads_to_nothing() -> None:
    tree = Tree(true_root=False)

    class Unknown(AlphabetTraceProvider):
        def get(self, position: Position) -> Hash32:
            raise Unavailable(f"nothing is known of {position}")

    found = GameSolver(SimpleTraceAccessor(Unknown(0, tree.depth))).calculate_next_actions(tree.game)
    assert found.actions == () and isinstance(found.error, Unavailable)


# --- the claimed block number


class WrongNumber(AlphabetTraceProvider):
    """An alphabet whose root is of another block than claimed."""

    def get_l2_block_number_challenge(self) -> L2BlockNumberChallenge:
        return L2BlockNumberChallenge(l2.output(5), l2.header(5))


def test_a_wrong_number_is_challenged_and_nothing_else_is_done() -> None:
    """Public failure 20: exactly one action, whatever else stands in the game."""
    tree = Tree(true_root=True)
    tree.attack(0, lie(1))
    found = GameSolver(SimpleTraceAccessor(WrongNumber(0, tree.depth))).calculate_next_actions(tree.game)
    assert found.actions == (ChallengeL2BlockNumber(L2BlockNumberChallenge(l2.output(5), l2.header(5))),)


def test_of_a_false_root_the_number_is_not_asked_for() -> None:
    """Our output has another root, so its header would prove nothing."""
    tree = Tree(true_root=False)
    found = GameSolver(SimpleTraceAccessor(WrongNumber(0, tree.depth))).calculate_next_actions(tree.game)
    assert [type(action) for action in found.actions] == [Move]


# --- in any tree


@given(trees())
@settings(max_examples=200)
def test_no_action_breaks_a_rule(tree: Tree) -> None:
    found = tree.honest()
    assert found.error is None
    for action in found.actions:
        assert list(broken_rules(tree.game, action, tree.trace, HONEST)) == []


@given(trees())
@settings(max_examples=200)
def test_the_honest_side_wins_and_keeps_its_bonds(tree: Tree) -> None:
    """Whatever has been played, once all of it is answered: the truth stands, and no honest claim falls."""
    tree.play()
    ended = resolve(tree.game)
    expected = GameStatus.DEFENDER_WON if tree.true_root else GameStatus.CHALLENGER_WON
    assert ended.status is expected
    honest = [claim for claim in ended.claims if claim.claimant == HONEST]
    assert not any(claim.is_countered for claim in honest)
    assert ended.credits().get(HONEST, 0) >= sum(claim.bond for claim in honest)


@given(trees(), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_a_second_look_finds_the_same(tree: Tree, random: object) -> None:
    """The solver keeps nothing: neither between two looks, nor over a restart in the midst of its answers."""
    actions = tree.honest().actions
    assert tree.honest().actions == actions
    if actions:
        first, *others = actions
        tree.perform(first)
        left = [(type(a), a.parent.index) for a in others if not isinstance(a, ChallengeL2BlockNumber)]
        again = [
            (type(a), a.parent.index)
            for a in tree.honest().actions
            if not isinstance(a, ChallengeL2BlockNumber)
        ]
        assert again == left


def test_thousands_of_claims_are_answered() -> None:
    """A spam of 5,000 claims under one is answered, claim by claim."""
    tree = Tree(depth=8, true_root=False)
    ours = tree.attack(0, claimant=HONEST)
    position = ours.position.attack()
    for number in range(5_000):
        value = keccak256(b"spam %d" % number)
        tree.claims.append(Claim(value, position, ours.index, len(tree.claims), OTHER))
    assert len(tree.honest().actions) == 5_000
