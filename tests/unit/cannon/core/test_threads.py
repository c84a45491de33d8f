"""Threads take turns."""

from __future__ import annotations

import pytest

from pyoprollup.cannon.core.layout import FORCED, QUANTUM
from pyoprollup.cannon.errors import NoActiveThread
from pyoprollup.cannon.machine import Machine
from pyoprollup.cannon.state import State, Thread
from tests.unit.cannon.support import CODE, SYSCALL, registers

YIELD = registers({2: 5023})


def thread(number: int, exited: bool = False) -> Thread:
    return Thread(number, CODE, CODE + 4, registers=YIELD, exited=exited)


def machine_of(left: list[int], right: list[int], is_right: bool = False) -> Machine:
    state = State(left=[thread(i) for i in left], right=[thread(i) for i in right], traverse_right=is_right)
    state.memory.write(CODE, SYSCALL.to_bytes(4, "big") * 100)
    return Machine(state)


def test_threads_are_visited_there_and_back() -> None:
    machine = machine_of([3, 2, 1, 0], [])
    seen = []
    for _ in range(10):
        seen.append(machine.state().active[-1].thread_id)
        # after a yield the thread would make the call again, with what it returned in v0
        machine.engine.get(0)
        machine.step()
        state = machine.state()
        for stack in (state.left, state.right):
            stack[:] = [Thread(each.thread_id, CODE, CODE + 4, registers=YIELD) for each in stack]
        machine = Machine(state)
    assert seen == [0, 1, 2, 3, 3, 2, 1, 0, 0, 1]


@pytest.mark.parametrize(
    ("since", "forced"), [(QUANTUM - 1, 0), (QUANTUM, 1), (QUANTUM + 1, 1), (2**64 - 1, 1)]
)
def test_time_runs_out(since: int, forced: int) -> None:
    state = State(left=[thread(0), thread(1)], steps_since_switch=since)
    state.memory.write(CODE, bytes(64))
    machine = Machine(state)
    machine.step()
    after = machine.state()
    assert machine.engine.get(FORCED) == forced
    if forced:  # no instruction was run, and the other thread has all of its time
        assert ([each.thread_id for each in after.left], [each.thread_id for each in after.right]) == (
            [0],
            [1],
        )
        assert after.right[0].pc == CODE and after.steps_since_switch == 0
    else:
        assert after.left[1].pc == CODE + 4 and after.steps_since_switch == QUANTUM
    assert after.step == 1


def test_a_thread_alone_changes_sides() -> None:
    machine = machine_of([0], [])
    machine.step()
    state = machine.state()
    assert (len(state.left), len(state.right), state.traverse_right) == (0, 1, True)


def test_an_exited_thread_goes() -> None:
    state = State(left=[thread(0), thread(1, exited=True)], steps_since_switch=17)
    machine = Machine(state)
    machine.step()
    assert [each.thread_id for each in machine.state().left] == [0]
    assert machine.state().steps_since_switch == 0


def test_the_last_exited_thread_cannot_go() -> None:
    machine = Machine(State(left=[thread(0, exited=True)]))
    before = machine.state()
    with pytest.raises(NoActiveThread):
        machine.step()
    assert machine.state() == before


@pytest.mark.parametrize("exited", [False, True])
def test_an_empty_active_stack_is_an_error(exited: bool) -> None:
    for prove in (False, True):
        machine = Machine(State(left=[thread(0)], traverse_right=True, exited=exited))
        with pytest.raises(NoActiveThread):
            machine.prove_step() if prove else machine.step()
