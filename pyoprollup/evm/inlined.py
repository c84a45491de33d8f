"""A quicker way through bytecode than py-evm's, on the same state and computation classes.

py-evm asks a code stream for instructions one by one and looks each of them up, checks the gas and the stack.
This interpreter runs code in segments whose gas and stack are checked at once, see
:mod:`~pyoprollup.evm.program`. Creations and self-destructions are left to py-evm.
``Interpreter.REFERENCE`` is py-evm as it is, and both are compared on random programs in the tests.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from pyoprollup.evm.instructions import expand

__all__ = ["Interpreter", "execute"]

_WORD = (1 << 256) - 1


class Interpreter(Enum):
    """The interpreters that can run bytecode."""

    INLINED = "inlined"
    REFERENCE = "reference"
    """py-evm as it is."""


# One function on purpose, with the kinds of steps and ends as plain numbers: a call or a look-up for each
# step is what it saves. Their names stand in the module `program`.
def execute(frame: Any) -> None:
    """Run the code of a call frame to its end; raises py-evm's ``VMError`` if it fails."""
    stack, memory, program = frame.stack, frame.memory, frame.program
    pop, push, segments = stack.pop, stack.append, program.segments
    gas: int = frame.gas
    position = 0
    while True:
        segment = segments.get(position) or program.segment(position)
        gas -= segment.gas
        if gas < 0 or not segment.needs <= len(stack) <= segment.room:
            raise segment.fault(gas, len(stack))
        for kind, arg in segment.steps:
            if kind < 3:
                if kind == 0:  # PUSH
                    push(arg)
                elif kind == 1:  # DUP
                    push(stack[arg])
                else:  # SWAP
                    stack[-1], stack[arg] = stack[arg], stack[-1]
            elif kind < 8:
                if kind == 3:  # AND with a constant
                    stack[-1] &= arg
                elif kind == 4:  # ADD a constant
                    stack[-1] = stack[-1] + arg & _WORD
                elif kind == 5:  # EQ to a constant
                    stack[-1] = 1 if stack[-1] == arg else 0
                else:  # MSTORE, MLOAD
                    at = pop()
                    if at + 32 > len(memory):
                        gas = expand(memory, at, 32, gas)
                    if kind == 6:
                        memory[at : at + 32] = pop().to_bytes(32, "big")
                    else:
                        push(int.from_bytes(memory[at : at + 32], "big"))
            elif kind < 13:
                if kind == 8:  # ADD
                    push(pop() + pop() & _WORD)
                elif kind == 9:  # AND
                    push(pop() & pop())
                elif kind == 10:  # SUB
                    push(pop() - pop() & _WORD)
                elif kind == 11:  # ISZERO
                    push(0 if pop() else 1)
                else:  # POP
                    pop()
            elif kind == 13:  # LT
                push(1 if pop() < pop() else 0)
            elif kind == 14:  # GT
                push(1 if pop() > pop() else 0)
            elif kind == 15:  # other functions of two operands
                push(arg(pop(), pop()))
            elif kind == 16:  # SWAP1 and POP
                del stack[-2]
            else:  # all else
                gas = arg(frame, gas)
        end = segment.end
        if end == 2 or end == 5:  # BRANCH, BRANCH_UNLESS
            position = segment.target if (pop() == 0) == (end == 5) else segment.after
        elif end == 1:  # JUMP
            position = segment.target
        elif end == 0:  # NEXT
            position = segment.after
        elif end < 5:  # JUMP_POPPED, BRANCH_POPPED
            position = pop()
            if end == 4 and not pop():
                position = segment.after
            elif position not in program.destinations:
                position = -1
        else:  # OTHER, HALT
            gas = segment.other(frame, gas)
            if end == 7:
                frame.gas = gas
                return
            position = segment.after
