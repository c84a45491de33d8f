"""What carries a machine's steps out: in plain Python, or compiled. Both do the same behind one interface.

An engine takes a state over and gives one back; between, the state is the engine's own. It neither reads
pre-images nor writes anywhere: that is the business of :class:`pyoprollup.cannon.machine.Machine`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from pyoprollup.cannon.core.layout import (
    ACCESS,
    ACCESSES,
    BEFORE,
    CODE_END,
    COUNTS,
    EXIT_CODE,
    EXITED,
    HEAP,
    HELD_KEY,
    HELD_SIZE,
    HI,
    ID,
    KEY,
    LL_ADDRESS,
    LL_OWNER,
    LL_STATUS,
    LO,
    NEXT,
    NEXT_ID,
    OFFSET,
    PC,
    REPORT_SECOND,
    RIGHT,
    ROW,
    SINCE,
    STEP,
    THREAD_CODE,
    THREAD_EXITED,
    THREAD_ROOM,
)
from pyoprollup.cannon.core.plain import Vm, store64
from pyoprollup.cannon.core.steps import run
from pyoprollup.cannon.state import State, Thread
from pyoprollup.cannon.versions import NOOP_SYSCALLS
from pyoprollup.eth.types import Hash32
from pyoprollup.preimage.codec import encode_preimage

__all__ = [
    "CODE_CACHE",
    "Engine",
    "PlainEngine",
    "ProvenStep",
    "noop_table",
    "read_key",
    "read_words",
    "row_of",
    "thread_of",
    "words_of_key",
    "write_words",
]

CODE_CACHE = 128 << 20
"""Bytes of code that the reference decodes in advance when it runs a program."""
MANY_THREADS = 1 << 62


class ProvenStep(NamedTuple):
    """A step's answer, the witness and thread before it, and proofs of its instruction and of what it
    touched.

    With an answer that the step is not done, nothing else counts.
    """

    code: int
    witness: bytes
    thread: bytes
    instruction: bytes
    accesses: tuple[bytes, ...]


class Engine(Protocol):
    """A machine at work. Indices of words are those of :mod:`pyoprollup.cannon.core.layout`."""

    def get(self, index: int) -> int:
        """A word of the machine."""
        ...

    def set(self, index: int, value: int) -> None:
        """Change a word of the machine."""
        ...

    def run(self, steps: int) -> int:
        """Carry out at most so many steps; the answer is one of the layout's codes."""
        ...

    def prove(self) -> ProvenStep:
        """Make one step and prove it. There has to be an active thread."""
        ...

    def thread(self) -> list[int]:
        """A copy of the active thread. There has to be one."""
        ...

    def hold(self, key: bytes, data: bytes) -> None:
        """Lay a pre-image ready, its length before it."""
        ...

    def make_room(self) -> None:
        """Make room for more threads and pages."""
        ...

    def read(self, address: int, count: int) -> bytes:
        """Bytes of the memory."""
        ...

    def peek(self, address: int) -> int:
        """The word at an aligned address."""
        ...

    def poke(self, address: int, word: int) -> None:
        """Change a word that the tree has not been told of."""
        ...

    def store(self, address: int, word: int) -> None:
        """Write a word, as a step would."""
        ...

    def page_count(self) -> int:
        """How many pages exist."""
        ...

    def root(self) -> Hash32:
        """The root of the memory."""
        ...

    def proof(self, address: int) -> bytes:
        """A proof of memory with the nodes of the last root."""
        ...

    def witness(self) -> bytes:
        """The state's 188 bytes."""
        ...

    def thread_proof(self) -> bytes:
        """The active thread and what is below it: 330 bytes."""
        ...

    def state(self) -> State:
        """The state as it is now. Its memory may be the engine's own: it is true until the next step."""
        ...


def words_of_key(key: bytes) -> list[int]:
    """A key of 32 bytes as four words."""
    return [int.from_bytes(key[i : i + 8], "big") for i in range(0, 32, 8)]


def noop_table() -> list[int]:
    """For system calls from 5000 on: 1 where the call does nothing and succeeds."""
    return [int(5000 + i in NOOP_SYSCALLS) for i in range(320)]


def row_of(thread: Thread) -> list[int]:
    """A thread as words, in the layout's order."""
    row = [*thread.registers, *([0] * (ROW - 32))]
    row[PC], row[NEXT], row[LO], row[HI] = thread.pc, thread.next_pc, thread.lo, thread.hi
    row[ID], row[THREAD_CODE], row[THREAD_EXITED] = thread.thread_id, thread.exit_code, int(thread.exited)
    return row


def thread_of(row: list[int]) -> Thread:
    """The thread that such words are."""
    return Thread(
        thread_id=row[ID],
        pc=row[PC],
        next_pc=row[NEXT],
        lo=row[LO],
        hi=row[HI],
        registers=tuple(row[:32]),
        exit_code=row[THREAD_CODE],
        exited=bool(row[THREAD_EXITED]),
    )


def write_words(state: State, put: Callable[[int, int], None]) -> None:
    """Hand over all of a state that is neither memory nor thread, word by word."""
    for index, value in (
        (STEP, state.step),
        (SINCE, state.steps_since_switch),
        (HEAP, state.heap),
        (LL_STATUS, state.ll_status),
        (LL_ADDRESS, state.ll_address),
        (LL_OWNER, state.ll_owner),
        (EXIT_CODE, state.exit_code),
        (EXITED, int(state.exited)),
        (RIGHT, int(state.traverse_right)),
        (COUNTS, len(state.left)),
        (COUNTS + 1, len(state.right)),
        (NEXT_ID, state.next_thread_id),
        (OFFSET, state.preimage_offset),
        (CODE_END, CODE_CACHE),
    ):
        put(index, value)
    for i, word in enumerate(words_of_key(state.preimage_key)):
        put(KEY + i, word)


def read_key(engine: Engine) -> bytes:
    """The key of the pre-image that the machine reads, 32 bytes."""
    return b"".join(engine.get(KEY + i).to_bytes(8, "big") for i in range(4))


def read_words(engine: Engine, state: State) -> State:
    """The way back; threads and memory of ``state`` are its own."""
    get = engine.get
    state.step, state.steps_since_switch, state.heap = get(STEP), get(SINCE), get(HEAP)
    state.ll_status, state.ll_address, state.ll_owner = get(LL_STATUS), get(LL_ADDRESS), get(LL_OWNER)
    state.exit_code, state.exited = get(EXIT_CODE), bool(get(EXITED))
    state.traverse_right, state.next_thread_id = bool(get(RIGHT)), get(NEXT_ID)
    state.preimage_key = read_key(engine)
    state.preimage_offset = get(OFFSET)
    return state


class PlainEngine:
    """The definition as it stands, in Python. It works in the memory of the state that it is given."""

    def __init__(self, state: State) -> None:
        self._memory = state.memory
        self._vm = Vm(state.memory.pages, state.memory.dirty, noop_table())
        self._vm.stacks = [[row_of(thread) for thread in stack] for stack in (state.left, state.right)]
        write_words(state, self.set)
        self.set(THREAD_ROOM, MANY_THREADS)

    def get(self, index: int) -> int:
        return self._vm.g[index]

    def set(self, index: int, value: int) -> None:
        self._vm.g[index] = value

    def run(self, steps: int) -> int:
        return run(self._vm, steps)

    def prove(self) -> ProvenStep:
        witness, thread = self.witness(), self.thread_proof()
        instruction = self.proof(self.thread()[PC])
        self.set(ACCESSES, 0)
        self.set(REPORT_SECOND, 0)
        code = self.run(1)
        return ProvenStep(code, witness, thread, instruction, self._prove_accesses())

    def _prove_accesses(self) -> tuple[bytes, ...]:
        """What the step touched, as it was before: the tree has not been told of what the step wrote."""
        count = self.get(ACCESSES)
        if not count:
            return ()
        first, second = self.get(ACCESS), self.get(ACCESS + 1)
        now, then = self.peek(first), self.peek(second)
        if count == 2:
            self.poke(second, self.get(BEFORE + 1))
        self.poke(first, self.get(BEFORE))
        proof = self.proof(first)
        self.poke(first, now)
        if count == 1:
            return (proof,)
        self.root()  # with the first word written
        other = self.proof(second)
        self.store(second, then)
        return (proof, other)

    def thread(self) -> list[int]:
        side = self.get(RIGHT)
        return list(self._vm.stacks[side][self.get(COUNTS + side) - 1])

    def hold(self, key: bytes, data: bytes) -> None:
        self._vm.preimage = encode_preimage(data)
        self.set(HELD_SIZE, len(self._vm.preimage))
        for i, word in enumerate(words_of_key(key)):
            self.set(HELD_KEY + i, word)

    def make_room(self) -> None:
        """There is always room in plain Python."""

    def read(self, address: int, count: int) -> bytes:
        return self._memory.read(address, count)

    def peek(self, address: int) -> int:
        return self._memory.peek(address)

    def poke(self, address: int, word: int) -> None:
        self._memory.poke(address, word)

    def store(self, address: int, word: int) -> None:
        store64(self._vm, address, word)

    def page_count(self) -> int:
        return len(self._memory.pages)

    def root(self) -> Hash32:
        return self._memory.root()

    def proof(self, address: int) -> bytes:
        return self._memory.proof(address)

    def witness(self) -> bytes:
        return self.state().witness()

    def thread_proof(self) -> bytes:
        return self.state().thread_proof()

    def state(self) -> State:
        left, right = (
            [thread_of(row) for row in self._vm.stacks[side][: self.get(COUNTS + side)]] for side in (0, 1)
        )
        return read_words(self, State(memory=self._memory, left=left, right=right))
