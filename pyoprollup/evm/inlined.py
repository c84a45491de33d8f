"""The loop that runs bytecode, quicker than py-evm's.

py-evm asks a code stream for instructions one by one and looks each of them up, checks the gas and the stack.
This interpreter runs code in segments whose gas and stack are checked at once, see
:mod:`~pyoprollup.evm.program`. Creations and self-destructions are left to py-evm.

Twin: pyoprollup.evm.oracle; held equal by tests/unit/evm/test_inlined.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyoprollup.evm.instructions import expand
from pyoprollup.evm.program import End, Segment, Step

if TYPE_CHECKING:
    from pyoprollup.evm.frame import Frame

__all__ = ["SLICE_GAS", "execute"]

SLICE_GAS = 20_000
"""Gas that a frame spends at most between two calls of the state's checkpoint; the first is at its start."""

_WORD = (1 << 256) - 1

_STEPS = Step.PUSH, Step.DUP, Step.SWAP, Step.AND_WITH, Step.ADD_WITH, Step.EQ_WITH, Step.MSTORE, Step.MLOAD
_FUNCTIONS = Step.ADD, Step.AND, Step.SUB, Step.ISZERO, Step.POP, Step.LT, Step.GT, Step.BINARY, Step.NIP
_ENDS = End.NEXT, End.JUMP, End.BRANCH, End.JUMP_POPPED, End.BRANCH_POPPED, End.BRANCH_UNLESS, End.HALT


# One function on purpose, with the kinds of steps and ends as numbers in local names: a call or a look-up for
# each step is what it saves.
def execute(frame: Frame) -> None:
    """Run the code of a call frame to its end; raises ``VMError``, and what the state's checkpoint does."""
    PUSH, DUP, SWAP, AND_WITH, ADD_WITH, EQ_WITH, MSTORE, MLOAD = _STEPS
    ADD, AND, SUB, ISZERO, POP, LT, GT, BINARY, NIP = _FUNCTIONS
    NEXT, JUMP, BRANCH, JUMP_POPPED, BRANCH_POPPED, BRANCH_UNLESS, HALT = _ENDS
    stack, memory, program = frame.stack, frame.memory, frame.program
    pop, push, segments = stack.pop, stack.append, program.segments
    gas: int = frame.gas
    floor, position = _pause(frame, gas), 0
    while True:
        segment = segments.get(position) or program.segment(position)
        gas -= segment.gas
        if gas < floor or not segment.needs <= len(stack) <= segment.room:
            floor = _look(frame, segment, gas)
        for kind, arg in segment.steps:
            if kind <= SWAP:
                if kind == PUSH:
                    push(arg)
                elif kind == DUP:
                    push(stack[arg])
                else:  # SWAP
                    stack[-1], stack[arg] = stack[arg], stack[-1]
            elif kind <= MLOAD:
                if kind == AND_WITH:
                    stack[-1] &= arg
                elif kind == ADD_WITH:
                    stack[-1] = stack[-1] + arg & _WORD
                elif kind == EQ_WITH:
                    stack[-1] = 1 if stack[-1] == arg else 0
                else:  # MSTORE, MLOAD
                    at = pop()
                    if at + 32 > len(memory):
                        gas = expand(memory, at, 32, gas)
                    if kind == MSTORE:
                        memory[at : at + 32] = pop().to_bytes(32, "big")
                    else:
                        push(int.from_bytes(memory[at : at + 32], "big"))
            elif kind <= POP:
                if kind == ADD:
                    push(pop() + pop() & _WORD)
                elif kind == AND:
                    push(pop() & pop())
                elif kind == SUB:
                    push(pop() - pop() & _WORD)
                elif kind == ISZERO:
                    push(0 if pop() else 1)
                else:  # POP
                    pop()
            elif kind == LT:
                push(1 if pop() < pop() else 0)
            elif kind == GT:
                push(1 if pop() > pop() else 0)
            elif kind == BINARY:
                push(arg(pop(), pop()))
            elif kind == NIP:
                del stack[-2]
            else:  # OTHER
                gas = arg(frame, gas)
        end = segment.end
        if end == BRANCH:
            position = segment.target if pop() else segment.after
        elif end == BRANCH_UNLESS:
            position = segment.after if pop() else segment.target
        elif end == JUMP:
            position = segment.target
        elif end == NEXT:
            position = segment.after
        elif JUMP_POPPED <= end <= BRANCH_POPPED:
            position = pop()
            if end == BRANCH_POPPED and not pop():
                position = segment.after
            elif position not in program.destinations and not program.leads_to(position):
                position = -1
        else:  # OTHER, HALT
            gas = segment.other(frame, gas)
            if end == HALT:
                frame.gas = gas
                return
            position = segment.after


def _look(frame: Frame, segment: Segment, gas: int) -> int:
    """Why the loop has stopped before a segment: a fault, which is raised, or the time for a checkpoint."""
    height = len(frame.stack)
    if gas < 0 or not segment.needs <= height <= segment.room:
        raise segment.fault(gas, height)
    return _pause(frame, gas)


def _pause(frame: Frame, gas: int) -> int:
    """Call the checkpoint, if there is one; the amount of gas below which the next is due."""
    checkpoint = frame.state.checkpoint
    if checkpoint is None:
        return 0
    checkpoint()
    return max(gas - SLICE_GAS, 0)
