"""A quicker way through bytecode: the simple instructions in one loop, everything else left to py-evm.

py-evm asks a code stream for instructions and looks each of them up. This stream executes arithmetic,
comparisons, stack, memory and jumps itself, with the gas in a local variable, and hands out only the
rest: calls, storage, logs, hashing. Twice to three times as fast on real blocks. The stack holds integers
only. ``Interpreter.REFERENCE`` leaves it out, and both are compared on random programs in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache
from typing import Any

from eth.exceptions import FullStack, InsufficientStack, InvalidJumpDestination, OutOfGas
from eth.vm.code_stream import CodeStream

__all__ = ["InlinedCode", "Interpreter", "jump_destinations"]

_WORD = (1 << 256) - 1
_SIGN = 1 << 255
_STACK_LIMIT = 1024
_PADDING = bytes(33)  # a program that runs off its end stops, and so does a PUSH there


class Interpreter(Enum):
    """What runs bytecode."""

    INLINED = "inlined"
    REFERENCE = "reference"
    """py-evm as it is."""


# JUMPDEST, or a PUSH with its data, which the end of the code may cut off. A search skips all else.
_MARKS = re.compile(
    b"\\x5b|" + b"|".join(re.escape(bytes([0x5F + size])) + b".{0,%d}" % size for size in range(1, 33)),
    re.DOTALL,
)


@lru_cache(maxsize=1024)
def jump_destinations(code: bytes) -> frozenset[int]:
    """Positions that a jump may lead to: JUMPDEST, but not within the data of a PUSH."""
    return frozenset([mark.start() for mark in _MARKS.finditer(code) if mark[0] == b"\x5b"])


# Gas by instruction; 0 for those that are handed out.
_GAS = [0] * 256
for _op in (*range(0x60, 0xA0), 0x01, 0x03, *range(0x10, 0x1E), 0x35, 0x51, 0x52):
    _GAS[_op] = 3
for _op in (0x02, 0x04, 0x06):
    _GAS[_op] = 5
_GAS[0x50], _GAS[0x56], _GAS[0x57], _GAS[0x5B] = 2, 8, 10, 1


class InlinedCode(CodeStream):
    """The code of one call frame, which runs itself while it is iterated."""

    def __init__(
        self, code: bytes, meter: Any, stack: list[int], memory: Any, extend: Any, data: Any
    ) -> None:
        super().__init__(code)
        self._computation_parts = (meter, stack, memory, extend, data)

    def __iter__(self) -> Iterator[int]:
        """Instructions that are left to py-evm, everything before each of them executed.

        One function on purpose, however long: a call for each instruction is what it saves.
        """
        meter, stack, memory, extend, data = self._computation_parts
        raw = self._raw_code_bytes
        code = raw + _PADDING
        end = len(raw)
        pop, push = stack.pop, stack.append
        targets: frozenset[int] | None = None
        gas: int = meter.gas_remaining
        pos = 0
        try:
            while True:
                op = code[pos] if pos < end else 0
                price = _GAS[op]
                if not price:
                    meter.gas_remaining = gas
                    self.program_counter = pos + 1
                    yield op
                    gas = meter.gas_remaining
                    pos += 1
                    continue
                if gas < price:
                    raise OutOfGas(f"instruction {op:#04x} needs {price} gas, {gas} left")
                gas -= price
                pos += 1
                if op >= 0x60:
                    if op < 0x90:
                        if len(stack) >= _STACK_LIMIT:
                            raise FullStack("Stack limit reached")
                        if op < 0x80:  # PUSH1..PUSH32
                            after = pos + op - 0x5F
                            push(int.from_bytes(code[pos:after], "big"))
                            pos = after
                        else:  # DUP1..DUP16
                            push(stack[0x7F - op])
                    else:  # SWAP1..SWAP16
                        other = 0x8E - op
                        stack[-1], stack[other] = stack[other], stack[-1]
                elif op >= 0x50:
                    if op == 0x56 or op == 0x57:  # JUMP, JUMPI
                        target = pop()
                        if op == 0x56 or pop():
                            if targets is None:
                                targets = jump_destinations(raw)
                            if target not in targets:
                                raise InvalidJumpDestination(f"no JUMPDEST at {target}")
                            pos = target
                    elif op == 0x50:  # POP
                        pop()
                    elif op == 0x51 or op == 0x52:  # MLOAD, MSTORE
                        at = pop()
                        value = pop() if op == 0x52 else 0
                        if at + 32 > len(memory._bytes):
                            meter.gas_remaining = gas
                            extend(at, 32)
                            gas = meter.gas_remaining
                        if op == 0x52:
                            memory._bytes[at : at + 32] = value.to_bytes(32, "big")
                        else:
                            push(int.from_bytes(memory._bytes[at : at + 32], "big"))
                elif op >= 0x10:
                    a = pop()
                    if op == 0x15:  # ISZERO
                        push(0 if a else 1)
                    elif op == 0x19:  # NOT
                        push(_WORD - a)
                    elif op == 0x35:  # CALLDATALOAD
                        push(int.from_bytes(bytes(data[a : a + 32]).ljust(32, b"\x00"), "big"))
                    else:
                        push(_binary(op, a, pop()))
                elif op == 0x01:
                    push(pop() + pop() & _WORD)
                else:
                    push(_arithmetic(op, pop(), pop()))
        except IndexError:
            # Only the stack can be too short here: the code is padded, and what is handed out runs elsewhere.
            raise InsufficientStack("not enough values on the stack") from None


def _arithmetic(op: int, a: int, b: int) -> int:
    """SUB, MUL, DIV and MOD; ``a`` is from the top of the stack."""
    if op == 0x03:
        return a - b & _WORD
    if op == 0x02:
        return a * b & _WORD
    if not b:
        return 0
    return a // b if op == 0x04 else a % b


def _binary(op: int, a: int, b: int) -> int:
    """Comparisons and bitwise instructions of two operands, ``a`` from the top of the stack."""
    if op == 0x16:  # AND
        return a & b
    if op == 0x14:  # EQ
        return 1 if a == b else 0
    if op == 0x10:  # LT
        return 1 if a < b else 0
    if op == 0x11:  # GT
        return 1 if a > b else 0
    if op == 0x1C:  # SHR
        return b >> a if a < 256 else 0
    if op == 0x1B:  # SHL
        return b << a & _WORD if a < 256 else 0
    if op == 0x17:  # OR
        return a | b
    if op == 0x12:  # SLT: flipping the sign bits makes it LT
        return 1 if a ^ _SIGN < b ^ _SIGN else 0
    if op == 0x13:  # SGT
        return 1 if a ^ _SIGN > b ^ _SIGN else 0
    if op == 0x18:  # XOR
        return a ^ b
    if op == 0x1A:  # BYTE
        return b >> 8 * (31 - a) & 0xFF if a < 32 else 0
    # SAR
    signed = b - (1 << 256) if b & _SIGN else b
    return signed >> min(a, 256) & _WORD
