"""From instruction to run: what a step is.

Specification: fault-proof/cannon-fault-proof-vm.md, "Overview", "Forced Preemption", "Exceptions".
"""

from __future__ import annotations

from pyoprollup.cannon.core.access import memory
from pyoprollup.cannon.core.alu import (
    arithmetic,
    finish,
    hi_lo,
    immediate,
    shift32,
    shift64,
    special2,
)
from pyoprollup.cannon.core.flow import branch, go_to, jump
from pyoprollup.cannon.core.layout import (
    BAD_INSTRUCTION,
    CODE_END,
    COUNTS,
    ENDED,
    EXITED,
    FULL,
    HIGHEST_MISS,
    M64,
    MISALIGNED,
    MISSES,
    NO_THREAD,
    OK,
    PAUSED,
    PC,
    QUANTUM,
    READ,
    REPORT_READ,
    RIGHT,
    RMW,
    SECOND,
    SINCE,
    STEP,
    SWITCHED,
    SYSCALL,
    THREAD_EXITED,
)
from pyoprollup.cannon.core.plain import Vm, fetch, row
from pyoprollup.cannon.core.rmw import PAIRS, pair
from pyoprollup.cannon.core.syscalls import system_call
from pyoprollup.cannon.core.threads import drop, force_preempt

__all__ = ["run"]

FUNCTIONS = 0xDD00FCFFFFDF9FDD
"""A bit for each function of opcode 0 that there is."""


def special(r: list[int], insn: int) -> int:
    """Opcode 0: what is done is told by the lowest six bits."""
    fun = insn & 63
    if not (FUNCTIONS >> fun) & 1:
        return BAD_INSTRUCTION
    rs = r[(insn >> 21) & 31]
    rt = r[(insn >> 16) & 31]
    rd = (insn >> 11) & 31
    if fun >= 0x20:
        if fun < 0x30:
            return finish(r, rd, arithmetic(fun, rs, rt))
        return finish(r, rd, shift64(fun, rt, (insn >> 6) & 31))
    if fun < 0x08:
        return finish(r, rd, shift32(fun, rt, (rs if fun & 4 else insn >> 6) & 31))
    if fun >= 0x10:
        return hi_lo(r, fun, rs, rt, rd)
    if fun == 0x08:  # jr
        return go_to(r, 0, rs)
    if fun == 0x09:  # jalr
        return go_to(r, rd, rs)
    if fun == 0x0C:
        return SYSCALL
    if (fun == 0x0A and rt != 0) or (fun == 0x0B and rt == 0):  # movz and movn whose condition fails
        rd = 0
    return finish(r, rd, rs)  # movz, movn, and sync, which copies as well


def miss(g: list[int], pc: int) -> None:
    """Count an instruction beyond the code that the reference decodes in advance."""
    g[MISSES] += 1
    if pc > g[HIGHEST_MISS]:
        g[HIGHEST_MISS] = pc


def instruction(vm: Vm, r: list[int]) -> int:
    """Carry out the active thread's next instruction, or say that it is a system call or half of a pair."""
    pc = r[PC]
    if pc & 3:
        return MISALIGNED
    insn = fetch(vm, pc)
    if pc >= vm.g[CODE_END]:
        miss(vm.g, pc)
    op = insn >> 26
    if op == 0:
        return special(r, insn)
    if op >= 0x20:
        if (PAIRS >> op) & 1:
            return RMW
        return memory(vm, r, op, insn)
    if op < 0x08:
        if op == 2 or op == 3:
            return jump(r, op, insn)
        return branch(r, op, insn)
    if op < 0x10 or op == 0x18 or op == 0x19:
        return immediate(r, op, insn)
    if op == 0x1A or op == 0x1B:
        return memory(vm, r, op, insn)
    if op == 0x1C:
        return special2(r, insn)
    return BAD_INSTRUCTION


def count_step(vm: Vm, code: int) -> int:
    """Count a step that is done, and forget the thread's time if another one is active now."""
    g = vm.g
    g[STEP] = (g[STEP] + 1) & M64
    if code == SWITCHED:
        g[SINCE] = 0
    else:
        g[SINCE] = (g[SINCE] + 1) & M64
    if g[FULL] or g[SECOND] or (g[READ] and g[REPORT_READ]):
        return PAUSED
    return OK


def time_slice(vm: Vm, r: list[int], most: int) -> int:
    """Plain instructions of one thread, as long as it may go on; why it stopped.

    Nothing but a system call can end the thread's time early, so nothing of that is looked at on the way.
    """
    g = vm.g
    end = QUANTUM - g[SINCE]
    if most < end:
        end = most
    done = 0
    code = OK
    while done < end:
        code = instruction(vm, r)
        if code != OK:
            break
        done += 1
    if code == PAUSED:
        done += 1
    g[STEP] = (g[STEP] + done) & M64
    g[SINCE] += done
    return code


def turn(vm: Vm, most: int) -> int:
    """Whatever comes next: a slice of a thread's time, a system call, or a change of threads."""
    g = vm.g
    side = g[RIGHT]
    if g[COUNTS + side] == 0:
        return NO_THREAD
    if g[EXITED]:
        return ENDED
    r = row(vm, side, g[COUNTS + side] - 1)
    if r[THREAD_EXITED]:
        code = drop(vm)
    elif g[SINCE] >= QUANTUM:
        code = force_preempt(vm)
    else:
        code = time_slice(vm, r, most)
        if code == SYSCALL:
            code = system_call(vm, r)
        elif code == RMW:
            code = pair(vm, r)
        else:
            return code
    if code < SYSCALL:
        return count_step(vm, code)
    if code < ENDED and r[PC] >= g[CODE_END]:
        g[MISSES] -= 1  # the same step comes again
    return code


def run(vm: Vm, steps: int) -> int:
    """Carry out at most so many steps; OK if it was that many, else why there are fewer.

    How many there were, ``STEP`` tells. What keeps a step from being done leaves the machine as it was
    before it.
    """
    g = vm.g
    end = (g[STEP] + steps) & M64
    code = OK
    while code == OK and g[STEP] != end:
        code = turn(vm, (end - g[STEP]) & M64)
    return code
