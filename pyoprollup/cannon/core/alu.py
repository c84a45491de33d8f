"""Instructions that compute: registers in, a register (or hi and lo) out.

They are those of MIPS64. Where the reference departs from that, it counts: nothing traps on overflow, sync
copies a register, and instructions on hi and lo write 0 to a destination that is given.

Specification: fault-proof/cannon-fault-proof-vm.md, "Compiler Assumptions".
"""

from __future__ import annotations

from pyoprollup.cannon.core.layout import (
    BAD_INSTRUCTION,
    DIVISION,
    HI,
    LO,
    M32,
    M64,
    NEXT,
    OK,
    PC,
)
from pyoprollup.cannon.core.words import (
    leading_ones32,
    leading_ones64,
    less_signed,
    multiply_high,
    multiply_high_signed,
    quotient,
    remainder,
    sext16,
    sext32,
    sra,
)

__all__: list[str] = []


def finish(r: list[int], register: int, value: int) -> int:
    """Write a register (0 stays 0) and go on to the next instruction."""
    if register != 0:
        r[register] = value
    r[PC] = r[NEXT]
    r[NEXT] = (r[NEXT] + 4) & M64
    return OK


def arithmetic(fun: int, rs: int, rt: int) -> int:
    """Functions 0x20 to 0x2f, 0x28 and 0x29 excepted; those of 32 bits do not trap on overflow."""
    if fun == 0x25:  # or
        return rs | rt
    if fun == 0x2D or fun == 0x2C:  # daddu, dadd
        return (rs + rt) & M64
    if fun == 0x21 or fun == 0x20:  # addu, add
        return sext32(rs + rt)
    if fun == 0x24:  # and
        return rs & rt
    if fun == 0x2B:  # sltu
        return 1 if rs < rt else 0
    if fun == 0x2A:  # slt
        return 1 if less_signed(rs, rt) else 0
    if fun == 0x2F or fun == 0x2E:  # dsubu, dsub
        return (rs - rt) & M64
    if fun == 0x23 or fun == 0x22:  # subu, sub
        return sext32(rs - rt)
    if fun == 0x26:  # xor
        return rs ^ rt
    return (rs | rt) ^ M64  # nor


def shift32(fun: int, x: int, n: int) -> int:
    """Functions 0 to 7 with a count below 32."""
    if fun & 3 == 0:  # sll, sllv
        return sext32(x << n)
    if fun & 3 == 2:  # srl, srlv
        return sext32((x & M32) >> n)
    return sra(sext32(x), n)  # sra, srav


def shift64(fun: int, x: int, n: int) -> int:
    """Functions 0x38 to 0x3f with a count below 32, to which the later four add 32."""
    if fun & 4:
        n = n + 32
    if fun & 3 == 0:  # dsll, dsll32
        return (x << n) & M64
    if fun & 3 == 2:  # dsrl, dsrl32
        return x >> n
    return sra(x, n)  # dsra, dsra32


def multiply_divide(r: list[int], fun: int, rs: int, rt: int) -> int:
    """Functions 0x18 to 0x1f: the result goes to hi and lo. Division by zero cannot be done."""
    if fun == 0x18:  # mult
        product = (sext32(rs) * sext32(rt)) & M64
        r[HI] = sext32(product >> 32)
        r[LO] = sext32(product)
    elif fun == 0x19:  # multu
        product = (rs & M32) * (rt & M32)
        r[HI] = sext32(product >> 32)
        r[LO] = sext32(product)
    elif fun == 0x1C:  # dmult
        r[HI] = multiply_high_signed(rs, rt)
        r[LO] = (rs * rt) & M64
    elif fun == 0x1D:  # dmultu
        r[HI] = multiply_high(rs, rt)
        r[LO] = (rs * rt) & M64
    elif fun == 0x1A:  # div
        if rt & M32 == 0:
            return DIVISION
        r[HI] = sext32(remainder(sext32(rs), sext32(rt)))
        r[LO] = sext32(quotient(sext32(rs), sext32(rt)))
    elif fun == 0x1B:  # divu
        if rt & M32 == 0:
            return DIVISION
        r[HI] = sext32((rs & M32) % (rt & M32))
        r[LO] = sext32((rs & M32) // (rt & M32))
    elif rt == 0:
        return DIVISION
    elif fun == 0x1E:  # ddiv
        r[HI] = remainder(rs, rt)
        r[LO] = quotient(rs, rt)
    else:  # ddivu
        r[HI] = rs % rt
        r[LO] = rs // rt
    return OK


def hi_lo(r: list[int], fun: int, rs: int, rt: int, rd: int) -> int:
    """Functions 0x10 to 0x1f: hi and lo, and shifts by a register, which the reference puts here."""
    value = 0
    if fun >= 0x18:
        code = multiply_divide(r, fun, rs, rt)
        if code != OK:
            return code
    elif fun == 0x10:  # mfhi
        value = r[HI]
    elif fun == 0x11:  # mthi
        r[HI] = rs
    elif fun == 0x12:  # mflo
        value = r[LO]
    elif fun == 0x13:  # mtlo
        r[LO] = rs
    elif fun == 0x14:  # dsllv
        value = (rt << (rs & 0x3F)) & M64
    elif fun == 0x16:  # dsrlv
        value = rt >> (rs & 0x3F)
    else:  # dsrav
        value = sra(rt, rs & 0x3F)
    return finish(r, rd, value)


def immediate(r: list[int], op: int, insn: int) -> int:
    """Opcodes 8 to 0xf, 0x18 and 0x19: a register and 16 bits of the instruction."""
    rt = (insn >> 16) & 31
    if op == 0x0F:  # lui
        return finish(r, rt, sext32(insn << 16))
    rs = r[(insn >> 21) & 31]
    if op >= 0x18:  # daddi, daddiu
        return finish(r, rt, (rs + sext16(insn)) & M64)
    if op >= 0x0C:  # andi, ori, xori: without the sign
        return finish(r, rt, arithmetic(op + 0x18, rs, insn & 0xFFFF))
    if op >= 0x0A:  # slti, sltiu
        return finish(r, rt, arithmetic(op + 0x20, rs, sext16(insn)))
    return finish(r, rt, sext32(rs + sext16(insn)))  # addi, addiu


def special2(r: list[int], insn: int) -> int:
    """Opcode 0x1c: a product of 32 bits, and the counts of leading zeros and ones."""
    fun = insn & 63
    rs = r[(insn >> 21) & 31]
    if fun == 0x02:  # mul
        value = sext32(rs * r[(insn >> 16) & 31])
    elif fun == 0x20:  # clz
        value = leading_ones32(rs ^ M64)
    elif fun == 0x21:  # clo
        value = leading_ones32(rs)
    elif fun == 0x24:  # dclz
        value = leading_ones64(rs ^ M64)
    elif fun == 0x25:  # dclo
        value = leading_ones64(rs)
    else:
        return BAD_INSTRUCTION
    return finish(r, (insn >> 11) & 31, value)
