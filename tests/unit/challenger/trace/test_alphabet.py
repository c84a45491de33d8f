"""The alphabet, and the lower traces that need no VM."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.challenger.game.errors import PositionError
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.trace import TraceError
from pyoprollup.challenger.register import GameContext
from pyoprollup.challenger.trace.alphabet import (
    ALPHABET_PRESTATE,
    AlphabetTraceProvider,
    alphabet_prestate_commitment,
    alphabet_state_hash,
)
from pyoprollup.challenger.trace.alphabet_games import AlphabetTraces
from pyoprollup.challenger.trace.permissioned import PermissionedTraces
from pyoprollup.challenger.trace.proposal import Proposal
from pyoprollup.errors import RollupError
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import ZERO_HASH

CONTEXT = GameContext(BlockID(ZERO_HASH, 5), Path(), alphabet_prestate_commitment(), 901)


def test_states_are_an_index_and_a_letter() -> None:
    trace = AlphabetTraceProvider(0, 4)
    assert trace.absolute_prestate_commitment()[0] == 3
    assert trace.get_step_data(Position(4, 0)).prestate == ALPHABET_PRESTATE
    second = trace.get_step_data(Position(4, 1)).prestate
    assert (int.from_bytes(second[:32], "big"), second[-1:]) == (1, b"a")


@given(st.integers(0, 1 << 40), st.integers(1, 8), st.data())
def test_each_step_leads_to_the_next_claim(start: int, depth: int, data: st.DataObject) -> None:
    """As the claim about a step is the hash of the state that the next one begins with."""
    trace = AlphabetTraceProvider(start, depth)
    index = data.draw(st.integers(0, (1 << depth) - 2))
    after = trace.get_step_data(Position(depth, index + 1)).prestate
    assert trace.get(Position(depth, index)) == alphabet_state_hash(after)


def test_a_claim_higher_up_is_about_the_last_step_below_it() -> None:
    trace = AlphabetTraceProvider(3, 4)
    assert trace.get(Position(1, 0)) == trace.get(Position(4, 7)) == trace.get(Position(3, 3))


@pytest.mark.parametrize("position", [Position(5, 0), Position(9, 0)])
def test_deeper_there_is_nothing(position: Position) -> None:
    with pytest.raises(RollupError):
        AlphabetTraceProvider(0, 4).get(position)
    with pytest.raises(PositionError):
        AlphabetTraceProvider(0, 4).get_step_data(position)


def test_behind_the_end_there_is_one_state_and_no_more() -> None:
    trace = AlphabetTraceProvider(0, 4)
    assert trace.get_step_data(Position(4, 15).move_right()).prestate
    with pytest.raises(TraceError):
        trace.get_step_data(Position(4, 17))


def test_a_start_beyond_all_blocks_is_refused() -> None:
    with pytest.raises(TraceError):
        AlphabetTraceProvider(1 << 252, 4).get(Position(4, 0))


def test_games_over_the_alphabet_begin_from_the_agreed_block() -> None:
    traces = AlphabetTraces()
    assert traces.is_validated and traces.absolute_prestate(CONTEXT) == alphabet_prestate_commitment()
    create = traces.creator(CONTEXT)
    assert create(ZERO_HASH, 5, Proposal(30, ZERO_HASH), Proposal(31, ZERO_HASH)) == AlphabetTraceProvider(
        30, 5
    )


def test_permissioned_games_come_to_no_step() -> None:
    traces = PermissionedTraces()
    assert not traces.is_validated
    with pytest.raises(TraceError):
        traces.absolute_prestate(CONTEXT)
    with pytest.raises(TraceError):
        traces.creator(CONTEXT)(ZERO_HASH, 5, Proposal(30, ZERO_HASH), Proposal(31, ZERO_HASH))
