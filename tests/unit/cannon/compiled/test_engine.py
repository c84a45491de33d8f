"""``CompiledEngine`` and ``PlainEngine`` in lock-step: the same answers, states and proofs, errors
included.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.cannon.compiled.engine import FIRST_PAGES, FIRST_THREADS
from pyoprollup.cannon.core.layout import WORDS
from pyoprollup.cannon.engine import PlainEngine
from pyoprollup.cannon.errors import StepError
from pyoprollup.cannon.machine import Machine
from pyoprollup.cannon.state import State, Thread
from tests.unit.cannon.compiled.support import CompiledEngine
from tests.unit.cannon.core.test_alu import IMMEDIATE, SHIFTS, THREE
from tests.unit.cannon.core.test_steps import ARGUMENTS, CALLS
from tests.unit.cannon.core.test_words import WORDS as OPERANDS
from tests.unit.cannon.support import CODE, DATA, SYSCALL, Preimages, itype, registers, rtype, state_with

HOST_WORDS = {17, 23, 24, 30, 31, 32, 33, 60}
"""What host and machine tell each other; both engines use it in their own time."""
KEY = b"\x02" + bytes(31)


class Both:
    """One program on both engines."""

    def __init__(self, state: State) -> None:
        oracles = Preimages({KEY: bytes(range(40))}), Preimages({KEY: bytes(range(40))})
        self.machines = [
            Machine(state, oracles[0], engine=CompiledEngine),
            Machine(state, oracles[1], engine=PlainEngine),
        ]

    def compare(self) -> None:
        compiled, plain = (machine.engine for machine in self.machines)
        assert compiled.witness() == plain.witness()
        differing = [i for i in range(WORDS) if compiled.get(i) != plain.get(i)]
        assert set(differing) <= HOST_WORDS

    def do(self, act: Any) -> bool:
        found = []
        for machine in self.machines:
            try:
                found.append(act(machine))
            except StepError as exc:
                found.append((type(exc), str(exc)))
        assert found[0] == found[1]
        return not isinstance(found[0], tuple)


INSTRUCTIONS = st.one_of(
    st.builds(rtype, st.integers(0, 63), *[st.integers(0, 31)] * 4),
    st.builds(rtype, st.sampled_from([*THREE, *SHIFTS, 0x18, 0x1A, 0x1C, 0x1E]), *[st.integers(0, 31)] * 4),
    st.builds(itype, st.sampled_from(sorted(IMMEDIATE)), *[st.integers(0, 31)] * 2, st.integers(0, 0xFFFF)),
    st.builds(itype, st.integers(0x1A, 0x3F), st.just(28), st.integers(1, 31), st.integers(0, 24)),
    st.builds(itype, st.integers(1, 7), st.integers(0, 31), st.integers(0, 31), st.integers(1, 4)),
    st.builds(rtype, st.integers(0, 63), *[st.integers(0, 31)] * 4, st.just(0x1C)),
    st.just(SYSCALL),
    st.integers(0, 2**32 - 1),
)


@settings(max_examples=150)
@given(
    st.lists(INSTRUCTIONS, min_size=1, max_size=12),
    st.lists(st.one_of(OPERANDS, ARGUMENTS), min_size=31, max_size=31),
    CALLS,
    st.integers(0, 3),
    st.sampled_from([0, 99_990]),
)
def test_lock_step(code: list[int], values: list[int], call: int, threads: int, since: int) -> None:
    given_registers = {i + 1: value for i, value in enumerate(values)} | {2: call, 28: DATA}
    given_registers[6] %= 1 << 20
    state = state_with(
        code, given_registers, {DATA: bytes(range(64))}, preimage_key=KEY, steps_since_switch=since
    )
    state.right = [
        Thread(i + 1, CODE + 4 * i, CODE + 4 * i + 4, registers=registers(given_registers))
        for i in range(threads)
    ]
    both = Both(state)
    for index in range(24):
        act = Machine.prove_step if index % 3 == 0 else Machine.step
        if not both.do(act):
            break
        both.compare()
    both.do(lambda machine: machine.run(50))
    both.compare()


@given(st.sampled_from(sorted(THREE)), OPERANDS, OPERANDS)
@settings(max_examples=200)
def test_operands(fun: int, s: int, t: int) -> None:
    state = state_with([rtype(fun, 1, 2, 3)], {1: s, 2: t})
    engine = CompiledEngine(state)
    engine.run(1)
    assert engine.thread()[3] == THREE[fun](s, t) % 2**64


def test_more_pages_than_there_was_room_for() -> None:
    # sd v1, 0(at); daddu at, at, v0; v1 counts; back
    loop = [itype(0x3F, 1, 3, 0), rtype(0x2D, 1, 2, 1), itype(0x19, 3, 3, 1), itype(4, 0, 0, -4), 0]
    both = Both(state_with(loop, {1: DATA, 2: 0x3000, 3: 1}))
    both.do(lambda machine: machine.run(5 * 3 * FIRST_PAGES))
    both.compare()
    assert both.machines[0].engine.page_count() > 3 * FIRST_PAGES


def test_more_threads_than_there_was_room_for() -> None:
    code = [itype(0x0D, 0, 2, 5055), SYSCALL, itype(4, 0, 0, -3), 0]
    both = Both(state_with(code, {4: 0x50F00, 5: 0x3000}))
    both.do(lambda machine: machine.run(6 * 3 * FIRST_THREADS))
    both.compare()
    state = both.machines[0].state()
    assert len(state.left) + len(state.right) > 3 * FIRST_THREADS
    assert state.witness() == both.machines[1].state().witness()


def test_a_state_goes_from_one_to_the_other() -> None:
    loop = [itype(0x3F, 1, 3, 0), itype(0x19, 3, 3, 1), itype(4, 0, 0, -3), 0]
    state = state_with(loop, {1: DATA, 3: 1})
    one = Machine(state, engine=CompiledEngine)
    one.run(1001)
    two = Machine(one.state(), engine=PlainEngine)
    two.run(1000)
    three = Machine(two.state(), engine=CompiledEngine)
    three.run(1000)
    one.run(2000)
    assert three.state_hash() == one.state_hash()
    assert three.engine.read(DATA - 3, 20) == one.engine.read(DATA - 3, 20)
