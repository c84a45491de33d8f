"""Instructions as people write them, with the registers' names of the n64 calling convention.

It knows what the machine knows: other words are ``.word``.

Specification: MIPS64 Instruction Set; fault-proof/cannon-fault-proof-vm.md, "Syscalls".
"""

from __future__ import annotations

__all__ = ["REGISTERS", "disassemble"]

REGISTERS = (
    *("zero", "at", "v0", "v1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "t0", "t1", "t2", "t3"),
    *("s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "t8", "t9", "k0", "k1", "gp", "sp", "fp", "ra"),
)

THREE = {
    0x0A: "movz",
    0x0B: "movn",
    0x20: "add",
    0x21: "addu",
    0x22: "sub",
    0x23: "subu",
    0x24: "and",
    0x25: "or",
    0x26: "xor",
    0x27: "nor",
    0x2A: "slt",
    0x2B: "sltu",
    0x2C: "dadd",
    0x2D: "daddu",
    0x2E: "dsub",
    0x2F: "dsubu",
}
SHIFTS = {
    0x00: "sll",
    0x02: "srl",
    0x03: "sra",
    0x38: "dsll",
    0x3A: "dsrl",
    0x3B: "dsra",
    0x3C: "dsll32",
    0x3E: "dsrl32",
    0x3F: "dsra32",
}
SHIFTS_BY_REGISTER = {0x04: "sllv", 0x06: "srlv", 0x07: "srav", 0x14: "dsllv", 0x16: "dsrlv", 0x17: "dsrav"}
PRODUCTS = {
    0x18: "mult",
    0x19: "multu",
    0x1A: "div",
    0x1B: "divu",
    0x1C: "dmult",
    0x1D: "dmultu",
    0x1E: "ddiv",
    0x1F: "ddivu",
}
SPECIAL2 = {0x20: "clz", 0x21: "clo", 0x24: "dclz", 0x25: "dclo"}
SIGNED = {0x08: "addi", 0x09: "addiu", 0x0A: "slti", 0x0B: "sltiu", 0x18: "daddi", 0x19: "daddiu"}
UNSIGNED = {0x0C: "andi", 0x0D: "ori", 0x0E: "xori"}
MEMORY = {
    0x1A: "ldl",
    0x1B: "ldr",
    0x20: "lb",
    0x21: "lh",
    0x22: "lwl",
    0x23: "lw",
    0x24: "lbu",
    0x25: "lhu",
    0x26: "lwr",
    0x27: "lwu",
    0x28: "sb",
    0x29: "sh",
    0x2A: "swl",
    0x2B: "sw",
    0x2C: "sdl",
    0x2D: "sdr",
    0x2E: "swr",
    0x30: "ll",
    0x34: "lld",
    0x37: "ld",
    0x38: "sc",
    0x3C: "scd",
    0x3F: "sd",
}
BRANCHES = {0x00: "bltz", 0x01: "bgez", 0x10: "bltzal", 0x11: "bgezal"}


def _signed16(value: int) -> int:
    return (value & 0x7FFF) - (value & 0x8000)


def disassemble(instruction: int, pc: int) -> str:
    """An instruction at an address, in which targets of branches and jumps are absolute."""
    op = instruction >> 26
    if instruction == 0:
        return "nop"
    if op == 0:
        return _special(instruction)
    if op < 0x08:
        return _flow(op, instruction, pc)
    rs, rt, rd = (REGISTERS[instruction >> at & 31] for at in (21, 16, 11))
    value = instruction & 0xFFFF
    if op in SIGNED:
        return f"{SIGNED[op]} {rt}, {rs}, {_signed16(value)}"
    if op in UNSIGNED:
        return f"{UNSIGNED[op]} {rt}, {rs}, 0x{value:x}"
    if op == 0x0F:
        return f"lui {rt}, 0x{value:x}"
    if op in MEMORY:
        return f"{MEMORY[op]} {rt}, {_signed16(value)}({rs})"
    fun = instruction & 63
    if op == 0x1C and fun == 0x02:
        return f"mul {rd}, {rs}, {rt}"
    if op == 0x1C and fun in SPECIAL2:
        return f"{SPECIAL2[fun]} {rd}, {rs}"
    return _word(instruction)


def _word(instruction: int) -> str:
    return f".word 0x{instruction:08x}"


def _special(instruction: int) -> str:
    fun = instruction & 63
    rs, rt, rd = (REGISTERS[instruction >> at & 31] for at in (21, 16, 11))
    if fun in THREE:
        return f"{THREE[fun]} {rd}, {rs}, {rt}"
    if fun in SHIFTS:
        return f"{SHIFTS[fun]} {rd}, {rt}, {instruction >> 6 & 31}"
    if fun in SHIFTS_BY_REGISTER:
        return f"{SHIFTS_BY_REGISTER[fun]} {rd}, {rt}, {rs}"
    if fun in PRODUCTS:
        return f"{PRODUCTS[fun]} {rs}, {rt}"
    match fun:
        case 0x08:
            return f"jr {rs}"
        case 0x09:
            return f"jalr {rd}, {rs}"
        case 0x0C:
            return "syscall"
        case 0x0F:
            return "sync"
        case 0x10 | 0x12:
            return f"{'mfhi' if fun == 0x10 else 'mflo'} {rd}"
        case 0x11 | 0x13:
            return f"{'mthi' if fun == 0x11 else 'mtlo'} {rs}"
    return _word(instruction)


def _flow(op: int, instruction: int, pc: int) -> str:
    if op in (2, 3):
        region = (pc + 4) & 0xFFFFFFFFF0000000
        return f"{'jal' if op == 3 else 'j'} 0x{region | (instruction & 0x3FFFFFF) << 2:x}"
    rs, code = REGISTERS[instruction >> 21 & 31], instruction >> 16 & 31
    target = (pc + 4 + 4 * _signed16(instruction & 0xFFFF)) % 2**64
    if op in (4, 5):
        return f"{'bne' if op == 5 else 'beq'} {rs}, {REGISTERS[code]}, 0x{target:x}"
    if op in (6, 7):
        return f"{'bgtz' if op == 7 else 'blez'} {rs}, 0x{target:x}"
    # The machine takes unknown codes as branches that are never taken.
    return f"{BRANCHES[code]} {rs}, 0x{target:x}" if code in BRANCHES else f"regimm{code} {rs}, 0x{target:x}"
