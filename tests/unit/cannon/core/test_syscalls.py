"""System calls: their answers, and what they do to the machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.cannon.core.words import splitmix64
from pyoprollup.cannon.errors import UnknownSyscall
from pyoprollup.cannon.state import Thread
from pyoprollup.cannon.versions import NOOP_SYSCALLS
from tests.unit.cannon.core.test_words import WORDS
from tests.unit.cannon.support import CODE, DATA, M64, SYSCALL, called, machine_with, registers

EBADF, EAGAIN, EINVAL = (9, M64), (11, M64), (22, M64)
HEAP = 0x100000000000
GO_CLONE = 0x50F00


@pytest.mark.parametrize("number", sorted(NOOP_SYSCALLS))
def test_calls_that_do_nothing(number: int) -> None:
    assert called(number, 1, 2, 3)[:2] == (0, 0)


@pytest.mark.parametrize("number", [0, 4090, 4999, 5006, 5153, 5319, 5320, 6000, 1 << 63, M64])
def test_unknown_calls_cannot_be_made(number: int) -> None:
    machine = machine_with([SYSCALL], {2: number})
    before = machine.state()
    with pytest.raises(UnknownSyscall, match=f"step 0, pc 0x1000: unknown system call {number}$"):
        machine.step()
    assert machine.state() == before


def test_simple_answers() -> None:
    assert called(5012)[:2] == (0x400000000000, 0)  # brk
    assert called(5002)[:2] == EBADF  # open
    assert called(5178)[:2] == (0, 0)  # gettid
    assert called(5038)[:2] == (0, 0)  # getpid
    assert called(5284, 0, 0x80)[:2] == (100, 0)  # eventfd2
    assert called(5284, 0, 0x7F)[:2] == EINVAL
    assert called(5034)[2].state().traverse_right  # nanosleep gives way


@pytest.mark.parametrize(
    ("start", "size", "answer", "heap"),
    [
        (0, 0, (HEAP, 0), HEAP),
        (0, 1, (HEAP, 0), HEAP + 4096),
        (0, 4096, (HEAP, 0), HEAP + 4096),
        (0, 4097, (HEAP, 0), HEAP + 8192),
        (0, 0x500000000000, (HEAP, 0), HEAP + 0x500000000000),
        (0, 0x500000000001, EINVAL, HEAP),
        (0, M64, EINVAL, HEAP),
        (0, M64 - 4095, EINVAL, HEAP),
        (7, M64, (7, 0), HEAP),
    ],
)
def test_mmap(start: int, size: int, answer: tuple[int, int], heap: int) -> None:
    *found, machine = called(5009, start, size)
    assert tuple(found) == answer
    assert machine.state().heap == heap


def test_a_clone_runs_first() -> None:
    *answer, machine = called(5055, GO_CLONE, 0x3000, next_thread_id=5)
    assert tuple(answer) == (5, 0)
    state = machine.state()
    parent, child = state.left
    assert (parent.thread_id, child.thread_id, state.next_thread_id) == (0, 5, 6)
    assert (parent.pc, child.pc, child.next_pc) == (CODE + 4, CODE + 4, CODE + 8)
    assert (child.registers[2], child.registers[7], child.registers[29]) == (0, 0, 0x3000)
    assert state.steps_since_switch == 0 and state.step == 1


def test_a_clone_with_other_flags_ends_the_machine() -> None:
    state = called(5055, GO_CLONE | 1 << 32)[2].state()
    assert (state.exited, state.exit_code, len(state.left), state.left[0].pc) == (True, 2, 1, CODE)


@given(WORDS)
def test_exit(code: int) -> None:
    state = called(5205, code)[2].state()
    assert (state.exited, state.exit_code, state.left[0].pc, state.left[0].exited) == (
        True,
        code & 0xFF,
        CODE,
        False,
    )
    state = called(5058, code)[2].state()
    assert (state.exited, state.exit_code, state.left[0].exited) == (True, code & 0xFF, True)


def test_a_thread_that_exits_is_not_the_machine() -> None:
    machine = machine_with([SYSCALL], {2: 5058, 4: 3}, right=[Thread(1, CODE, CODE + 4)])
    machine.step()
    state = machine.state()
    assert (state.exited, state.exit_code, state.left[0].exited, state.left[0].exit_code) == (
        False,
        0,
        True,
        3,
    )


@pytest.mark.parametrize("at", [0, 4])
def test_a_futex_is_32_bits(at: int) -> None:
    """Two words side by side of which only the neighbour differs."""
    memory = {DATA: bytes.fromhex("0000000700000009")}
    value = 7 if at == 0 else 9
    for address in (DATA + at, DATA + at + 3):
        *answer, machine = called(5194, address, 128, value | 0xDEAD00000000, memory=memory)
        assert tuple(answer) == (0, 0) and machine.state().traverse_right
        *answer, machine = called(5194, address, 128, 16 - value, memory=memory)
        assert tuple(answer) == EAGAIN and not machine.state().traverse_right
    assert called(5194, DATA, 129)[2].state().traverse_right
    assert called(5194, DATA, 0)[:2] == EINVAL
    assert called(5194, DATA, 128 | 1 << 32)[:2] == EINVAL


def test_the_clock_counts_steps() -> None:
    *answer, machine = called(5222, 1, DATA + 5, step=123_456_788)
    assert tuple(answer) == (0, 0)
    assert machine.state().memory.read(DATA, 16) == (12).to_bytes(8, "big") + (345_678_900).to_bytes(8, "big")
    machine = called(5222, 0, DATA, step=123_456_788, memory={DATA: b"\xff" * 16})[2]
    assert machine.state().memory.read(DATA, 16) == bytes(16)
    assert called(5222, 2, DATA)[:2] == EINVAL


@given(st.integers(0, 15), st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1 << 40, M64]), WORDS)
def test_random_bytes_follow_from_the_step(at: int, count: int, step: int) -> None:
    *answer, machine = called(5313, DATA + at, count, step=step, memory={DATA: b"\xee" * 16})
    written = min(count, 8 - at % 8)
    assert tuple(answer) == (written, 0)
    wanted = bytearray(b"\xee" * 16)
    random = splitmix64(step + 1 & M64).to_bytes(8, "big")
    wanted[at : at + written] = random[at % 8 : at % 8 + written]
    assert machine.state().memory.read(DATA, 16) == wanted


def test_flags_of_files() -> None:
    for file in range(7):
        assert called(5070, file, 1)[:2] == (0, 0)
        assert called(5070, file, 3)[:2] == (int(file in (1, 2, 4, 6)), 0)
        assert called(5070, file, 2)[:2] == EINVAL
    for file in (7, 100, M64):
        assert called(5070, file, 1)[:2] == called(5070, file, 3)[:2] == EBADF


def test_only_the_result_and_the_error_change() -> None:
    values = {i: 1000 + i for i in range(1, 32)} | {2: 5012}
    machine = machine_with([SYSCALL], values)
    machine.step()
    assert machine.state().left[0].registers == registers(values | {2: 0x400000000000, 7: 0})
