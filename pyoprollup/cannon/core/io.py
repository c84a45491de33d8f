"""The system calls read and write: the oracle's channels, and text for the host.

Specification: fault-proof/cannon-fault-proof-vm.md, "I/O"; fault-proof/index.md, "Pre-image Communication".
"""

from __future__ import annotations

from pyoprollup.cannon.core.access import put, touch
from pyoprollup.cannon.core.alu import finish
from pyoprollup.cannon.core.layout import (
    ALIGNED,
    BAD_OFFSET,
    GRANTED,
    HELD_KEY,
    HELD_SIZE,
    KEY,
    M64,
    NEED_PREIMAGE,
    NEED_WRITE,
    OFFSET,
    READ,
    READ_OFFSET,
)
from pyoprollup.cannon.core.plain import Vm, preimage_byte

__all__: list[str] = []

EBADF = 0x09
EAGAIN = 0x0B


def answer(r: list[int], value: int) -> int:
    """The call succeeds with this result."""
    r[2] = value
    r[7] = 0
    return finish(r, 0, 0)


def refuse(r: list[int], error: int) -> int:
    """The call fails, and says so to the program."""
    r[2] = error
    r[7] = M64
    return finish(r, 0, 0)


def read_preimage(vm: Vm, r: list[int]) -> int:
    """Bytes of the pre-image: as many as there are, are asked for, and fit into the word."""
    g = vm.g
    i = 0
    while i < 4:
        if g[KEY + i] != g[HELD_KEY + i]:
            return NEED_PREIMAGE
        i += 1
    offset = g[OFFSET]
    if offset >= g[HELD_SIZE]:
        return BAD_OFFSET
    where = r[5]
    count = 8 - (where & 7)
    if g[HELD_SIZE] - offset < count:
        count = g[HELD_SIZE] - offset
    if r[6] < count:
        count = r[6]
    word = touch(vm, where & ALIGNED)
    i = 0
    while i < count:
        at = 56 - (((where & 7) + i) << 3)
        word = (word & ~(0xFF << at)) | (preimage_byte(vm, offset + i) << at)
        i += 1
    put(vm, where & ALIGNED, word)
    g[READ] = 1
    g[READ_OFFSET] = offset
    g[OFFSET] = offset + count
    return answer(r, count)


def read(vm: Vm, r: list[int]) -> int:
    """Only pre-images have content; answers to hints are taken as read, and nothing else is there."""
    file = r[4]
    if file == 5:
        return read_preimage(vm, r)
    if file == 0:
        return answer(r, 0)
    if file == 3:
        return answer(r, r[6])
    if file == 100:
        return refuse(r, EAGAIN)
    return refuse(r, EBADF)


def write_key(vm: Vm, r: list[int]) -> int:
    """Bytes are pushed into the key from its end, at most to the end of the word; reading starts over."""
    g = vm.g
    where = r[5]
    word = touch(vm, where & ALIGNED)
    count = 8 - (where & 7)
    if r[6] < count:
        count = r[6]
    i = 0
    while i < count:
        byte = (word >> (56 - (((where & 7) + i) << 3))) & 0xFF
        g[KEY] = ((g[KEY] << 8) & M64) | (g[KEY + 1] >> 56)
        g[KEY + 1] = ((g[KEY + 1] << 8) & M64) | (g[KEY + 2] >> 56)
        g[KEY + 2] = ((g[KEY + 2] << 8) & M64) | (g[KEY + 3] >> 56)
        g[KEY + 3] = ((g[KEY + 3] << 8) & M64) | byte
        i += 1
    g[OFFSET] = 0
    return answer(r, count)


def write(vm: Vm, r: list[int]) -> int:
    """Text and hints go to the host before the step is done, and are always taken whole."""
    file = r[4]
    if file == 1 or file == 2 or file == 4:
        if not vm.g[GRANTED]:
            return NEED_WRITE
        vm.g[GRANTED] = 0
        return answer(r, r[6])
    if file == 6:
        return write_key(vm, r)
    if file == 100:
        return refuse(r, EAGAIN)
    return refuse(r, EBADF)
