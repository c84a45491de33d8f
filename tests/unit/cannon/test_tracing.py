"""Steps one by one."""

from __future__ import annotations

from pyoprollup.cannon.state import Thread
from pyoprollup.cannon.tracing import TracedStep, trace
from tests.unit.cannon.support import CODE, SYSCALL, itype, machine_with, rtype


def test_a_few_steps() -> None:
    code = [itype(0x0D, 0, 2, 5205), rtype(0x19, 2, 2), SYSCALL]
    machine = machine_with(code, {4: 1})
    found = list(trace(machine, 10))
    assert found == [
        TracedStep(0, 0, CODE, code[0], "ori v0, zero, 0x1455", {"v0": 5205}),
        TracedStep(1, 0, CODE + 4, code[1], "multu v0, v0", {"lo": 5205**2}),
        TracedStep(2, 0, CODE + 8, SYSCALL, "syscall", {}),
    ]


def test_steps_without_an_instruction() -> None:
    machine = machine_with([0], steps_since_switch=100_000, right=[Thread(7, CODE, CODE + 4, exited=True)])
    machine.engine.set(8, 1)  # the right stack is the active one
    texts = [(each.thread, each.text) for each in trace(machine, 2)]
    assert texts == [(7, "(the thread has exited and goes)"), (0, "nop")]
    machine = machine_with([0], steps_since_switch=100_000)
    assert [each.text for each in trace(machine, 1)] == ["(the thread's time is over)"]
