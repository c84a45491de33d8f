"""The channels to the oracle, and what a program prints."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.cannon.errors import BadPreimageOffset, PreimageError, WriteTooLong
from pyoprollup.cannon.machine import MAX_WRITE, Machine
from tests.unit.cannon.support import DATA, M64, SYSCALL, Preimages, called, machine_with, state_with

READ, WRITE = 5000, 5001
EBADF, EAGAIN = (9, M64), (11, M64)
KEY = bytes([2]) + bytes(range(31))


def test_files_without_content() -> None:
    assert called(READ, 0, DATA, 5)[:2] == (0, 0)
    assert called(READ, 3, DATA, 5)[:2] == (5, 0)
    assert called(READ, 100, DATA, 5)[:2] == called(WRITE, 100, DATA, 5)[:2] == EAGAIN
    for file in (1, 2, 4, 6, 7, M64):
        assert called(READ, file, DATA, 5)[:2] == EBADF
    for file in (0, 3, 5, 7, M64):
        assert called(WRITE, file, DATA, 5)[:2] == EBADF


@given(
    st.binary(max_size=40),
    st.integers(0, 50),
    st.integers(0, 15),
    st.sampled_from([0, 1, 3, 7, 8, 9, 4096, 1 << 63]),
)
def test_reading_a_preimage(data: bytes, offset: int, at: int, count: int) -> None:
    state = state_with(
        [SYSCALL],
        {2: READ, 4: 5, 5: DATA + at, 6: count},
        {DATA: b"\xee" * 16},
        preimage_key=KEY,
        preimage_offset=offset,
    )
    machine = Machine(state, Preimages({KEY: data}))
    whole = len(data).to_bytes(8, "big") + data
    if offset >= len(whole):
        before = machine.state()
        with pytest.raises(BadPreimageOffset):
            machine.step()
        assert machine.state() == before
        return
    part = whole[offset:][: min(count, 8 - at % 8)]
    machine.step()
    after = machine.state()
    assert (after.left[0].registers[2], after.left[0].registers[7]) == (len(part), 0)
    assert after.preimage_offset == offset + len(part)
    wanted = bytearray(b"\xee" * 16)
    wanted[at : at + len(part)] = part
    assert after.memory.read(DATA, 16) == wanted
    assert machine.last_read is not None and machine.last_read.value == whole
    assert (machine.last_read.key, machine.last_read.offset) == (KEY, offset)


def test_a_missing_preimage_changes_nothing() -> None:
    machine = machine_with([SYSCALL], {2: READ, 4: 5, 5: DATA, 6: 8}, oracle=Preimages(), preimage_key=KEY)
    before = machine.state()
    with pytest.raises(PreimageError):
        machine.step()
    assert machine.state() == before
    assert machine.requests == 0


def test_without_a_key_there_is_nothing_to_read() -> None:
    with pytest.raises(BadPreimageOffset):
        called(READ, 5, DATA, 8)


@given(st.binary(min_size=16, max_size=16), st.integers(0, 15), st.integers(0, 9))
def test_writing_a_key(data: bytes, at: int, count: int) -> None:
    *answer, machine = called(
        WRITE, 6, DATA + at, count, memory={DATA: data}, preimage_key=KEY, preimage_offset=5
    )
    part = data[at : at + min(count, 8 - at % 8)]
    assert tuple(answer) == (len(part), 0)
    assert machine.state().preimage_key == (KEY + part)[len(part) :]
    assert machine.state().preimage_offset == 0


def test_hints_come_in_any_pieces() -> None:
    oracle = Preimages()
    messages = [b"", b"one", b"\x00" * 5]
    stream = b"".join(len(each).to_bytes(4, "big") + each for each in messages) + b"\x00\x00"
    hint = b""
    for start in range(0, len(stream), 3):
        part = stream[start : start + 3]
        state = state_with([SYSCALL], {2: WRITE, 4: 4, 5: DATA, 6: len(part)}, {DATA: part}, last_hint=hint)
        machine = Machine(state, oracle)
        machine.step()
        hint = machine.state().last_hint
    assert oracle.hints == messages
    assert hint == b"\x00\x00"


def test_what_is_printed_across_pages() -> None:
    out, err = bytearray(), bytearray()
    for file, to in ((1, out), (2, err)):
        state = state_with(
            [SYSCALL], {2: WRITE, 4: file, 5: 0x20FFE, 6: 5}, {0x20FFE: b"a\xffc", 0x21001: b"de"}
        )
        machine = Machine(state, stdout=out.extend, stderr=err.extend)
        machine.step()
        assert machine.state().left[0].registers[2] == 5
        assert bytes(to) == b"a\xffcde"


def test_too_much_at_once() -> None:
    with pytest.raises(WriteTooLong):
        called(WRITE, 1, DATA, MAX_WRITE + 1)
