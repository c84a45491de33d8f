"""System calls: the few that a Go program needs to be content, answered without an operating system.

A call's number is in v0, its arguments in a0 to a3; its result goes to v0, and a3 is 0, or all ones if v0 is
the number of an error. Files are what the oracle is talked to through: 4 takes hints, 6 the key of a
pre-image, of which 5 is read.

Specification: fault-proof/cannon-fault-proof-vm.md, "Syscalls", "Futex Operations", "Voluntary Preemption".
Where its text differs from what the reference does in state version 8, the latter counts: a failing call
leaves the error's number in v0.
"""

from __future__ import annotations

from pyoprollup.cannon.core.access import half, put, touch
from pyoprollup.cannon.core.io import EAGAIN, EBADF, answer, read, refuse, write
from pyoprollup.cannon.core.layout import (
    ACCESS,
    ACCESSES,
    ALIGNED,
    BAD_SYSCALL,
    BEFORE,
    COUNTS,
    EXIT_CODE,
    EXITED,
    HEAP,
    ID,
    M32,
    M64,
    NEED_THREADS,
    NEXT,
    NEXT_ID,
    OK,
    PC,
    REPORT_SECOND,
    RIGHT,
    SECOND,
    STEP,
    SWITCHED,
    THREAD_CODE,
    THREAD_EXITED,
    THREAD_ROOM,
)
from pyoprollup.cannon.core.plain import Vm, copy_row, load64, row
from pyoprollup.cannon.core.threads import preempt
from pyoprollup.cannon.core.words import splitmix64

__all__: list[str] = []

EINVAL = 0x16
HEAP_END = 0x600000000000
PROGRAM_BREAK = 0x400000000000
CLONE_FLAGS = 0x50F00
"""What Go asks for when it makes a thread: shared memory, file system, files, signals, semaphores; thread
group.
"""
HZ = 10000000
"""Steps that make a second on the machine's clock."""
NANOSECONDS = 100
"""Nanoseconds of a step."""


def give_way(vm: Vm, r: list[int]) -> int:
    """The call succeeds, and another thread has its turn."""
    answer(r, 0)
    return preempt(vm)


def mmap(vm: Vm, r: list[int]) -> int:
    """Memory is there without asking; addresses are given out upwards, in whole pages."""
    start = r[4]
    size = (r[5] + 0xFFF) & M64 & ~0xFFF
    if start != 0:
        return answer(r, start)
    heap = vm.g[HEAP]
    end = (heap + size) & M64
    if end > HEAP_END or end < heap or size < r[5]:
        return refuse(r, EINVAL)
    vm.g[HEAP] = end
    return answer(r, heap)


def clone(vm: Vm, r: list[int]) -> int:
    """A new thread, which becomes the active one. Flags that are not Go's end the machine with code 2."""
    g = vm.g
    if r[4] != CLONE_FLAGS:
        g[EXITED] = 1
        g[EXIT_CODE] = 2
        return OK
    if g[COUNTS] + g[COUNTS + 1] >= g[THREAD_ROOM]:
        return NEED_THREADS
    side = g[RIGHT]
    count = g[COUNTS + side]
    copy_row(vm, side, count, r)
    child = row(vm, side, count)
    child[PC] = r[NEXT]
    child[NEXT] = (r[NEXT] + 4) & M64
    child[ID] = g[NEXT_ID]
    child[THREAD_CODE] = 0
    child[THREAD_EXITED] = 0
    child[29] = r[5]
    child[2] = 0
    child[7] = 0
    g[COUNTS + side] = count + 1
    answer(r, g[NEXT_ID])
    g[NEXT_ID] = (g[NEXT_ID] + 1) & M64
    return SWITCHED


def exit_thread(vm: Vm, r: list[int]) -> int:
    """The thread ends; with the last one the machine does."""
    g = vm.g
    r[THREAD_EXITED] = 1
    r[THREAD_CODE] = r[4] & 0xFF
    if g[COUNTS] + g[COUNTS + 1] == 1:
        g[EXITED] = 1
        g[EXIT_CODE] = r[4] & 0xFF
    return OK


def exit_group(vm: Vm, r: list[int]) -> int:
    """The machine ends, whatever its threads do."""
    vm.g[EXITED] = 1
    vm.g[EXIT_CODE] = r[4] & 0xFF
    return OK


def futex(vm: Vm, r: list[int]) -> int:
    """Waiting is giving way while 32 bits have the value told, waking is giving way; nobody sleeps."""
    if r[5] == 128:
        where = r[4] & ~3
        if half(where, touch(vm, where & ALIGNED)) != r[6] & M32:
            return refuse(r, EAGAIN)
        return give_way(vm, r)
    if r[5] == 129:
        return give_way(vm, r)
    return refuse(r, EINVAL)


def clock_gettime(vm: Vm, r: list[int]) -> int:
    """Clock 1 counts steps, clock 0 stands still at zero. The only step that touches two words."""
    g = vm.g
    if r[4] > 1:
        return refuse(r, EINVAL)
    step = (g[STEP] + 1) & M64
    seconds = 0
    nanoseconds = 0
    if r[4] == 1:
        seconds = step // HZ
        nanoseconds = (step % HZ) * NANOSECONDS
    first = r[5] & ALIGNED
    second = (first + 8) & M64
    touch(vm, first)
    put(vm, first, seconds)
    g[ACCESSES] = 2
    g[ACCESS + 1] = second
    g[BEFORE + 1] = load64(vm, second)
    put(vm, second, nanoseconds)
    g[SECOND] = g[REPORT_SECOND]
    return answer(r, 0)


def getrandom(vm: Vm, r: list[int]) -> int:
    """Bytes that follow from the step's number, at most to the end of a word."""
    where = r[4]
    address = where & ALIGNED
    word = touch(vm, address)
    count = 8 - (where & 7)
    if r[5] < count:
        count = r[5]
    mask = 0
    if count != 0:
        mask = ((M64 << (64 - (count << 3))) & M64) >> ((where & 7) << 3)
    put(vm, address, (word & ~mask) | (splitmix64((vm.g[STEP] + 1) & M64) & mask))
    return answer(r, count)


def fcntl(r: list[int]) -> int:
    """Flags of the files that there are: 1 asks for those of the descriptor, 3 for those of the file."""
    file = r[4]
    if r[5] != 1 and r[5] != 3:
        return refuse(r, EINVAL)
    if file > 6:
        return refuse(r, EBADF)
    if r[5] == 3 and (file == 1 or file == 2 or file == 4 or file == 6):
        return answer(r, 1)
    return answer(r, 0)


def system_call(vm: Vm, r: list[int]) -> int:
    """Carry out the call that the active thread makes."""
    number = r[2]
    if number == 5000:
        return read(vm, r)
    if number == 5001:
        return write(vm, r)
    if number == 5194:
        return futex(vm, r)
    if number == 5222:
        return clock_gettime(vm, r)
    if number == 5023 or number == 5034:  # sched_yield, nanosleep
        return give_way(vm, r)
    if number == 5009:
        return mmap(vm, r)
    if number == 5055:
        return clone(vm, r)
    if number == 5205:
        return exit_group(vm, r)
    if number == 5058:
        return exit_thread(vm, r)
    if number == 5313:
        return getrandom(vm, r)
    if number == 5070:
        return fcntl(r)
    if number == 5178:  # gettid
        return answer(r, r[ID])
    if number == 5038:  # getpid
        return answer(r, 0)
    if number == 5012:  # brk
        return answer(r, PROGRAM_BREAK)
    if number == 5002:  # open
        return refuse(r, EBADF)
    if (
        number == 5284
    ):  # eventfd2: a descriptor that never has anything to tell, and only for who does not wait
        return answer(r, 100) if r[5] & 0x80 else refuse(r, EINVAL)
    if number < 5000 or number >= 5320 or not vm.noops[number - 5000]:
        return BAD_SYSCALL
    return answer(r, 0)
