"""Steps and runs: where they end, and what an error leaves behind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.cannon.core import layout
from pyoprollup.cannon.engine import PlainEngine
from pyoprollup.cannon.errors import InvalidInstruction, MisalignedInstruction, StepError
from pyoprollup.cannon.machine import Machine
from pyoprollup.cannon.state import Thread
from tests.unit.cannon.support import CODE, DATA, SYSCALL, Preimages, itype, machine_with, rtype, state_with

UNKNOWN = [0x01, 0x05, 0x0D, 0x0E, 0x15, 0x28, 0x29, *range(0x30, 0x38), 0x39, 0x3D]


@pytest.mark.parametrize("fun", range(64))
def test_functions_that_there_are(fun: int) -> None:
    machine = machine_with([rtype(fun, 1, 2, 3)], {1: 8, 2: 5012})
    if fun in UNKNOWN:
        with pytest.raises(InvalidInstruction):
            machine.step()
    else:
        machine.step()


@pytest.mark.parametrize("op", [*range(0x10, 0x18), 0x1D, 0x1E, 0x1F])
def test_opcodes_that_there_are_not(op: int) -> None:
    with pytest.raises(InvalidInstruction):
        machine_with([itype(op, 1, 2, 3)]).step()


@pytest.mark.parametrize("pc", [CODE + 1, CODE + 2, CODE + 3])
def test_a_misaligned_counter(pc: int) -> None:
    machine = Machine(state_with([0], left=[Thread(0, pc, pc + 4)]))
    before = machine.state()
    with pytest.raises(MisalignedInstruction):
        machine.step()
    assert machine.state() == before


def test_missing_memory_is_made_of_instructions_that_do_nothing() -> None:
    machine = Machine(state_with(left=[Thread(0, 0x7000, 0x7004)]))
    assert machine.run(10) == 10
    assert machine.pc == 0x7028


def test_a_run_is_so_many_steps() -> None:
    machine = machine_with([0] * 10)
    assert machine.run(0) == 0
    assert machine.run(7) == 7
    assert (machine.step_number, machine.state().steps_since_switch) == (7, 7)


def test_a_run_across_the_end_of_a_threads_time() -> None:
    loop = [itype(4, 0, 0, -1), 0]
    one, many = machine_with(loop, steps_since_switch=99_990), machine_with(loop, steps_since_switch=99_990)
    many.run(30)
    for _ in range(30):
        one.step()
    assert one.state_hash() == many.state_hash()


def test_the_step_counter_wraps() -> None:
    machine = machine_with([0] * 4, step=2**64 - 2)
    assert machine.run(4) == 4
    assert machine.step_number == 2


def test_a_machine_that_exited_makes_no_steps() -> None:
    machine = machine_with([0], exited=True, exit_code=1)
    before = machine.state()
    assert machine.run(5) == 0
    witness = machine.prove_step()
    assert machine.state() == before
    assert witness.state == before.witness()


def test_an_error_comes_after_the_steps_before_it() -> None:
    machine = machine_with([0, 0, itype(0x1F, 0, 0, 0)])
    with pytest.raises(InvalidInstruction):
        machine.run(100)
    assert machine.step_number == 2 and machine.pc == CODE + 8


CALLS = st.sampled_from([5000, 5001, 5009, 5055, 5194, 5222, 5313, 5070, 5058, 5205, 5023, 5284, 5153])
ARGUMENTS = st.one_of(
    st.integers(0, 8), st.sampled_from([DATA, DATA + 3, 128, 0x50F00]), st.integers(0, 2**64 - 1)
)


@given(
    st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=8),
    st.lists(ARGUMENTS, min_size=31, max_size=31),
    CALLS,
    st.booleans(),
)
def test_whatever_is_run_ends_in_a_step_or_an_error_that_changes_nothing(
    code: list[int], values: list[int], call: int, calls: bool
) -> None:
    given_registers = {i + 1: value for i, value in enumerate(values)}
    if calls:
        code, given_registers = [SYSCALL, *code], given_registers | {2: call}
        given_registers[6] %= 1 << 20
    machine = machine_with(code, given_registers, {DATA: bytes(range(64))}, oracle=Preimages())
    for _ in code:
        before = (machine.engine.witness(), machine.last_hint)
        try:
            machine.prove_step()
        except StepError:
            assert (machine.engine.witness(), machine.last_hint) == before
            break


def test_codes_say_what_is_missing() -> None:
    engine = PlainEngine(state_with([SYSCALL], {2: 5000, 4: 5, 5: DATA, 6: 8}, preimage_key=b"\x02" * 32))
    assert engine.run(5) == layout.NEED_PREIMAGE
    engine = PlainEngine(state_with([SYSCALL], {2: 5001, 4: 1}))
    assert engine.run(5) == layout.NEED_WRITE
    engine = PlainEngine(state_with([SYSCALL], {2: 5055, 4: 0x50F00}))
    engine.set(layout.THREAD_ROOM, 1)
    assert engine.run(5) == layout.NEED_THREADS
    assert engine.get(layout.STEP) == 0
    engine.set(layout.THREAD_ROOM, 2)
    assert engine.run(5) == layout.OK
