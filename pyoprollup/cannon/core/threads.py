"""Threads on two stacks, and how they take turns.

The one on top of the active stack runs. Where it gives way it goes over to the other stack, and when the
active one is empty, the other becomes active: so everybody has a turn.

Specification: fault-proof/cannon-fault-proof-vm.md, "Thread Management", "Thread Traversal Mechanics"
and "Exited Threads".
"""

from __future__ import annotations

from pyoprollup.cannon.core.layout import (
    ACTIVE_ID,
    COUNTS,
    FORCED,
    ID,
    IDLE,
    IDLE_SINCE,
    M64,
    NO_THREAD,
    RIGHT,
    STEP,
    SWITCHED,
)
from pyoprollup.cannon.core.plain import Vm, copy_row, row

__all__: list[str] = []


def note_active(g: list[int], thread: int) -> None:
    """Count how long the first thread was not the active one."""
    step = (g[STEP] + 1) & M64
    if g[ACTIVE_ID] == 0 and thread != 0:
        g[IDLE_SINCE] = step
    elif g[ACTIVE_ID] != 0 and thread == 0:
        g[IDLE] = (g[IDLE] + step - g[IDLE_SINCE]) & M64
    g[ACTIVE_ID] = thread


def preempt(vm: Vm) -> int:
    """The active thread gives way."""
    g = vm.g
    side = g[RIGHT]
    other = side ^ 1
    count = g[COUNTS + side]
    copy_row(vm, other, g[COUNTS + other], row(vm, side, count - 1))
    g[COUNTS + side] = count - 1
    g[COUNTS + other] += 1
    if count == 1:
        g[RIGHT] = other
    active = g[RIGHT]
    note_active(g, row(vm, active, g[COUNTS + active] - 1)[ID])
    return SWITCHED


def force_preempt(vm: Vm) -> int:
    """The active thread has had its time; the step runs no instruction."""
    vm.g[FORCED] += 1
    return preempt(vm)


def drop(vm: Vm) -> int:
    """The active thread has exited and goes; somebody has to be left."""
    g = vm.g
    side = g[RIGHT]
    if g[COUNTS] + g[COUNTS + 1] == 1:
        return NO_THREAD
    g[COUNTS + side] -= 1
    if g[COUNTS + side] == 0:
        g[RIGHT] = side ^ 1
    return SWITCHED
