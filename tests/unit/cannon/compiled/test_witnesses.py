"""The ``witnesses`` that are compiled beside those of ``State``."""

from __future__ import annotations

from hypothesis import given, settings

from pyoprollup.cannon.state import State
from tests.unit.cannon.compiled.support import CompiledEngine
from tests.unit.cannon.test_engine import STATES


@settings(max_examples=40)
@given(STATES)
def test_witnesses(state: State) -> None:
    engine = CompiledEngine(state)
    assert engine.state() == state or engine.state().witness() == state.witness()
    assert engine.witness() == state.witness()
    if state.active:
        assert engine.thread_proof() == state.thread_proof()
