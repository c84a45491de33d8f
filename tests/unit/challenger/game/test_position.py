"""Positions: generalized indices, moves, and the steps that claims commit to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.challenger.game.errors import PositionError
from pyoprollup.challenger.game.position import ROOT_POSITION, Position

GINDICES = st.integers(1, (1 << 129) - 1)
POSITIONS = GINDICES.map(Position.from_gindex)


@given(GINDICES)
def test_a_generalized_index_is_depth_and_index(gindex: int) -> None:
    position = Position.from_gindex(gindex)
    assert position.gindex == gindex == (1 << position.depth) + position.index_at_depth
    assert 0 <= position.index_at_depth < 1 << position.depth


@pytest.mark.parametrize("gindex", [0, -1, -(1 << 128)])
def test_there_is_no_position_below_one(gindex: int) -> None:
    with pytest.raises(PositionError):
        Position.from_gindex(gindex)


def test_moves_of_a_small_tree() -> None:
    for gindex, attack, defend in ((2, 4, 6), (4, 8, 10), (6, 12, 14), (5, 10, 10)):
        position = Position.from_gindex(gindex)
        assert position.attack().gindex == attack
        assert position.defend().gindex == defend


@given(POSITIONS)
def test_an_attack_halves_the_trace_and_a_defence_goes_on_behind_it(position: Position) -> None:
    depth = position.depth + 3
    end = position.trace_index(depth)
    assert position.attack().trace_index(depth) == end - 4  # half of the eight steps below
    if position.index_at_depth % 2 == 0 and not position.is_root:
        assert position.defend().trace_index(depth) == end + 4
        assert position.defend().right_of(position)
    assert not position.attack().right_of(position)


@given(POSITIONS, st.integers(0, 130))
def test_a_position_is_one_in_the_tree_below_each_of_its_ancestors(position: Position, depth: int) -> None:
    if depth > position.depth:
        for find in (position.ancestor_at_depth, position.relative_to_ancestor_at_depth):
            with pytest.raises(PositionError):
                find(depth)
        return
    ancestor = position.ancestor_at_depth(depth)
    relative = position.relative_to_ancestor_at_depth(depth)
    assert ancestor.depth == depth and relative.depth == position.depth - depth
    assert (ancestor.index_at_depth << relative.depth) + relative.index_at_depth == position.index_at_depth


def test_past_the_last_position_of_a_depth_is_the_step_after_the_end() -> None:
    last = Position(3, 7)
    beyond = last.move_right()
    assert beyond.trace_index(3) == 8
    assert beyond != ROOT_POSITION and not beyond.is_root


def test_deeper_than_the_game_there_is_no_step() -> None:
    with pytest.raises(PositionError):
        Position(5, 0).trace_index(4)
    assert ROOT_POSITION.trace_index(0) == 0


@pytest.mark.parametrize("depth", [63, 64, 73, 126, 127])
def test_indices_have_more_than_64_bits(depth: int) -> None:
    """Public failure 23: an index that is kept in 64 bits is another one from depth 64 on."""
    last = Position(depth, (1 << depth) - 1)
    assert Position.from_gindex(last.gindex) == last
    assert last.trace_index(depth) == ROOT_POSITION.trace_index(depth) == (1 << depth) - 1
    assert last.attack().index_at_depth == (1 << depth + 1) - 2
    assert last.move_right().index_at_depth == 1 << depth
