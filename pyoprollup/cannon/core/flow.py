"""Branches and jumps: what they decide happens one instruction later, and none may be in that delay slot.

Specification: fault-proof/cannon-fault-proof-vm.md, "Delay Slots", "Exceptions".
"""

from __future__ import annotations

from pyoprollup.cannon.core.layout import DELAY_SLOT, M64, NEXT, OK, PC, SIGN
from pyoprollup.cannon.core.words import sext16

__all__: list[str] = []

REGION = 0xFFFFFFFFF0000000
"""What a jump keeps of the address after it: its 256 MiB."""


def go_to(r: list[int], link: int, target: int) -> int:
    """Jump after the next instruction; with ``link`` a register gets the address to come back to."""
    pc = r[PC]
    if r[NEXT] != (pc + 4) & M64:
        return DELAY_SLOT
    r[PC] = r[NEXT]
    r[NEXT] = target
    if link != 0:
        r[link] = (pc + 8) & M64
    return OK


def jump(r: list[int], op: int, insn: int) -> int:
    """Opcodes 2 and 3: j and jal."""
    target = (r[NEXT] & REGION) | ((insn & 0x3FFFFFF) << 2)
    return go_to(r, 31 if op == 3 else 0, target)


def branch(r: list[int], op: int, insn: int) -> int:
    """Opcodes 1 and 4 to 7. Codes of opcode 1 that are not known are branches that are not taken."""
    pc = r[PC]
    after = r[NEXT]
    if after != (pc + 4) & M64:
        return DELAY_SLOT
    rs = r[(insn >> 21) & 31]
    code = (insn >> 16) & 31
    taken = 0
    if op == 5:  # bne
        taken = 1 if rs != r[code] else 0
    elif op == 4:  # beq
        taken = 1 if rs == r[code] else 0
    elif op == 6:  # blez
        taken = 1 if rs == 0 or rs & SIGN else 0
    elif op == 7:  # bgtz
        taken = 1 if rs != 0 and not rs & SIGN else 0
    elif code == 0 or code == 0x10:  # bltz, bltzal
        taken = 1 if rs & SIGN else 0
    elif code == 1 or code == 0x11:  # bgez, bgezal
        taken = 0 if rs & SIGN else 1
    if op == 1 and (code == 0x10 or code == 0x11):
        r[31] = (pc + 8) & M64  # taken or not
    r[PC] = after
    if taken:
        r[NEXT] = (after + (sext16(insn) << 2)) & M64
    else:
        r[NEXT] = (after + 4) & M64
    return OK
