"""Claims and the tree that they form."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.challenger.game.claims import NO_PARENT, Claim, Game, claim_id
from pyoprollup.challenger.game.clock import Clock
from pyoprollup.challenger.game.errors import ClaimNotFound, GameError, PositionError
from pyoprollup.challenger.game.position import ROOT_POSITION, Position
from pyoprollup.errors import RollupError
from pyoprollup.eth.crypto import keccak256
from tests.unit.challenger.game.support import DEPTH, HONEST, LIAR, Tree, lie


def test_all_errors_of_the_rules_are_the_projects() -> None:
    assert issubclass(GameError, RollupError)
    assert issubclass(PositionError, GameError) and issubclass(PositionError, ValueError)
    assert issubclass(ClaimNotFound, GameError)


@pytest.mark.parametrize("index", [1, -1, 7])
def test_claims_stand_at_their_own_index(index: int) -> None:
    tree = Tree()
    tree.claims[0] = replace(tree.claims[0], index=index)
    with pytest.raises(GameError, match="is at place 0"):
        _ = tree.game


@pytest.mark.parametrize("parent", [1, 2, -1, NO_PARENT])
def test_claims_answer_one_before_them(parent: int) -> None:
    tree = Tree()
    tree.claims.append(Claim(lie(), Position(1, 0), parent, 1))
    with pytest.raises(GameError, match="not one before it"):
        _ = tree.game


def test_parents_and_sides() -> None:
    tree = Tree()
    attack = tree.attack(0)
    defence = tree.defend(1)
    game = tree.game
    assert game.parent(game.claims[0]) is None and game.parent(defence) == attack
    assert not game.defends_parent(game.claims[0]) and not game.defends_parent(attack)
    assert game.defends_parent(defence)
    for claim, with_root in ((game.claims[0], True), (attack, False), (defence, True)):
        assert game.agree_with_claim_level(claim, True) is with_root
        assert game.agree_with_claim_level(claim, False) is not with_root


def test_a_claim_of_another_game_has_no_parent_here() -> None:
    game = Tree().game
    with pytest.raises(ClaimNotFound):
        game.parent(Claim(lie(), Position(1, 0), 4, 5))


def test_duplicates_say_the_same_in_answer_to_the_same() -> None:
    tree = Tree()
    first = tree.attack(0, lie(1), LIAR)
    same = replace(first, index=-1, claimant=HONEST, bond=9, clock=Clock(4, 4))
    game = tree.game
    assert game.is_duplicate(same)
    assert not game.is_duplicate(replace(same, value=lie(2)))
    assert not game.is_duplicate(replace(same, parent_index=1))
    assert not game.is_duplicate(replace(same, position=Position(1, 1)))


def test_an_ancestor_by_the_step_that_it_commits_to() -> None:
    tree = Tree()
    last = tree.attack(tree.defend(tree.attack(0).index).index)
    game = tree.game
    for claim in game.claims:
        index = claim.position.trace_index(DEPTH)
        found = game.ancestor_with_trace_index(last, index)
        assert found is not None and found.position.trace_index(DEPTH) == index
    assert game.ancestor_with_trace_index(last, 0) is None
    assert game.ancestor_with_trace_index(last, last.position.trace_index(DEPTH)) == last


def test_the_clock_of_who_would_answer() -> None:
    tree = Tree()
    tree.claims[0] = replace(tree.claims[0], clock=Clock(0, 1_000))
    tree.claims.append(replace(tree.attack(0), clock=Clock(70, 1_070)))
    tree.claims.pop(1)
    game = tree.game
    assert game.chess_clock(1_100, game.claims[0]) == 100
    assert game.chess_clock(1_100, game.claims[1]) == 30


@given(st.integers(1, (1 << 128) - 1), st.binary(min_size=32, max_size=32), st.integers(0, NO_PARENT))
def test_an_id_is_of_position_value_and_parent(gindex: int, value: bytes, parent: int) -> None:
    position = Position.from_gindex(gindex)
    claim = Claim(lie(), position, parent, 3)
    told = claim_id(position, claim.value, parent)
    assert told == keccak256(gindex.to_bytes(256, "big") + claim.value + parent.to_bytes(256, "big"))
    assert (claim_id(position, keccak256(value), parent) == told) == (keccak256(value) == claim.value)


def test_a_root_is_known_by_its_position() -> None:
    game = Game([Claim(lie(), ROOT_POSITION, NO_PARENT, 0)], DEPTH)
    assert game.claims[0].is_root and not game.claims[0].is_countered
    assert replace(game.claims[0], countered_by=LIAR).is_countered
