"""Traces for a game: the whole one, or that which a claim belongs to."""

from __future__ import annotations

import pytest

from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.errors import PositionError
from pyoprollup.challenger.game.position import ROOT_POSITION, Position
from pyoprollup.challenger.game.trace import TraceProvider
from pyoprollup.challenger.trace.access import Accessor, SimpleTraceAccessor, TranslatingProvider
from pyoprollup.challenger.trace.alphabet import AlphabetTraceProvider
from tests.unit.challenger.game.support import Tree


def test_one_trace_for_the_whole_game() -> None:
    tree = Tree()
    game, root, position = tree.game, tree.claims[0], Position(3, 5)
    access = SimpleTraceAccessor(tree.provider)
    assert access.get(game, root, position) == tree.provider.get(position)
    assert access.get_step_data(game, root, Position(4, 5)) == tree.provider.get_step_data(Position(4, 5))
    assert access.get_l2_block_number_challenge(game) is None


def test_the_trace_is_chosen_by_claim_and_position() -> None:
    tree, asked = Tree(), []
    other = tree.attack(0)

    def select(game: Game, ref: Claim, position: Position) -> TraceProvider:
        asked.append((len(game.claims), ref, position))
        return AlphabetTraceProvider(ref.index, 4)

    access = Accessor(select)
    assert access.get(tree.game, other, Position(2, 1)) == AlphabetTraceProvider(1, 4).get(Position(2, 1))
    access.get_l2_block_number_challenge(tree.game)
    assert asked == [(2, other, Position(2, 1)), (2, tree.claims[0], ROOT_POSITION)]


def test_positions_of_a_lower_game_are_its_own() -> None:
    inner = AlphabetTraceProvider(7, 3)
    outer = TranslatingProvider(inner, 5)
    assert outer.get(Position(5, 21)) == inner.get(ROOT_POSITION)
    assert outer.get(Position(8, 21 << 3 | 6)) == inner.get(Position(3, 6))
    assert outer.get_step_data(Position(8, 21 << 3 | 6)) == inner.get_step_data(Position(3, 6))
    assert outer.absolute_prestate_commitment() == inner.absolute_prestate_commitment()
    assert outer.get_l2_block_number_challenge() is None


def test_above_it_there_is_nothing_of_it() -> None:
    with pytest.raises(PositionError):
        TranslatingProvider(AlphabetTraceProvider(0, 3), 5).get(Position(4, 0))
