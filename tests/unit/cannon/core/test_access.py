"""Loads and stores at every alignment, against bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.cannon.errors import InvalidInstruction
from tests.unit.cannon.core.test_words import WORDS
from tests.unit.cannon.support import CODE, DATA, M64, itype, machine_with, signed

BYTES = st.binary(min_size=16, max_size=16)
UPPER = 0xFFFFFFFF00000000


def load(op: int, data: bytes, at: int, rt: int) -> int:
    machine = machine_with([itype(op, 1, 2, 0)], {1: DATA + at, 2: rt}, {DATA: data})
    machine.step()
    return machine.state().active[-1].registers[2]


def store(op: int, data: bytes, at: int, rt: int) -> bytes:
    machine = machine_with([itype(op, 1, 2, 0)], {1: DATA + at, 2: rt}, {DATA: data})
    machine.step()
    return machine.state().memory.read(DATA, 16)


@given(BYTES, st.integers(0, 15), WORDS)
def test_loads(data: bytes, at: int, rt: int) -> None:
    for op, size, is_signed in (
        *((0x20, 1, True), (0x24, 1, False), (0x21, 2, True), (0x25, 2, False)),
        *((0x23, 4, True), (0x27, 4, False), (0x37, 8, False)),
    ):
        start = at & -size
        value = int.from_bytes(data[start : start + size], "big", signed=is_signed)
        assert load(op, data, at, rt) == value & M64


@given(BYTES, st.integers(0, 15), WORDS)
def test_stores(data: bytes, at: int, rt: int) -> None:
    for op, size in ((0x28, 1), (0x29, 2), (0x2B, 4), (0x3F, 8)):
        start = at & -size
        wanted = bytearray(data)
        wanted[start : start + size] = rt.to_bytes(8, "big")[8 - size :]
        assert store(op, data, at, rt) == wanted


@given(BYTES, st.integers(0, 15), WORDS)
def test_a_pair_of_unaligned_loads_fetches_what_lies_across_words(data: bytes, at: int, rt: int) -> None:
    for left, right, size in ((0x1A, 0x1B, 8), (0x22, 0x26, 4)):
        if at + size > 16:
            continue
        machine = machine_with(
            [itype(left, 1, 2, 0), itype(right, 1, 2, size - 1)], {1: DATA + at, 2: rt}, {DATA: data}
        )
        machine.run(2)
        wanted = signed(int.from_bytes(data[at : at + size], "big"), size * 8) & M64
        # Where the second load does not take bit 31, the upper half is what the first one left.
        assert machine.state().active[-1].registers[2] == wanted


@given(BYTES, st.integers(0, 15), WORDS)
def test_a_pair_of_unaligned_stores_writes_across_words(data: bytes, at: int, rt: int) -> None:
    for left, right, size in ((0x2C, 0x2D, 8), (0x2A, 0x2E, 4)):
        if at + size > 16:
            continue
        machine = machine_with(
            [itype(left, 1, 2, 0), itype(right, 1, 2, size - 1)], {1: DATA + at, 2: rt}, {DATA: data}
        )
        machine.run(2)
        wanted = bytearray(data)
        wanted[at : at + size] = rt.to_bytes(8, "big")[8 - size :]
        assert machine.state().memory.read(DATA, 16) == wanted


@given(BYTES, st.integers(0, 7), WORDS)
def test_lwr_keeps_the_upper_half_unless_it_loads_the_sign(data: bytes, at: int, rt: int) -> None:
    found = load(0x26, data, at, rt)
    word = data[at & -4 : (at & -4) + 4]
    part = word[: (at & 3) + 1]
    low = (rt.to_bytes(8, "big")[4:][: 3 - (at & 3)] + part) if at & 3 != 3 else word
    value = int.from_bytes(low, "big")
    assert found == (signed(value, 32) & M64 if at & 3 == 3 else rt & UPPER | value)


def test_missing_pages_are_zero_and_only_stores_make_them() -> None:
    machine = machine_with([itype(0x37, 1, 2, 0), itype(0x3F, 1, 3, 0)], {1: 0xC000000000, 2: 5, 3: 0})
    machine.step()
    assert machine.engine.page_count() == 1 and machine.state().active[-1].registers[2] == 0
    machine.step()
    assert machine.engine.page_count() == 2


def test_addresses_wrap() -> None:
    machine = machine_with([itype(0x3F, 1, 2, -8)], {1: 0, 2: 7})
    machine.step()
    assert machine.state().memory.peek(M64 - 7) == 7


@pytest.mark.parametrize("address", [DATA, DATA + 3, DATA + 7])
def test_a_store_ends_a_reservation_of_its_word(address: int) -> None:
    machine = machine_with([itype(0x28, 1, 2, 0)], {1: DATA + 5}, ll_status=1, ll_address=address, ll_owner=3)
    machine.step()
    state = machine.state()
    assert (state.ll_status, state.ll_address, state.ll_owner) == (0, 0, 0)


def test_a_store_beside_it_does_not() -> None:
    machine = machine_with([itype(0x28, 1, 2, 0)], {1: DATA + 8}, ll_status=1, ll_address=DATA, ll_owner=3)
    machine.step()
    state = machine.state()
    assert (state.ll_status, state.ll_address, state.ll_owner) == (1, DATA, 3)


@pytest.mark.parametrize("op", [0x2F, 0x31, 0x32, 0x33, 0x35, 0x36, 0x39, 0x3A, 0x3B, 0x3D, 0x3E])
def test_unknown_opcodes(op: int) -> None:
    machine = machine_with([itype(op, 1, 2, 0)], {1: DATA})
    with pytest.raises(InvalidInstruction, match=f"pc 0x{CODE:x}: invalid instruction"):
        machine.step()
