"""States go into an engine and come out again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.cannon.core.layout import CODE_END, STEP
from pyoprollup.cannon.engine import CODE_CACHE, PlainEngine, noop_table, row_of, thread_of, words_of_key
from pyoprollup.cannon.state import State, Thread, state_hash
from pyoprollup.cannon.versions import NOOP_SYSCALLS

WORDS = st.integers(0, 2**64 - 1)
BYTE = st.integers(0, 255)
THREADS = st.builds(
    Thread,
    *([WORDS] * 5),
    st.lists(WORDS, min_size=32, max_size=32).map(tuple),
    BYTE,
    st.booleans(),
)
STATES = st.builds(
    State,
    preimage_key=st.binary(min_size=32, max_size=32),
    preimage_offset=WORDS,
    heap=WORDS,
    ll_status=BYTE,
    ll_address=WORDS,
    ll_owner=WORDS,
    exit_code=BYTE,
    exited=st.booleans(),
    step=WORDS,
    steps_since_switch=WORDS,
    traverse_right=st.booleans(),
    left=st.lists(THREADS, max_size=3),
    right=st.lists(THREADS, max_size=3),
    next_thread_id=WORDS,
)


@given(THREADS)
def test_threads_are_rows(thread: Thread) -> None:
    assert thread_of(row_of(thread)) == thread


@given(STATES)
def test_a_state_comes_out_as_it_went_in(state: State) -> None:
    engine = PlainEngine(state)
    assert engine.state() == state
    assert engine.witness() == state.witness()
    assert state_hash(engine.witness()) == state.hash()


def test_words_of_a_key() -> None:
    assert words_of_key(bytes(range(32)))[1] == 0x08090A0B0C0D0E0F


def test_calls_that_do_nothing_are_a_table() -> None:
    table = noop_table()
    assert {5000 + i for i, does_nothing in enumerate(table) if does_nothing} == NOOP_SYSCALLS


def test_memory_is_shared_with_the_state() -> None:
    state = State.initial(0, 0)
    engine = PlainEngine(state)
    engine.store(0x5008, 7)
    assert state.memory.read(0x500F, 1) == engine.read(0x500F, 1) == b"\x07"
    assert (engine.peek(0x5008), engine.page_count(), engine.get(STEP), engine.get(CODE_END)) == (
        7,
        1,
        0,
        CODE_CACHE,
    )
    engine.make_room()
    assert engine.root() == state.memory.root() and engine.proof(0x5000) == state.memory.proof(0x5000)
    assert engine.thread() == row_of(state.left[0])
    assert engine.thread_proof() == state.thread_proof()
