"""Ways to play that are not honest: what each of them does in a game, and that a contract would take it."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.challenger.game.actions import Move, Step
from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.game.clock import Clock
from pyoprollup.devnet.dishonest import (
    STRATEGIES,
    DeepLiar,
    Freeloader,
    Seat,
    Spammer,
    Staller,
    Strategy,
    Truthful,
)
from tests.unit.challenger.game.support import HONEST, LIAR, OTHER, Tree, lie, trees

MAX, SPLIT = 1_000, 2


def seated(tree: Tree, kind: type[Strategy], seed: int = 1) -> Strategy:
    seat = Seat(OTHER, HONEST, tree.trace, SPLIT, MAX)
    return kind(seat, Random(seed))


def game_with_honest_answers() -> Tree:
    tree = Tree(depth=5, true_root=False)
    tree.attack(0, claimant=HONEST)
    tree.attack(1, lie(1), LIAR)
    tree.attack(2, claimant=HONEST)
    return tree


def moves(strategy: Strategy, tree: Tree, now: int = 0, looks: int = 40) -> list[Move | Step]:
    """What it does in many looks at the same game."""
    return [action for _ in range(looks) for action in strategy.actions(tree.game, now)]


@given(trees(), st.sampled_from(sorted(STRATEGIES)), st.integers(0, 1 << 32))
@settings(max_examples=150)
def test_all_that_they_do_is_an_answer_that_can_be_made(tree: Tree, name: str, seed: int) -> None:
    strategy = seated(tree, STRATEGIES[name], seed)
    for action in moves(strategy, tree, looks=3):
        parent = action.parent
        assert tree.claims[parent.index] == parent
        assert isinstance(action, Step) == (parent.depth == tree.depth)
        assert action.is_attack or not parent.is_root or isinstance(action, Step)


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_same_chance_is_the_same_game(name: str) -> None:
    tree = game_with_honest_answers()
    first, second = (moves(seated(tree, STRATEGIES[name], 7), tree, MAX - 5) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", STRATEGIES)
def test_nobody_answers_when_time_is_up(name: str) -> None:
    tree = game_with_honest_answers()
    assert moves(seated(tree, STRATEGIES[name]), tree, now=MAX) == []


def is_lie(tree: Tree, action: Move | Step) -> bool:
    assert isinstance(action, Move)
    claim = action.parent.position
    return action.value != tree.true(claim.attack() if action.is_attack else claim.defend())


def test_a_deep_liar_lies_to_each_honest_claim_that_is_not_answered() -> None:
    tree = game_with_honest_answers()
    found = moves(seated(tree, DeepLiar), tree)
    assert {action.parent.index for action in found} == {3}
    assert all(is_lie(tree, action) for action in found)


def test_a_staller_waits_for_the_last_moments_of_its_clock() -> None:
    tree = game_with_honest_answers()
    staller = seated(tree, Staller)
    assert moves(staller, tree, now=MAX - 25) == []
    assert {action.parent.index for action in moves(staller, tree, now=MAX - 24)} == {3}


def test_a_freeloader_stands_where_the_honest_do_or_beside_them() -> None:
    tree = game_with_honest_answers()
    found = moves(seated(tree, Freeloader), tree)
    assert {action.parent.index for action in found} == {0, 1, 2, 3}
    assert {is_lie(tree, action) for action in found} == {True, False}


def test_a_truthful_player_says_what_is_true() -> None:
    tree = game_with_honest_answers()
    found = moves(seated(tree, Truthful), tree)
    assert found and not any(is_lie(tree, action) for action in found)


def test_a_spammer_makes_several_claims_on_the_cheapest() -> None:
    tree = game_with_honest_answers()
    looks = [actions for _ in range(20) if (actions := seated(tree, Spammer, _).actions(tree.game, 0))]
    assert looks and max(map(len, looks)) >= 6
    assert {action.parent.index for actions in looks for action in actions} == {0, 1, 2}


def test_lies_about_a_vm_have_a_status_that_the_contract_takes() -> None:
    tree = Tree(depth=5)
    strategy = seated(tree, DeepLiar)
    below = tree.attack(tree.attack(tree.attack(0, lie(1)).index, lie(2)).index, lie(3)).position
    assert below.depth == SPLIT + 1
    assert {strategy.lie(below, True)[0] for _ in range(50)} == {1}
    assert {strategy.lie(below, False)[0] for _ in range(50)} == {0, 1}


def test_open_are_claims_with_time_left() -> None:
    tree = game_with_honest_answers()
    tree.claims[3] = replace(tree.claims[3], clock=Clock(0, 500))
    open_claims: list[Claim] = seated(tree, DeepLiar).open(tree.game, MAX + 100)
    assert [claim.index for claim in open_claims] == [3]


def test_rates_are_how_often_they_play() -> None:
    tree = game_with_honest_answers()
    strategy = seated(tree, Truthful)
    played = sum(bool(strategy.actions(tree.game, 0)) for _ in range(400))
    assert 200 < played < 280  # 0.6 of them
