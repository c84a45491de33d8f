"""Load linked and store conditional: a thread's way to change a word that nobody else has changed.

A reservation is of one thread, one address and one size. A write to its word ends it, whoever does it; the
pair's own store succeeds only with the same thread, address and size.

Specification: fault-proof/cannon-fault-proof-vm.md, "Stateful Instructions".
"""

from __future__ import annotations

from pyoprollup.cannon.core.access import half, release, touch, with_half
from pyoprollup.cannon.core.alu import finish
from pyoprollup.cannon.core.layout import (
    ALIGNED,
    ID,
    LL_ADDRESS,
    LL_COUNT,
    LL_MOST,
    LL_OWNER,
    LL_STATUS,
    LL_STEPS,
    LL_THREADS,
    M64,
    PC,
    RMW_DONE,
    RMW_FAILED,
    RMW_LONGEST,
    STEP,
)
from pyoprollup.cannon.core.plain import Vm, fetch, store64
from pyoprollup.cannon.core.words import sext16, sext32

__all__: list[str] = []

PAIRS = 0x1111000000000000
"""A bit for each opcode of this module: 0x30 (ll), 0x34 (lld), 0x38 (sc), 0x3c (scd)."""


def forget_link(g: list[int], thread: int) -> int:
    """Take a thread's load-linked out of those counted; the step of it plus 1, or 0."""
    found = 0
    n = g[LL_COUNT]
    i = 0
    while i < n:
        if found != 0:
            g[LL_THREADS + i - 1] = g[LL_THREADS + i]
            g[LL_STEPS + i - 1] = g[LL_STEPS + i]
        elif g[LL_THREADS + i] == thread:
            found = g[LL_STEPS + i] + 1
        i += 1
    if found != 0:
        g[LL_COUNT] = n - 1
    return found


def note_link(g: list[int], thread: int, step: int) -> None:
    """Count a load-linked, as the last of the few threads that are remembered."""
    forget_link(g, thread)
    if g[LL_COUNT] == LL_MOST:
        forget_link(g, g[LL_THREADS])
    n = g[LL_COUNT]
    g[LL_THREADS + n] = thread
    g[LL_STEPS + n] = step
    g[LL_COUNT] = n + 1


def note_store(g: list[int], thread: int, step: int, success: int) -> None:
    """Count a store-conditional, and how long after its load it came."""
    if success:
        g[RMW_DONE] += 1
    else:
        g[RMW_FAILED] += 1
    linked = forget_link(g, thread)
    if linked != 0:
        took = (step + 1 - linked) & M64
        if took > g[RMW_LONGEST]:
            g[RMW_LONGEST] = took


def pair(vm: Vm, r: list[int]) -> int:
    """One of the four instructions, at the thread's program counter."""
    g = vm.g
    insn = fetch(vm, r[PC])
    op = insn >> 26
    where = (r[(insn >> 21) & 31] + sext16(insn)) & M64
    register = (insn >> 16) & 31
    status = 2 if op & 4 else 1
    step = (g[STEP] + 1) & M64
    if op < 0x38:
        word = touch(vm, where & ALIGNED)
        g[LL_STATUS] = status
        g[LL_ADDRESS] = where
        g[LL_OWNER] = r[ID]
        note_link(g, r[ID], step)
        return finish(r, register, word if status == 2 else sext32(half(where, word)))
    if g[LL_STATUS] != status or g[LL_OWNER] != r[ID] or g[LL_ADDRESS] != where:
        note_store(g, r[ID], step, 0)
        return finish(r, register, 0)
    release(vm)
    word = touch(vm, where & ALIGNED)
    value = r[register]
    store64(vm, where & ALIGNED, value if status == 2 else with_half(where, word, value))
    note_store(g, r[ID], step, 1)
    return finish(r, register, 1)
