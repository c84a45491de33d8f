"""A program on the machine, with what is around it: pre-images, hints, its output, and proofs of its steps.

A proof of a step is what the chain needs to do the same step: the state's 188 bytes, the active thread with
the root of the threads below it, and proofs of the instruction and of the words that the step touches.

Specification: fault-proof/cannon-fault-proof-vm.md, "Memory", "I/O"; fault-proof/index.md, "Pre-image
Oracle".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pyoprollup.cannon.core.access import half
from pyoprollup.cannon.core.layout import (
    ACCESS,
    BAD_INSTRUCTION,
    BAD_OFFSET,
    BAD_SYSCALL,
    BEFORE,
    COUNTS,
    DELAY_SLOT,
    DIVISION,
    ENDED,
    EXIT_CODE,
    EXITED,
    GRANTED,
    M64,
    MISALIGNED,
    NEED_PREIMAGE,
    NEED_THREADS,
    NEED_WRITE,
    NO_THREAD,
    OFFSET,
    OK,
    PAUSED,
    PC,
    READ,
    READ_OFFSET,
    REPORT_READ,
    REPORT_SECOND,
    RIGHT,
    SECOND,
    STEP,
)
from pyoprollup.cannon.engine import Engine, PlainEngine, read_key
from pyoprollup.cannon.errors import (
    BadPreimageOffset,
    DivisionByZero,
    InvalidInstruction,
    JumpInDelaySlot,
    MisalignedInstruction,
    NoActiveThread,
    PreimageError,
    StepError,
    UnknownSyscall,
    WriteTooLong,
)
from pyoprollup.cannon.memory import PROOF_BYTES
from pyoprollup.cannon.state import State, state_hash
from pyoprollup.eth.types import Hash32
from pyoprollup.preimage.codec import HintDecoder, encode_preimage

__all__ = ["MAX_WRITE", "Machine", "NoOracle", "Oracle", "PreimageRead", "StepWitness"]

MAX_WRITE = 256 << 20
"""Bytes that a program may write at once; hints of whole blocks stay far below it."""
ANY_HINT_SIZE = 0xFFFFFFFF
"""No limit but that of the prefix: a step of the machine does not depend on what a hint says of itself."""


class Oracle(Protocol):
    """Where a program's pre-images come from. Both methods raise :class:`PreimageError`."""

    def hint(self, hint: bytes) -> None:
        """Take a hint of what will be asked for."""
        ...

    def get(self, key: bytes) -> bytes:
        """The pre-image of a key of 32 bytes."""
        ...


class NoOracle:
    """An oracle for programs that ask for nothing; hints are ignored."""

    def hint(self, hint: bytes) -> None:
        """Ignore what is hinted at."""

    def get(self, key: bytes) -> bytes:
        """Raise: there are no pre-images."""
        raise PreimageError(f"there is nobody to ask for the pre-image of 0x{key.hex()}")


@dataclass(frozen=True, slots=True)
class PreimageRead:
    """What a step read: of which key, the whole pre-image with its eight bytes of length, and from where."""

    key: bytes
    value: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class StepWitness:
    """All that is needed to do a step elsewhere, and the hash of the state before it."""

    state: bytes
    state_hash: Hash32
    proof: bytes
    read: PreimageRead | None


ERRORS: dict[int, tuple[type[StepError], str]] = {
    NO_THREAD: (NoActiveThread, "no active thread is left"),
    MISALIGNED: (MisalignedInstruction, "the program counter is no multiple of 4"),
    BAD_INSTRUCTION: (InvalidInstruction, "invalid instruction 0x{insn:08x}"),
    DELAY_SLOT: (JumpInDelaySlot, "instruction 0x{insn:08x} jumps in a delay slot"),
    DIVISION: (DivisionByZero, "instruction 0x{insn:08x} divides by zero"),
    BAD_SYSCALL: (UnknownSyscall, "unknown system call {call}"),
    BAD_OFFSET: (BadPreimageOffset, "offset {offset} is beyond the end of pre-image 0x{key}"),
}


REQUESTS = (NEED_PREIMAGE, NEED_WRITE, NEED_THREADS)
"""What a machine may want before a step: it is done then, and the step is tried again."""


def _ignore(_: bytes) -> None:
    """Drop what a program prints."""


class Machine:
    """A machine at work.

    Proofs of memory that a step does not need are those of an earlier proven step of this same object, and
    zeros in the first one; the reference does so, and the chain does not look at them. With ``proofs`` false
    no step will be proven, and the little that this takes is saved.
    """

    def __init__(
        self,
        state: State,
        oracle: Oracle | None = None,
        *,
        stdout: Callable[[bytes], None] = _ignore,
        stderr: Callable[[bytes], None] = _ignore,
        engine: Callable[[State], Engine] = PlainEngine,
        proofs: bool = True,
    ) -> None:
        self.engine = engine(state)
        self.last_hint = state.last_hint
        self.last_read: PreimageRead | None = None
        """What the last step read of a pre-image."""
        self.requests = 0
        """How many pre-images the oracle was asked for, and ``requested_bytes``, of what size together."""
        self.requested_bytes = 0
        self._oracle = oracle if oracle is not None else NoOracle()
        self._outputs = {1: stdout, 2: stderr, 4: self._hints}
        self._held = (bytes(32), b"")
        self._proofs: tuple[bytes, ...] = ()
        self.forget_proofs()
        self._keep_second = int(proofs)

    # --- how it stands

    @property
    def step_number(self) -> int:
        """How many steps were made since the program started."""
        return self.engine.get(STEP)

    @property
    def exited(self) -> bool:
        """Whether the program has ended."""
        return bool(self.engine.get(EXITED))

    @property
    def exit_code(self) -> int:
        """What it ended with; 0 as long as it has not."""
        return self.engine.get(EXIT_CODE)

    @property
    def pc(self) -> int:
        """The active thread's program counter."""
        self._check_active()
        return self.engine.thread()[PC]

    def instruction(self) -> int:
        """The instruction that the active thread is at."""
        pc = self.pc
        return half(pc, self.engine.peek(pc & ~7))

    def state(self) -> State:
        """The whole state as it is now; its memory may go on with the machine, so use it before the next
        step.
        """
        state = self.engine.state()
        state.last_hint = self.last_hint
        return state

    def witness(self) -> bytes:
        """The state's 188 bytes."""
        return self.engine.witness()

    def state_hash(self) -> Hash32:
        """The hash of the state's witness, with the status in its first byte."""
        return state_hash(self.engine.witness())

    # --- steps

    def run(self, steps: int, *, until_read: bool = False) -> int:
        """Make so many steps, or fewer if the program ends; how many there were.

        ``until_read`` stops after a step that reads of a pre-image; ``last_read`` is it then. Raises
        :class:`StepError` where a step cannot be done: those before it are.
        """
        engine = self.engine
        first = engine.get(STEP)
        engine.set(REPORT_SECOND, self._keep_second)
        engine.set(REPORT_READ, int(until_read))
        self._advance(steps)
        return (engine.get(STEP) - first) & M64

    def step(self) -> None:
        """Make one step; none if the program has ended."""
        self.run(1)

    def prove_step(self) -> StepWitness:
        """Make one step, and prove it. That a program has ended can be proven, too: it stays where it is."""
        self._check_active()
        engine = self.engine
        self.last_read = None
        engine.set(READ, 0)
        engine.set(REPORT_READ, 0)
        while (found := engine.prove()).code in REQUESTS:
            self._serve(found.code)
        if found.code not in (OK, PAUSED, ENDED):
            raise self._error(found.code)
        if found.code == PAUSED:
            engine.make_room()
        self._proofs = (*found.accesses, *self._proofs[len(found.accesses) :])
        self._note_read()
        proof = b"".join((found.thread, found.instruction, *self._proofs))
        return StepWitness(found.witness, state_hash(found.witness), proof, self.last_read)

    def forget_proofs(self) -> None:
        """Be as if no step had been proven so far."""
        self._proofs = (bytes(PROOF_BYTES), bytes(PROOF_BYTES))

    def _prove_second(self) -> None:
        """The proof of the clock's second word, with the first one written."""
        engine = self.engine
        second = engine.get(ACCESS + 1)
        now = engine.peek(second)
        engine.poke(second, engine.get(BEFORE + 1))
        engine.root()
        self._proofs = (self._proofs[0], engine.proof(second))
        engine.store(second, now)

    # --- the machine's requests

    def _advance(self, steps: int) -> None:
        engine = self.engine
        end = (engine.get(STEP) + steps) & M64
        self.last_read = None
        engine.set(READ, 0)
        while engine.get(STEP) != end:
            code = engine.run((end - engine.get(STEP)) & M64)
            if code == ENDED:
                break
            if code == PAUSED:
                engine.make_room()
                if engine.get(SECOND):
                    engine.set(SECOND, 0)
                    self._prove_second()
                if engine.get(READ) and engine.get(REPORT_READ):
                    break
            elif code in REQUESTS:
                self._serve(code)
            elif code != OK:
                raise self._error(code)
        if steps == 1 or engine.get(REPORT_READ):
            self._note_read()

    def _serve(self, code: int) -> None:
        """Do what has to be done before the next step can be."""
        if code == NEED_PREIMAGE:
            self._lay_ready()
        elif code == NEED_WRITE:
            self._take_write()
        else:
            self.engine.make_room()

    def _note_read(self) -> None:
        if self.engine.get(READ):
            key, data = self._held
            offset = self.engine.get(READ_OFFSET)
            self.last_read = PreimageRead(key, encode_preimage(data), offset)

    def _lay_ready(self) -> None:
        key = read_key(self.engine)
        data = self._oracle.get(key)
        self.requests += 1
        self.requested_bytes += len(data)
        self._held = (key, data)
        self.engine.hold(key, data)

    def _take_write(self) -> None:
        thread = self.engine.thread()
        file, address, count = thread[4], thread[5], thread[6]
        if count > MAX_WRITE:
            raise WriteTooLong(
                f"{self._where()}: {count} bytes are written at once, at most {MAX_WRITE} can be"
            )
        self._outputs[file](self.engine.read(address, count))
        self.engine.set(GRANTED, 1)

    def _hints(self, data: bytes) -> None:
        decoder = HintDecoder(ANY_HINT_SIZE, self.last_hint)
        for hint in decoder.feed(data):
            self._oracle.hint(hint)
        self.last_hint = decoder.pending

    # --- errors

    def _check_active(self) -> None:
        if not self.engine.get(COUNTS + self.engine.get(RIGHT)):
            raise self._error(NO_THREAD)

    def _where(self) -> str:
        where = f"step {self.step_number}"
        if self.engine.get(COUNTS + self.engine.get(RIGHT)):
            where += f", pc 0x{self.engine.thread()[PC]:x}"
        return where

    def _error(self, code: int) -> StepError:
        kind, text = ERRORS[code]
        active = self.engine.get(COUNTS + self.engine.get(RIGHT))
        said = text.format(
            insn=self.instruction() if active else 0,
            call=self.engine.thread()[2] if active else 0,
            offset=self.engine.get(OFFSET),
            key=read_key(self.engine).hex(),
        )
        return kind(f"{self._where()}: {said}")
