"""The rules find what they are there to find: each is broken by an action made for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.challenger.game.actions import Action, ChallengeL2BlockNumber, Move, Step
from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.rules import broken_rules
from pyoprollup.challenger.game.trace import L2BlockNumberChallenge
from pyoprollup.eth.types import Hash32
from tests.disputes import chain as l2
from tests.unit.challenger.game.support import HONEST, LIAR, OTHER, Tree, lie


def broken(tree: Tree, action: Action) -> list[str]:
    return list(broken_rules(tree.game, action, tree.trace, HONEST))


def step(tree: Tree, index: int, is_attack: bool) -> Step:
    """A step with true data."""
    claim = tree.claims[index]
    data = tree.provider.get_step_data(claim.position if is_attack else claim.position.move_right())
    return Step(claim, is_attack, data.prestate, data.proof, data.preimage)


def at_the_end(value: Hash32 | None = None) -> Tree:
    """A false root, our answer, and an attack on it where steps are taken."""
    tree = Tree(depth=2, true_root=False)
    tree.attack(0, claimant=HONEST)
    tree.attack(1, value)
    return tree


def test_a_good_move_and_a_good_step_break_none() -> None:
    tree = Tree(true_root=False)
    assert broken(tree, Move(tree.claims[0], True, tree.true(Position(1, 0)))) == []
    tree = at_the_end(lie(1))
    assert broken(tree, step(tree, 2, True)) == []
    tree = at_the_end()
    assert broken(tree, step(tree, 2, False)) == []


def test_challenges_are_judged_by_the_contract() -> None:
    tree = Tree()
    assert broken(tree, ChallengeL2BlockNumber(L2BlockNumberChallenge(l2.output(1), l2.header(1)))) == []


def test_what_is_answered_must_be_there() -> None:
    tree = Tree()
    claim = Claim(lie(), Position(1, 0), 0, 5)
    assert broken(tree, Move(claim, True, lie(1))) == ["there is no claim 5"]


def test_nobody_counters_himself() -> None:
    tree = Tree(true_root=False)
    ours = tree.attack(0, claimant=HONEST)
    assert "claim 1 is its own" in broken(tree, Move(ours, True, tree.true(Position(2, 0))))


def test_moves_end_above_the_maximum_depth_and_steps_begin_there() -> None:
    tree = at_the_end()
    assert "only steps are possible" in broken(tree, Move(tree.claims[2], True, lie(1)))[0]
    assert "is not at the maximum depth" in broken(tree, step(tree, 1, True))[-1]


def test_the_root_is_not_defended() -> None:
    tree = Tree()
    assert "the root claim cannot be defended" in broken(tree, Move(tree.claims[0], False, lie(1)))


def test_nothing_is_said_twice() -> None:
    tree = Tree(true_root=False)
    said = tree.attack(0, claimant=OTHER)
    (found,) = broken(tree, Move(tree.claims[0], True, said.value))
    assert "stands already" in found


def test_no_step_against_what_is_countered() -> None:
    tree = at_the_end(lie(1))
    tree.claims[2] = replace(tree.claims[2], countered_by=OTHER)
    assert "is countered already" in broken(tree, step(tree, 2, True))[0]


@pytest.mark.parametrize("true", [True, False])
def test_a_step_that_proves_nothing(true: bool) -> None:
    """To attack what is true, or to defend what is false."""
    tree = at_the_end(None if true else lie(1))
    found = broken(tree, step(tree, 2, true))
    assert any("does not counter" in text or "it is wrong" in text for text in found)


def test_a_step_from_another_state() -> None:
    tree = at_the_end()
    good = step(tree, 2, False)
    assert "is not that of claim 2" in broken(tree, replace(good, prestate=bytes(64)))[0]


def test_no_claim_is_built_on_a_wrong_one() -> None:
    """A defence of a lie: from the state that it makes up, the liar could step against us."""
    tree = Tree(true_root=True)
    disputed = tree.attack(0, lie(1))
    (found,) = broken(tree, Move(disputed, False, tree.true(disputed.position.defend())))
    assert "bounds the new claim from the left" in found
    assert tree.claims[1].claimant == LIAR
