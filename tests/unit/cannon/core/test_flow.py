"""Branches, jumps, and their delay slots."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.cannon.errors import JumpInDelaySlot
from tests.unit.cannon.core.test_words import WORDS
from tests.unit.cannon.support import CODE, M64, after, itype, machine_with, rtype, signed

BRANCHES: dict[tuple[int, int], Callable[[int], bool]] = {
    (1, 0x00): lambda s: signed(s) < 0,
    (1, 0x01): lambda s: signed(s) >= 0,
    (1, 0x10): lambda s: signed(s) < 0,
    (1, 0x11): lambda s: signed(s) >= 0,
    (1, 0x05): lambda s: False,
    (6, 0): lambda s: signed(s) <= 0,
    (7, 0): lambda s: signed(s) > 0,
    (4, 0): lambda s: s == 0,
    (5, 0): lambda s: s != 0,
}


@given(st.sampled_from(sorted(BRANCHES)), WORDS, st.integers(0, 0xFFFF))
def test_a_branch_counts_after_its_delay_slot(branch: tuple[int, int], s: int, offset: int) -> None:
    op, rt = branch
    thread = after(itype(op, 1, rt, offset), {1: s})
    target = CODE + 4 + signed(offset, 16) * 4 if BRANCHES[branch](s) else CODE + 8
    assert (thread.pc, thread.next_pc) == (CODE + 4, target & M64)
    assert thread.registers[31] == (CODE + 8 if rt in (0x10, 0x11) else 0)


@given(WORDS, WORDS)
def test_two_registers_are_compared(s: int, t: int) -> None:
    for op, taken in ((4, s == t), (5, s != t)):
        assert after(itype(op, 1, 2, 4), {1: s, 2: t}).next_pc == (CODE + 20 if taken else CODE + 8)


def test_jumps() -> None:
    thread = after(2 << 26 | 0x1234, {})
    assert (thread.pc, thread.next_pc, thread.registers[31]) == (CODE + 4, 0x48D0, 0)
    thread = after(3 << 26 | 0x1234, {})
    assert (thread.pc, thread.next_pc, thread.registers[31]) == (CODE + 4, 0x48D0, CODE + 8)
    thread = after(rtype(0x08, 1), {1: 0x77})
    assert (thread.pc, thread.next_pc) == (CODE + 4, 0x77)
    thread = after(rtype(0x09, 1, 0, 5), {1: 0x5000})
    assert (thread.next_pc, thread.registers[5], thread.registers[31]) == (0x5000, CODE + 8, 0)


@pytest.mark.parametrize(
    "instruction", [itype(4, 0, 0, 9), 2 << 26, 3 << 26, rtype(8), rtype(9), itype(1, 0, 1, 9)]
)
def test_no_jump_in_a_delay_slot(instruction: int) -> None:
    machine = machine_with([itype(4, 0, 0, 4), instruction])
    machine.step()
    before = machine.state_hash()
    with pytest.raises(JumpInDelaySlot):
        machine.step()
    assert machine.state_hash() == before
