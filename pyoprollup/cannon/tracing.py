"""Steps of a program one by one: what is done, where, by which thread, and what changes.

Specification: none; this is for people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyoprollup.cannon.core.layout import HI, ID, LO, PC, QUANTUM, SINCE, THREAD_EXITED
from pyoprollup.cannon.disassembler import REGISTERS, disassemble
from pyoprollup.cannon.machine import Machine

__all__ = ["TracedStep", "trace"]

NAMES = {**dict(enumerate(REGISTERS)), HI: "hi", LO: "lo"}


@dataclass(frozen=True, slots=True)
class TracedStep:
    """A step: its number, the active thread and where it is, the instruction, and registers with new
    values.
    """

    step: int
    thread: int
    pc: int
    instruction: int
    text: str
    changes: dict[str, int]


def trace(machine: Machine, steps: int) -> Iterator[TracedStep]:
    """Make steps, at most so many, and tell of each. Raises :class:`StepError` where one cannot be made."""
    for _ in range(steps):
        if machine.exited:
            return
        step, before = machine.step_number, machine.engine.thread()
        instruction = machine.instruction()
        if before[THREAD_EXITED]:
            text = "(the thread has exited and goes)"
        elif machine.engine.get(SINCE) >= QUANTUM:
            text = "(the thread's time is over)"
        else:
            text = disassemble(instruction, before[PC])
        machine.step()
        after = machine.engine.thread()
        same = after[ID] == before[ID]
        changes = {name: after[i] for i, name in NAMES.items() if same and after[i] != before[i]}
        yield TracedStep(step, before[ID], before[PC], instruction, text, changes)
