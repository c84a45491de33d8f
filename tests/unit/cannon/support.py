"""Small machines for tests: instructions at an address, registers, memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyoprollup.cannon.errors import PreimageError
from pyoprollup.cannon.machine import Machine
from pyoprollup.cannon.state import State, Thread

CODE = 0x1000
DATA = 0x20000
M64 = 2**64 - 1


def signed(x: int, bits: int = 64) -> int:
    """The low bits of a number, as a signed one."""
    x &= (1 << bits) - 1
    return x - (1 << bits) if x >> (bits - 1) else x


def rtype(fun: int, rs: int = 0, rt: int = 0, rd: int = 0, shift: int = 0, op: int = 0) -> int:
    """An instruction with three registers."""
    return op << 26 | rs << 21 | rt << 16 | rd << 11 | shift << 6 | fun


def itype(op: int, rs: int, rt: int, value: int) -> int:
    """An instruction with two registers and 16 bits."""
    return op << 26 | rs << 21 | rt << 16 | value & 0xFFFF


SYSCALL = 0x0C


class Preimages:
    """An oracle with a table."""

    def __init__(self, table: Mapping[bytes, bytes] | None = None) -> None:
        self.table = dict(table or {})
        self.hints: list[bytes] = []

    def hint(self, hint: bytes) -> None:
        self.hints.append(hint)

    def get(self, key: bytes) -> bytes:
        if key not in self.table:
            raise PreimageError(f"none for {key.hex()}")
        return self.table[key]


def registers(values: Mapping[int, int]) -> tuple[int, ...]:
    """All registers, those not named zero."""
    return tuple(values.get(i, 0) & M64 for i in range(32))


def state_with(
    instructions: Sequence[int] = (),
    values: Mapping[int, int] | None = None,
    memory: Mapping[int, bytes] | None = None,
    **fields: Any,
) -> State:
    """A state about to carry out these instructions, with one thread unless ``fields`` say otherwise."""
    thread = Thread(0, CODE, CODE + 4, registers=registers(values or {}))
    state = State(left=[thread], heap=0x100000000000)
    for name, value in fields.items():
        setattr(state, name, value)
    state.memory.write(CODE, b"".join(each.to_bytes(4, "big") for each in instructions))
    for address, data in (memory or {}).items():
        state.memory.write(address, data)
    return state


def machine_with(*args: Any, oracle: Any = None, **fields: Any) -> Machine:
    """A machine in such a state."""
    return Machine(state_with(*args, **fields), oracle)


def after(instruction: int, values: Mapping[int, int], hi: int = 0, lo: int = 0) -> Thread:
    """The thread after one instruction."""
    state = state_with([instruction], values)
    state.left = [replace(state.left[0], hi=hi, lo=lo)]
    machine = Machine(state)
    machine.step()
    return machine.state().active[-1]


def called(number: int, *arguments: int, **fields: Any) -> tuple[int, int, Machine]:
    """Result and error of a system call, and the machine that made it."""
    values = {2: number, **{4 + i: value for i, value in enumerate(arguments)}}
    machine = machine_with([SYSCALL], values, **fields)
    machine.step()
    state = machine.state()
    threads = {each.thread_id: each for each in (*state.left, *state.right)}
    return threads[0].registers[2], threads[0].registers[7], machine
