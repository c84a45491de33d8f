"""How games end, by the tree alone and as the contracts do it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.challenger.game.claims import Game
from pyoprollup.challenger.game.errors import GameError
from pyoprollup.challenger.game.resolution import resolve
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.model import Revert
from pyoprollup.eth.types import ZERO_ADDRESS
from tests.unit.challenger.game.support import HONEST, LIAR, OTHER, Tree, lie, trees
from tests.unit.challenger.model.support import ALICE, BOB, CAROL, Contracts, value


def test_an_uncountered_root_stands() -> None:
    ended = resolve(Tree().game)
    assert ended.status is GameStatus.DEFENDER_WON
    assert ended.credits() == {LIAR: 1}


def test_a_game_without_claims_has_no_end() -> None:
    with pytest.raises(GameError):
        resolve(Game([], 4))


def test_who_counters_gets_the_bond() -> None:
    tree = Tree()
    tree.attack(0, claimant=HONEST)
    ended = resolve(tree.game)
    assert ended.status is GameStatus.CHALLENGER_WON
    assert ended.claims[0].countered_by == HONEST
    assert ended.credits() == {HONEST: 1 + 2}


def test_a_countered_counter_counters_nothing() -> None:
    tree = Tree()
    tree.attack(0, lie(1))
    tree.attack(1, claimant=HONEST)
    ended = resolve(tree.game)
    assert [claim.countered_by for claim in ended.claims] == [ZERO_ADDRESS, HONEST, ZERO_ADDRESS]
    assert ended.status is GameStatus.DEFENDER_WON


def test_the_leftmost_of_several_is_paid_and_of_two_at_one_place_the_first() -> None:
    tree = Tree()
    tree.attack(0, lie(1))
    tree.defend(1, lie(2), OTHER)
    tree.attack(1, lie(3), HONEST)
    tree.attack(1, lie(4), OTHER)
    assert resolve(tree.game).claims[1].countered_by == HONEST


def test_a_step_counts_unless_a_claim_stands() -> None:
    tree = Tree(depth=2)
    tree.attack(0, lie(1))
    tree.attack(1, lie(2))
    tree.claims[2] = replace(tree.claims[2], countered_by=OTHER)
    ended = resolve(tree.game)
    assert ended.claims[2].countered_by == OTHER and not ended.claims[1].is_countered
    assert ended.status is GameStatus.CHALLENGER_WON


def test_the_tree_that_is_given_is_left_as_it_is() -> None:
    tree = Tree()
    tree.attack(0, lie(1))
    game = tree.game
    resolve(game)
    assert not game.claims[0].is_countered


@given(trees(honest_plays=False))
@settings(max_examples=100)
def test_no_bond_is_lost_or_made(tree: Tree) -> None:
    ended = resolve(tree.game)
    assert sum(ended.credits().values()) == sum(claim.bond for claim in tree.claims)


@given(trees(honest_plays=False))
@settings(max_examples=100)
def test_a_claim_is_countered_iff_something_below_it_stands(tree: Tree) -> None:
    ended = resolve(tree.game)
    for claim in ended.claims:
        below = [child for child in ended.claims if child.parent_index == claim.index]
        assert claim.is_countered == any(not child.is_countered for child in below)


MOVES = st.lists(
    st.tuples(st.integers(0, 30), st.booleans(), st.sampled_from([ALICE, BOB, CAROL])), max_size=12
)


@given(MOVES)
@settings(max_examples=60)
def test_the_contracts_end_it_the_same_way(moves: list[tuple[int, bool, bytes]]) -> None:
    """Played on the model, and resolved there from the bottom up, claim by claim."""
    contracts = Contracts()
    game = contracts.create()
    for number, (target, attacks, sender) in enumerate(moves):
        parent = game.claims[target % len(game.claims)]
        if parent.depth < 7:
            contracts.later(10)
            is_attack = attacks or parent.is_root
            with suppress(Revert):  # the first claim of a lower game must have another status, at times
                contracts.move(game, parent.index, value(number), sender, is_attack=is_attack)
    forecast = resolve(Game(game.claims, game.limits.max_depth))
    contracts.later(game.limits.max_clock_duration)
    for index in reversed(range(len(game.claims))):
        game.resolve_claim(contracts.call(), index, 512)
    game.resolve(contracts.call())
    assert game.status is forecast.status
    assert [claim.countered_by for claim in game.claims] == [claim.countered_by for claim in forecast.claims]


def test_states_are_said_in_words() -> None:
    assert [str(status) for status in GameStatus] == ["In progress", "Challenger won", "Defender won"]
    assert [int(status) for status in GameStatus] == [0, 1, 2]
