"""The engine that is compiled: arrays of words, and calls into machine code.

Arrays have room for more pages and threads than there are; where that comes to an end, the machine pauses
between two steps and they are moved to larger ones. Memory that was never touched costs nothing.

Twin: pyoprollup.cannon.engine:PlainEngine; held equal by tests/unit/cannon/compiled/test_engine.py.
"""

from __future__ import annotations

from array import array
from typing import Any

from pyoprollup.cannon.compiled.loader import TABLES, compiled_machine
from pyoprollup.cannon.compiled.places import (
    CODE_OUT,
    FIRST_OUT,
    LEVELS,
    NODES_AT,
    NONE,
    OUT_AT,
    OUT_BYTES,
    PAGE_ROOM,
    PAGES,
    SCALARS,
    SECOND_OUT,
    SLACK,
    TABLE_MASK,
    THREAD_OUT,
    THREADS_AT,
    UPPER_AT,
    UPPER_MASK,
    UPPER_ROOM,
    UPPERS,
    WITNESS_OUT,
    ZEROS_AT,
)
from pyoprollup.cannon.core.layout import (
    ACCESSES,
    COUNTS,
    FULL,
    HELD_KEY,
    HELD_SIZE,
    RIGHT,
    ROW,
    THREAD_ROOM,
    WORDS,
)
from pyoprollup.cannon.core.plain import PAGE_WORDS
from pyoprollup.cannon.engine import (
    ProvenStep,
    noop_table,
    read_words,
    row_of,
    thread_of,
    words_of_key,
    write_words,
)
from pyoprollup.cannon.memory import PROOF_BYTES, Memory, zero_hashes
from pyoprollup.cannon.state import THREAD_PROOF_BYTES, WITNESS_BYTES, State
from pyoprollup.eth.keccak_steps import ROUND_CONSTANTS
from pyoprollup.eth.types import Hash32
from pyoprollup.preimage.codec import encode_preimage

__all__ = ["CompiledEngine"]

FIRST_PAGES = 64
FIRST_THREADS = 16
BUFFER_BYTES = 1024


class CompiledEngine:
    """The machine in machine code. It copies what it is given; the first one in a process takes a moment."""

    def __init__(self, state: State) -> None:
        import numpy

        self._np = numpy
        code = compiled_machine()
        self._calls: Any = code
        self._word: Any = numpy.uint64
        self._arrays: dict[str, Any] = {}
        make = self._make
        make("g", WORDS)
        make("s", SCALARS)
        self._g, self._s = memoryview(self._arrays["g"]), memoryview(self._arrays["s"])
        self._set("zeros", numpy.frombuffer(b"".join(zero_hashes()), "<u8").copy())
        self._set("constants", numpy.array(ROUND_CONSTANTS, "u8"))
        self._set("noops", numpy.array(noop_table(), "u8"))
        for name, size in (("k", 25), ("hashes", 4), ("thread_hash", 4), ("buffer_words", BUFFER_BYTES // 8)):
            make(name, size)
        self._set("buffer", self._arrays["buffer_words"].view("u1"))
        self._set("preimage", numpy.zeros(8, "u1"))
        make("out", OUT_BYTES // 8)
        self._view = memoryview(self._arrays["out"]).cast("B")
        self._s[OUT_AT] = self._arrays["out"].ctypes.data
        self._s[ZEROS_AT] = self._arrays["zeros"].ctypes.data
        self._load(state)

    # --- arrays

    def _make(self, name: str, size: int) -> None:
        self._set(name, self._np.zeros(size, "u8"))

    def _set(self, name: str, value: Any) -> None:
        self._arrays[name] = value

    def _finish_tables(self) -> None:
        """The table of addresses, after arrays were made or moved."""
        self._addresses = self._np.array([self._arrays[name].ctypes.data for name in TABLES], "u8")
        self._table = self._word(self._addresses.ctypes.data)
        self._s[NODES_AT] = self._arrays["nodes"].ctypes.data
        self._s[UPPER_AT] = self._arrays["upper"].ctypes.data

    def _make_page_room(self, pages: int, uppers: int) -> None:
        """Arrays for so many pages and nodes above them, with the contents of those that there are."""
        table, upper_table = (1 << (2 * room - 1).bit_length() for room in (pages, uppers))
        sizes = {
            "pages": pages * PAGE_WORDS,
            "page_keys": pages,
            "dirty": pages,
            "dirty_list": pages,
            "nodes": pages * PAGE_WORDS,
            "todo": 2 * pages,
            "upper_of": uppers,
            "upper_epoch": uppers,
            "upper": uppers * 4,
        }
        for name, size in sizes.items():
            old = self._arrays.get(name)
            self._make(name, size)
            if old is not None and name != "todo":
                self._arrays[name][: len(old)] = old
        for name, size in (("keys", table), ("upper_keys", upper_table)):
            self._set(name, self._np.full(size, NONE, "u8"))
        self._make("slots", table)
        self._make("upper_slots", upper_table)
        self._s[TABLE_MASK], self._s[UPPER_MASK] = table - 1, upper_table - 1
        self._s[PAGE_ROOM], self._s[UPPER_ROOM] = pages, uppers
        self._finish_tables()
        self._calls.call_enter(self._table)

    def _make_thread_room(self, threads: int) -> None:
        old, room = self._arrays.get("threads"), self.get(THREAD_ROOM)
        self._make("threads", 2 * threads * ROW)
        if old is not None:
            for side in (0, 1):
                part = old[side * room * ROW : (side + 1) * room * ROW]
                self._arrays["threads"][side * threads * ROW :][: len(part)] = part
        self.set(THREAD_ROOM, threads)
        self._s[THREADS_AT] = self._arrays["threads"].ctypes.data

    def _load(self, state: State) -> None:
        write_words(state, self.set)
        threads = max(FIRST_THREADS, 2 * (len(state.left) + len(state.right)))
        self._make_thread_room(threads)
        for side, stack in enumerate((state.left, state.right)):
            for index, thread in enumerate(stack):
                at = (side * threads + index) * ROW
                self._arrays["threads"][at : at + ROW] = row_of(thread)
        pages = state.memory.pages
        room = max(FIRST_PAGES, 2 * len(pages))
        self._make_page_room(room, room + SLACK * LEVELS * 4)
        for key, words in sorted(pages.items()):
            if self._s[UPPERS] + SLACK * LEVELS >= self._s[UPPER_ROOM]:
                self._make_page_room(room, 2 * self._s[UPPER_ROOM])
            is_written = self._word(any(words))
            slot = int(self._calls.call_page(self._table, self._word(key), is_written))
            self._arrays["pages"][slot * PAGE_WORDS : (slot + 1) * PAGE_WORDS] = words
        self.make_room()

    def make_room(self) -> None:
        if self.get(FULL):
            self.set(FULL, 0)
            pages, uppers = self._s[PAGE_ROOM], self._s[UPPER_ROOM]
            if self._s[PAGES] + SLACK >= pages:
                pages *= 2
            if self._s[UPPERS] + SLACK * LEVELS >= uppers:
                uppers *= 2
            self._make_page_room(pages, max(uppers, pages))
        if self.get(COUNTS) + self.get(COUNTS + 1) >= self.get(THREAD_ROOM):
            self._make_thread_room(2 * self.get(THREAD_ROOM))

    # --- words and steps

    def get(self, index: int) -> int:
        return self._g[index]

    def set(self, index: int, value: int) -> None:
        self._g[index] = value

    def run(self, steps: int) -> int:
        return int(self._calls.call_run(self._table, self._word(steps)))

    def prove(self) -> ProvenStep:
        code = int(self._calls.call_prove(self._table))
        view = self._view
        return ProvenStep(
            code,
            bytes(view[WITNESS_OUT : WITNESS_OUT + WITNESS_BYTES]),
            bytes(view[THREAD_OUT : THREAD_OUT + THREAD_PROOF_BYTES]),
            bytes(view[CODE_OUT : CODE_OUT + PROOF_BYTES]),
            tuple(bytes(view[at : at + PROOF_BYTES]) for at in (FIRST_OUT, SECOND_OUT)[: self._g[ACCESSES]]),
        )

    def thread(self) -> list[int]:
        side = self.get(RIGHT)
        return self._row(side, self.get(COUNTS + side) - 1)

    def _row(self, side: int, index: int) -> list[int]:
        at = (side * self.get(THREAD_ROOM) + index) * ROW
        found: list[int] = self._arrays["threads"][at : at + ROW].tolist()
        return found

    def hold(self, key: bytes, data: bytes) -> None:
        held = encode_preimage(data)
        self._set("preimage", self._np.frombuffer(held, "u1"))
        self._finish_tables()
        self.set(HELD_SIZE, len(held))
        for i, word in enumerate(words_of_key(key)):
            self.set(HELD_KEY + i, word)

    # --- memory

    def read(self, address: int, count: int) -> bytes:
        first = address & ~7
        words = (address + count + 7 - first) // 8
        data = b"".join(self.peek((first + 8 * i) % 2**64).to_bytes(8, "big") for i in range(words))
        return data[address - first : address - first + count]

    def peek(self, address: int) -> int:
        return int(self._calls.call_load(self._table, self._word(address)))

    def poke(self, address: int, word: int) -> None:
        self._calls.call_poke(self._table, self._word(address), self._word(word))

    def store(self, address: int, word: int) -> None:
        self._calls.call_store(self._table, self._word(address), self._word(word))

    def page_count(self) -> int:
        return self._s[PAGES]

    # --- witnesses and proofs

    def root(self) -> Hash32:
        return Hash32(self.witness()[:32])

    def proof(self, address: int) -> bytes:
        self._calls.call_proof(self._table, self._word(address), self._word(CODE_OUT))
        return bytes(self._view[CODE_OUT : CODE_OUT + PROOF_BYTES])

    def witness(self) -> bytes:
        self._calls.call_witness(self._table)
        return bytes(self._view[WITNESS_OUT : WITNESS_OUT + WITNESS_BYTES])

    def thread_proof(self) -> bytes:
        self._calls.call_thread_proof(self._table)
        return bytes(self._view[THREAD_OUT : THREAD_OUT + THREAD_PROOF_BYTES])

    def state(self) -> State:
        memory = Memory()
        pages = self._arrays["pages"]
        for slot in range(self._s[PAGES]):
            data = pages[slot * PAGE_WORDS : (slot + 1) * PAGE_WORDS].tobytes()
            memory.set_words(int(self._arrays["page_keys"][slot]), array("Q", data))
        left, right = (
            [thread_of(self._row(side, index)) for index in range(self.get(COUNTS + side))] for side in (0, 1)
        )
        return read_words(self, State(memory=memory, left=left, right=right))
