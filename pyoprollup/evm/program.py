"""Code cut into segments: instructions that are always executed one after another, from the first on.

A segment begins where the code does, at a JUMPDEST, and after whatever ended the one before it. So all that
its instructions cost regardless of their operands, and how high the stack must be and may grow, is known
before the first of them runs, and is checked once. (What a failing segment did before it would have failed
does not matter: an exceptional halt undoes everything and takes all gas.) An instruction that depends on the
exact gas left ends its segment, but for GAS, which is told what the rest of its segment costs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pyoprollup.evm.instructions import BINARY, Instruction
from pyoprollup.evm.jumps import JumpDestinations
from pyoprollup.evm.py_evm import FullStack, InsufficientStack, InvalidJumpDestination, OutOfGas, VMError

if TYPE_CHECKING:
    from pyoprollup.evm.frame import Frame

__all__ = ["End", "InstructionSet", "Program", "ProgramCache", "Segment", "Step"]

_STACK_LIMIT = 1024


class Step:
    """Kinds of steps, as the interpreter's loop knows them. ``AND_WITH`` and those after it have their
    second operand in them."""

    PUSH, DUP, SWAP, AND_WITH, ADD_WITH, EQ_WITH, MSTORE, MLOAD, ADD, AND, SUB = range(11)
    ISZERO, POP, LT, GT, BINARY, NIP, OTHER = range(11, 18)


Operation = tuple[int, Any]
"""A kind of step, and what it works with: a number or a function, by the kind. The loop has no time to look
at more than the kind, so the types end here."""


class End:
    """What comes after a segment."""

    NEXT, JUMP, BRANCH, JUMP_POPPED, BRANCH_POPPED, BRANCH_UNLESS, OTHER, HALT = range(8)


_SIMPLE = {
    0x15: (Step.ISZERO, 1, 1),
    0x50: (Step.POP, 1, 0),
    0x51: (Step.MLOAD, 1, 1),
    0x52: (Step.MSTORE, 2, 0),
}
_WRITTEN_OUT = {0x01: Step.ADD, 0x03: Step.SUB, 0x10: Step.LT, 0x11: Step.GT, 0x16: Step.AND}
"""Functions of two operands that the loop has itself."""
_WITH_CONSTANT = {0x01: Step.ADD_WITH, 0x14: Step.EQ_WITH, 0x16: Step.AND_WITH}


def _none(_frame: Frame, _gas: int) -> int:
    """What ends a segment that no instruction ends."""
    raise AssertionError("a segment without a last instruction")


class Segment:
    """``gas`` and ``needs``, ``room``: what it costs, and the least and greatest height of the stack
    before it. ``target`` is -1 for a jump to no JUMPDEST, ``other`` the instruction that ends it."""

    __slots__ = ("after", "end", "gas", "needs", "other", "room", "steps", "target")

    def __init__(self) -> None:
        self.after = self.gas = self.needs = 0
        self.room = _STACK_LIMIT
        self.end = End.NEXT
        self.target = -1
        self.steps: tuple[Operation, ...] = ()
        self.other: Instruction = _none

    def fault(self, gas: int, height: int) -> VMError:
        """Why the segment cannot be executed."""
        if height < self.needs:
            return InsufficientStack(f"{self.needs} values on the stack needed, {height} there")
        if height > self.room:
            return FullStack(f"a stack of {height} values would grow too high")
        return OutOfGas(f"{self.gas} gas needed, {gas + self.gas} left")


_Entry = tuple[int, int, int, Operation | None]


class InstructionSet:
    """The instructions of a fork: what they cost (``prices``), and which function executes them.

    ``inner`` ones do not depend on the exact gas, ``outer`` may, and ``final`` end the frame. All are
    ``(pops, pushes, function)`` by instruction. What has no price does not exist, and is ``invalid``.
    """

    def __init__(
        self,
        prices: Mapping[int, int],
        inner: Mapping[int, tuple[int, int, Instruction]],
        outer: Mapping[int, tuple[int, int, Instruction]],
        final: Mapping[int, tuple[int, int, Instruction]],
        invalid: Instruction,
    ) -> None:
        self.prices, self.outer, self.final, self.invalid = prices, outer, final, invalid
        self.entries: list[_Entry | None] = [None] * 256
        """Price, pops, pushes and step of the instructions that are no end of a segment."""
        for op in range(0x60, 0x80):
            self.entries[op] = (prices[op], 0, 1, None)
        for size in range(1, 17):
            self.entries[0x7F + size] = (prices[0x7F + size], size, size + 1, (Step.DUP, -size))
            self.entries[0x8F + size] = (prices[0x8F + size], size + 1, size + 1, (Step.SWAP, -size - 1))
        for op, (kind, pops, pushes) in _SIMPLE.items():
            self.entries[op] = (prices[op], pops, pushes, (kind, None))
        for op, binary in BINARY.items():
            self.entries[op] = (prices[op], 2, 1, (_WRITTEN_OUT.get(op, Step.BINARY), binary))
        for op, (pops, pushes, function) in inner.items():
            if op in prices:
                self.entries[op] = (prices[op], pops, pushes, (Step.OTHER, function))
        self.entries[_PC] = (prices[_PC], 0, 1, None)
        self.entries[_GAS] = (prices[_GAS], 0, 1, (Step.OTHER, None))
        if _PUSH0 in prices:
            self.entries[_PUSH0] = (prices[_PUSH0], 0, 1, (Step.PUSH, 0))


_JUMP, _JUMPI, _PC, _GAS, _JUMPDEST, _PUSH0 = 0x56, 0x57, 0x58, 0x5A, 0x5B, 0x5F


class Program:
    """The code of a contract, cut into segments as they are first reached."""

    __slots__ = ("_cache", "_code", "_jumps", "_size", "destinations", "segments")

    def __init__(self, code: bytes, cache: ProgramCache) -> None:
        self._size = len(code)
        self._code = code + bytes(33)  # a PUSH at the end reads zeros
        self._cache = cache
        self._jumps = JumpDestinations(code)
        self.destinations = self._jumps.known
        self.segments: dict[int, Segment] = {}

    def leads_to(self, position: int) -> bool:
        """Whether a jump may lead there. Those that were found are in ``destinations``."""
        if position not in self._jumps:
            return False
        self._cache.count(1)
        return True

    def segment(self, position: int) -> Segment:
        """The segment that begins at ``position``, made now; -1 is where a bad jump leads."""
        if position < 0:
            raise InvalidJumpDestination("no JUMPDEST there")
        segment = Segment()
        steps, op, height, gas_readings = self._read_steps(segment, position)
        self._read_end(segment, steps, op, height)
        for index, gas_until in gas_readings:
            steps[index] = (Step.OTHER, _gas(segment.gas - gas_until))
        segment.steps = tuple(steps)
        self._cache.count(len(steps) + 1)
        # Only now that it is whole: other threads may run the same program.
        self.segments[position] = segment
        return segment

    def _read_steps(
        self, segment: Segment, position: int
    ) -> tuple[list[Operation], int, int, list[tuple[int, int]]]:
        """The steps, the instruction that is none of them, the change of the stack before it, and where
        GAS is, with the cost up to there."""
        code, size, entries = self._code, self._size, self._cache.instructions.entries
        steps: list[Operation] = []
        gas_readings: list[tuple[int, int]] = []
        gas = height = needs = peak = 0
        if position < size and code[position] == _JUMPDEST:
            position, gas = position + 1, 1
        while True:
            op = code[position] if position < size else 0
            entry = entries[op]
            if entry is None:
                break
            position += 1
            price, pops, pushes, step = entry
            gas += price
            if pops - height > needs:
                needs = pops - height
            height += pushes - pops
            if height > peak:
                peak = height
            if step is None:
                if op == _PC:
                    step = (Step.PUSH, position - 1)
                else:
                    width = op - _PUSH0
                    step = (Step.PUSH, int.from_bytes(code[position : position + width], "big"))
                    position += width
            elif op == _GAS:
                gas_readings.append((len(steps), gas))
            elif op in _FUSING and steps and _fuse(steps, op, step):
                continue
            steps.append(step)
        segment.gas, segment.needs, segment.room, segment.after = gas, needs, _STACK_LIMIT - peak, position
        return steps, op, height, gas_readings

    def _read_end(self, segment: Segment, steps: list[Operation], op: int, height: int) -> None:
        instructions = self._cache.instructions
        if op == _JUMPDEST:
            return
        segment.after += 1
        if op in (_JUMP, _JUMPI):
            pops, pushes = (1, 0) if op == _JUMP else (2, 0)
            _read_jump(segment, steps, op, self.leads_to)
        elif op in instructions.prices and (op in instructions.outer or op in instructions.final):
            segment.end = End.OTHER if op in instructions.outer else End.HALT
            pops, pushes, segment.other = instructions.outer.get(op) or instructions.final[op]
        else:
            segment.end, segment.other = End.HALT, instructions.invalid
            return
        segment.gas += instructions.prices[op]
        segment.needs = max(segment.needs, pops - height)
        segment.room = min(segment.room, _STACK_LIMIT - height - pushes + pops)


def _gas(rest: int) -> Instruction:
    """GAS, where all of the segment is paid for and ``rest`` of it comes afterwards."""

    def gas(frame: Frame, gas: int) -> int:
        frame.stack.append(gas + rest)
        return gas

    return gas


_FUSING = frozenset((*BINARY, 0x50))


def _fuse(steps: list[Operation], op: int, step: Operation) -> bool:
    """Make one step of the last and this one, if there is a shorter way to do both."""
    kind, arg = steps[-1]
    if kind == Step.PUSH and op in BINARY:
        if len(steps) > 1 and steps[-2][0] == Step.PUSH:  # such as a mask, shifted into place
            steps[-2:] = [(Step.PUSH, BINARY[op](arg, steps[-2][1]))]
            return True
        if op in _WITH_CONSTANT:
            steps[-1] = (_WITH_CONSTANT[op], arg)
            return True
    elif step[0] == Step.POP and kind == Step.SWAP and arg == -2:
        steps[-1] = (Step.NIP, None)
        return True
    return False


def _read_jump(segment: Segment, steps: list[Operation], op: int, leads_to: Callable[[int], bool]) -> None:
    segment.end = End.JUMP_POPPED if op == _JUMP else End.BRANCH_POPPED
    if not steps or steps[-1][0] != Step.PUSH:
        return
    target = steps.pop()[1]
    segment.target = target if leads_to(target) else -1
    segment.end = End.JUMP if op == _JUMP else End.BRANCH
    if op == _JUMPI and steps and steps[-1][0] == Step.ISZERO:
        steps.pop()
        segment.end = End.BRANCH_UNLESS


class ProgramCache:
    """Programs by their code, so that code is cut up once. Everything in it follows from the code alone."""

    def __init__(self, instructions: InstructionSet, limit: int = 1_000_000) -> None:
        self.instructions = instructions
        self._programs: dict[bytes, Program] = {}
        self._limit = limit
        self._left = limit
        """Steps that may still be made before all are dropped: what bounds the memory."""

    def program(self, code: bytes) -> Program:
        """The program that ``code`` is."""
        program = self._programs.get(code)
        if program is None:
            program = self._programs[code] = Program(code, self)
            self.count(1 + len(code) // 16)
        return program

    def count(self, steps: int) -> None:
        """Take note of the size of something new."""
        self._left -= steps
        if self._left < 0:
            self._programs.clear()
            self._left = self._limit
