"""Loads and stores. Memory is read and written by the word; the parts of a word are cut out here.

What a step touches is noted for its proof: the word's address, and what was there before.

Specification: fault-proof/cannon-fault-proof-vm.md, "Memory", "Stateful Instructions".
"""

from __future__ import annotations

from pyoprollup.cannon.core.alu import finish
from pyoprollup.cannon.core.layout import (
    ACCESS,
    ACCESSES,
    ALIGNED,
    BAD_INSTRUCTION,
    BEFORE,
    FULL,
    INVALIDATED,
    LL_ADDRESS,
    LL_OWNER,
    LL_STATUS,
    M32,
    M64,
    OK,
    PAUSED,
)
from pyoprollup.cannon.core.plain import Vm, load64, store64
from pyoprollup.cannon.core.words import sext8, sext16, sext32

__all__: list[str] = []

KNOWN_ACCESSES = 0x80807FFF0C000000
"""A bit for each opcode of this module: 0x1a, 0x1b, 0x20 to 0x2e, 0x37, 0x3f."""

UPPER = 0xFFFFFFFF00000000


def half(where: int, word: int) -> int:
    """The 32 bits of a word that an address lies in."""
    return (word >> (32 - ((where & 4) << 3))) & M32


def with_half(where: int, word: int, value: int) -> int:
    """A word with other 32 bits where an address lies."""
    at = 32 - ((where & 4) << 3)
    return (word & ~(M32 << at)) | ((value & M32) << at)


def loaded(op: int, where: int, word: int, rt: int) -> int:
    """What a load leaves in its register, which had ``rt``."""
    if op == 0x37:  # ld
        return word
    if op == 0x23:  # lw
        return sext32(half(where, word))
    if op == 0x24:  # lbu
        return (word >> (56 - ((where & 7) << 3))) & 0xFF
    if op == 0x27:  # lwu
        return half(where, word)
    if op == 0x20:  # lb
        return sext8(word >> (56 - ((where & 7) << 3)))
    if op == 0x25:  # lhu
        return (word >> (48 - ((where & 6) << 3))) & 0xFFFF
    if op == 0x21:  # lh
        return sext16(word >> (48 - ((where & 6) << 3)))
    if op == 0x1A:  # ldl
        n = (where & 7) << 3
        return ((word << n) & M64) | (rt & ~(M64 << n))
    if op == 0x1B:  # ldr
        n = 56 - ((where & 7) << 3)
        return (word >> n) | (rt & ~(M64 >> n))
    if op == 0x22:  # lwl
        n = (where & 3) << 3
        return sext32((rt & ~(M32 << n)) | (half(where, word) << n))
    # lwr: the upper half stays unless bit 31 is loaded
    n = 24 - ((where & 3) << 3)
    low = (rt & M32 & ~(M32 >> n)) | (half(where, word) >> n)
    if where & 3 == 3:
        return sext32(low)
    return (rt & UPPER) | low


def stored(op: int, where: int, word: int, rt: int) -> int:
    """What a store makes of a word."""
    if op == 0x3F:  # sd
        return rt
    if op == 0x2B:  # sw
        return with_half(where, word, rt)
    if op == 0x28:  # sb
        at = 56 - ((where & 7) << 3)
        return (word & ~(0xFF << at)) | ((rt & 0xFF) << at)
    if op == 0x29:  # sh
        at = 48 - ((where & 6) << 3)
        return (word & ~(0xFFFF << at)) | ((rt & 0xFFFF) << at)
    if op == 0x2A:  # swl
        n = (where & 3) << 3
        return with_half(where, word, (half(where, word) & ~(M32 >> n)) | ((rt & M32) >> n))
    if op == 0x2E:  # swr
        n = 24 - ((where & 3) << 3)
        return with_half(where, word, (half(where, word) & ~(M32 << n)) | (rt << n))
    if op == 0x2C:  # sdl
        n = (where & 7) << 3
        return (rt >> n) | (word & ~(M64 >> n))
    n = 56 - ((where & 7) << 3)  # sdr
    return ((rt << n) & M64) | (word & ~(M64 << n))


def touch(vm: Vm, address: int) -> int:
    """Read a word, and note for the proof that this step did."""
    g = vm.g
    word = load64(vm, address)
    g[ACCESSES] = 1
    g[ACCESS] = address
    g[BEFORE] = word
    return word


def release(vm: Vm) -> None:
    """End the reservation, whoever holds it."""
    g = vm.g
    g[LL_STATUS] = 0
    g[LL_ADDRESS] = 0
    g[LL_OWNER] = 0


def put(vm: Vm, address: int, word: int) -> None:
    """Write a word; a reservation of it ends."""
    store64(vm, address, word)
    g = vm.g
    if address == g[LL_ADDRESS] & ALIGNED:
        release(vm)
        g[INVALIDATED] += 1


def memory(vm: Vm, r: list[int], op: int, insn: int) -> int:
    """Every load and store but those in pairs (:mod:`pyoprollup.cannon.core.rmw`)."""
    if not (KNOWN_ACCESSES >> op) & 1:
        return BAD_INSTRUCTION
    where = (r[(insn >> 21) & 31] + sext16(insn)) & M64
    register = (insn >> 16) & 31
    word = touch(vm, where & ALIGNED)
    if op < 0x28 or op == 0x37:
        return finish(r, register, loaded(op, where, word, r[register]))
    put(vm, where & ALIGNED, stored(op, where, word, r[register]))
    finish(r, 0, 0)
    if vm.g[FULL]:
        return PAUSED
    return OK
