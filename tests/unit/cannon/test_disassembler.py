"""Instructions in words: the same ones that the machine knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.cannon.disassembler import disassemble
from pyoprollup.cannon.errors import InvalidInstruction
from tests.unit.cannon.support import itype, machine_with, rtype


@pytest.mark.parametrize(
    ("instruction", "text"),
    [
        (0, "nop"),
        (rtype(0x2D, 29, 0, 4), "daddu a0, sp, zero"),
        (rtype(0x3C, 0, 2, 3, 5), "dsll32 v1, v0, 5"),
        (rtype(0x14, 1, 2, 3), "dsllv v1, v0, at"),
        (rtype(0x1E, 4, 5), "ddiv a0, a1"),
        (rtype(0x12, rd=6), "mflo a2"),
        (rtype(0x11, 6), "mthi a2"),
        (rtype(0x08, 31), "jr ra"),
        (rtype(0x09, 25, 0, 31), "jalr ra, t9"),
        (0x0C, "syscall"),
        (itype(0x19, 29, 29, -32), "daddiu sp, sp, -32"),
        (itype(0x0D, 0, 2, 5000), "ori v0, zero, 0x1388"),
        (itype(0x0F, 0, 2, 0x8000), "lui v0, 0x8000"),
        (itype(0x37, 29, 31, 8), "ld ra, 8(sp)"),
        (itype(0x3C, 4, 5, -8), "scd a1, -8(a0)"),
        (itype(4, 1, 2, -1), "beq at, v0, 0x1000"),
        (itype(7, 1, 0, 4), "bgtz at, 0x1014"),
        (itype(1, 1, 0x11, 4), "bgezal at, 0x1014"),
        (itype(1, 1, 9, 4), "regimm9 at, 0x1014"),
        (3 << 26 | 0x1234, "jal 0x48d0"),
        (rtype(0x21, 1, 2, 3, op=0x1C), "clo v1, at"),
        (rtype(0x02, 1, 2, 3, op=0x1C), "mul v1, at, v0"),
        (0xFFFFFFFF, "sd ra, -1(ra)"),
        (0x7FFFFFFF, ".word 0x7fffffff"),
    ],
)
def test_texts(instruction: int, text: str) -> None:
    assert disassemble(instruction, 0x1000) == text


def known(instruction: int) -> bool:
    """Whether the machine can carry it out."""
    try:
        machine_with([instruction], {1: 8, 2: 5012, 5: 16}).step()
    except InvalidInstruction:
        return False
    return True


def test_every_operation_is_known_to_both() -> None:
    operations = [rtype(fun, 5, 5, 3) for fun in range(64)]
    operations += [rtype(fun, 5, 5, 3, op=0x1C) for fun in range(64)]
    operations += [itype(op, 5, 5, 0) for op in range(1, 64) if op != 0x1C]
    for instruction in operations:
        assert known(instruction) == (not disassemble(instruction, 0).startswith(".word")), hex(instruction)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**62).map(lambda i: 4 * i))
def test_anything_has_a_text(instruction: int, pc: int) -> None:
    assert disassemble(instruction, pc).isascii()
