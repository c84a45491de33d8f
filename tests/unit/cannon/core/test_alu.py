"""Instructions that compute, with random operands, against Python's integers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.cannon.errors import DivisionByZero, InvalidInstruction
from tests.unit.cannon.core.test_words import WORDS
from tests.unit.cannon.support import M64, after, itype, machine_with, rtype, signed

M32 = 0xFFFFFFFF


def s32(x: int) -> int:
    return signed(x, 32)


THREE: dict[int, Callable[[int, int], int]] = {
    0x04: lambda s, t: s32(t << (s & 31)),
    0x06: lambda s, t: s32((t & M32) >> (s & 31)),
    0x07: lambda s, t: s32(t) >> (s & 31),
    0x0F: lambda s, t: s,
    0x14: lambda s, t: t << (s & 63),
    0x16: lambda s, t: t >> (s & 63),
    0x17: lambda s, t: signed(t) >> (s & 63),
    0x20: lambda s, t: s32(s + t),
    0x21: lambda s, t: s32(s + t),
    0x22: lambda s, t: s32(s - t),
    0x23: lambda s, t: s32(s - t),
    0x24: lambda s, t: s & t,
    0x25: lambda s, t: s | t,
    0x26: lambda s, t: s ^ t,
    0x27: lambda s, t: ~(s | t),
    0x2A: lambda s, t: int(signed(s) < signed(t)),
    0x2B: lambda s, t: int(s < t),
    0x2C: lambda s, t: s + t,
    0x2D: lambda s, t: s + t,
    0x2E: lambda s, t: s - t,
    0x2F: lambda s, t: s - t,
}
SHIFTS: dict[int, Callable[[int, int], int]] = {
    0x00: lambda t, n: s32(t << n),
    0x02: lambda t, n: s32((t & M32) >> n),
    0x03: lambda t, n: s32(t) >> n,
    0x38: lambda t, n: t << n,
    0x3A: lambda t, n: t >> n,
    0x3B: lambda t, n: signed(t) >> n,
    0x3C: lambda t, n: t << (n + 32),
    0x3E: lambda t, n: t >> (n + 32),
    0x3F: lambda t, n: signed(t) >> (n + 32),
}
IMMEDIATE: dict[int, Callable[[int, int], int]] = {
    0x08: lambda s, i: s32(s + signed(i, 16)),
    0x09: lambda s, i: s32(s + signed(i, 16)),
    0x0A: lambda s, i: int(signed(s) < signed(i, 16)),
    0x0B: lambda s, i: int(s < signed(i, 16) & M64),
    0x0C: lambda s, i: s & i,
    0x0D: lambda s, i: s | i,
    0x0E: lambda s, i: s ^ i,
    0x0F: lambda s, i: s32(i << 16),
    0x18: lambda s, i: s + signed(i, 16),
    0x19: lambda s, i: s + signed(i, 16),
}


@given(st.sampled_from(sorted(THREE)), WORDS, WORDS)
def test_three_registers(fun: int, s: int, t: int) -> None:
    assert after(rtype(fun, 1, 2, 3), {1: s, 2: t}).registers[3] == THREE[fun](s, t) & M64


@given(st.sampled_from(sorted(SHIFTS)), WORDS, st.integers(0, 31))
def test_shifts(fun: int, t: int, n: int) -> None:
    assert after(rtype(fun, 0, 2, 3, n), {2: t}).registers[3] == SHIFTS[fun](t, n) & M64


@given(st.sampled_from(sorted(IMMEDIATE)), WORDS, st.integers(0, 0xFFFF))
def test_immediates(op: int, s: int, value: int) -> None:
    assert after(itype(op, 1, 2, value), {1: s}).registers[2] == IMMEDIATE[op](s, value) & M64


@given(st.booleans(), WORDS, WORDS)
def test_moves_with_a_condition(zero: bool, s: int, t: int) -> None:
    moved = after(rtype(0x0A if zero else 0x0B, 1, 2, 3), {1: s, 2: t, 3: 99}).registers[3]
    assert moved == (s if (t == 0) == zero else 99)


@given(WORDS, WORDS.filter(lambda t: t & M32 != 0))
def test_products_and_quotients(s: int, t: int) -> None:
    def hi_lo(fun: int) -> tuple[int, int]:
        thread = after(rtype(fun, 1, 2), {1: s, 2: t})
        return thread.hi, thread.lo

    def quotient(a: int, b: int) -> int:
        q = abs(a) // abs(b)
        return -q if (a < 0) != (b < 0) else q

    def both(q: int, a: int, b: int, cut: Callable[[int], int]) -> tuple[int, int]:
        return cut(a - q * b) & M64, cut(q) & M64

    product = s32(s) * s32(t)
    assert hi_lo(0x18) == (s32(product >> 32) & M64, s32(product) & M64)
    product = (s & M32) * (t & M32)
    assert hi_lo(0x19) == (s32(product >> 32) & M64, s32(product) & M64)
    assert hi_lo(0x1A) == both(quotient(s32(s), s32(t)), s32(s), s32(t), s32)
    assert hi_lo(0x1B) == both((s & M32) // (t & M32), s & M32, t & M32, s32)
    product = signed(s) * signed(t)
    assert hi_lo(0x1C) == (product >> 64 & M64, product & M64)
    assert hi_lo(0x1D) == (s * t >> 64, s * t & M64)
    assert hi_lo(0x1E) == both(quotient(signed(s), signed(t)), signed(s), signed(t), signed)
    assert hi_lo(0x1F) == (s % t, s // t)


def test_hi_and_lo_are_moved_and_a_destination_becomes_zero() -> None:
    assert after(rtype(0x10, rd=3), {}, hi=5, lo=6).registers[3] == 5
    assert after(rtype(0x12, rd=3), {}, hi=5, lo=6).registers[3] == 6
    moved = after(rtype(0x11, 1, 0, 3), {1: 7, 3: 9}, hi=5, lo=6)
    assert (moved.hi, moved.lo, moved.registers[3]) == (7, 6, 0)
    moved = after(rtype(0x13, 1, 0, 3), {1: 7, 3: 9}, hi=5, lo=6)
    assert (moved.hi, moved.lo, moved.registers[3]) == (5, 7, 0)
    assert after(rtype(0x19, 1, 2, 3), {1: 7, 2: 8, 3: 9}).registers[3] == 0


@pytest.mark.parametrize("fun", [0x1A, 0x1B, 0x1E, 0x1F])
def test_division_by_zero_changes_nothing(fun: int) -> None:
    for t in (0, 1 << 32) if fun < 0x1C else (0,):
        machine = machine_with([rtype(fun, 1, 2, 3)], {1: 7, 2: t, 3: 9})
        before = machine.state()
        with pytest.raises(DivisionByZero, match="step 0, pc 0x1000"):
            machine.step()
        assert machine.state() == before


@given(WORDS, WORDS)
def test_special2(s: int, t: int) -> None:
    def result(fun: int) -> int:
        return after(rtype(fun, 1, 2, 3, op=0x1C), {1: s, 2: t}).registers[3]

    assert result(0x02) == s32(s * t) & M64
    assert result(0x20) == 32 - (s & M32).bit_length()
    assert result(0x21) == 32 - (~s & M32).bit_length()
    assert result(0x24) == 64 - s.bit_length()
    assert result(0x25) == 64 - (~s & M64).bit_length()


def test_register_zero_stays_zero() -> None:
    assert after(rtype(0x25, 1, 1, 0), {1: 5}).registers[0] == 0
    assert after(itype(0x0D, 1, 0, 5), {1: 5}).registers[0] == 0


@pytest.mark.parametrize("fun", sorted(set(range(64)) - {0x02, 0x20, 0x21, 0x24, 0x25}))
def test_unknown_functions_of_special2(fun: int) -> None:
    with pytest.raises(InvalidInstruction):
        after(rtype(fun, op=0x1C), {})
