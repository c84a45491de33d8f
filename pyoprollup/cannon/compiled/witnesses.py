"""Witnesses of states and proofs of steps, in compiled code, and all that an engine calls.

What is made here lies in ``out``, at the offsets of :mod:`~pyoprollup.cannon.compiled.places`.

Twin: pyoprollup.cannon.state:State; held equal by tests/unit/cannon/compiled/test_witnesses.py.

Specification: fault-proof/cannon-fault-proof-vm.md, "State", "Thread Stack Hashing".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyoprollup.cannon.compiled.places import (
    CODE_OUT,
    FIRST_OUT,
    OUT_AT,
    PAGES,
    SECOND_OUT,
    THREAD_OUT,
    UPPERS,
    WITNESS_OUT,
    Tables,
)
from pyoprollup.cannon.compiled.prelude import (
    enter_page,
    enter_upper,
    load64,
    make_page,
    note_written,
    poke64,
    row,
    store64,
)
from pyoprollup.cannon.compiled.tree import hash_nodes, hash_tree, node_of, put_proof
from pyoprollup.cannon.core.layout import (
    ACCESS,
    ACCESSES,
    BEFORE,
    COUNTS,
    EXIT_CODE,
    EXITED,
    HEAP,
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
    SECOND,
    SINCE,
    STEP,
    THREAD_CODE,
    THREAD_EXITED,
)
from pyoprollup.cannon.core.steps import run

if TYPE_CHECKING:
    from pyoprollup.cannon.compiled.pointers import bytes_at, words_at

    def machine_at(table: int) -> Any:
        """The machine of a table of addresses; made by the loader."""

    def permute(k: Any, constants: Any) -> None:
        """The text of it is made by :mod:`pyoprollup.cannon.compiled.keccak`."""


__all__: list[str] = []


def put_word(to: Any, at: int, word: int) -> int:
    """Write eight bytes, the highest first; where the next goes."""
    i = 0
    while i < 8:
        to[at + i] = (word >> (56 - (i << 3))) & 0xFF
        i += 1
    return at + 8


def put_hash(to: Any, at: int, node: Any) -> int:
    """Write a hash; where the next goes."""
    i = 0
    while i < 32:
        to[at + i] = (node[i >> 3] >> ((i & 7) << 3)) & 0xFF
        i += 1
    return at + 32


def put_thread(to: Any, at: int, r: Any) -> int:
    """Write a thread's 298 bytes; where the next goes."""
    at = put_word(to, at, r[ID])
    to[at] = r[THREAD_CODE]
    to[at + 1] = r[THREAD_EXITED]
    at = put_word(to, at + 2, r[PC])
    at = put_word(to, at, r[NEXT])
    at = put_word(to, at, r[LO])
    at = put_word(to, at, r[HI])
    i = 0
    while i < 32:
        at = put_word(to, at, r[i])
        i += 1
    return at


def hash_bytes(vm: Tables, count: int, to: Any) -> None:
    """The hash of so many bytes in ``buffer``, which has room for the padding."""
    end = count - count % 136 + 136
    i = count
    while i < end:
        vm.buffer[i] = 0
        i += 1
    vm.buffer[count] = 1
    vm.buffer[end - 1] = vm.buffer[end - 1] | 0x80
    i = 0
    while i < 25:
        vm.k[i] = 0
        i += 1
    at = 0
    while at < end:
        i = 0
        while i < 17:
            vm.k[i] = vm.k[i] ^ vm.buffer_words[(at >> 3) + i]
            i += 1
        permute(vm.k, vm.constants)
        at += 136
    i = 0
    while i < 4:
        to[i] = vm.k[i]
        i += 1


def stack_hash(vm: Tables, side: int, count: int) -> Any:
    """The hash of so many threads of a stack from its bottom."""
    hashes = vm.hashes
    i = 0
    while i < 4:
        hashes[i] = vm.zeros[4 + i]  # the hash of 64 zeros is that of an empty stack
        i += 1
    i = 0
    while i < count:
        put_thread(vm.buffer, 0, row(vm, side, i))
        hash_bytes(vm, 298, vm.thread_hash)
        hash_nodes(vm, hashes, vm.thread_hash, hashes)
        i += 1
    return hashes


def put_witness(vm: Tables, to: Any) -> None:
    """Write the state's 188 bytes."""
    g = vm.g
    hash_tree(vm)
    at = put_hash(to, 0, node_of(vm, 1, 59))
    i = 0
    while i < 4:
        at = put_word(to, at, g[KEY + i])
        i += 1
    at = put_word(to, at, g[OFFSET])
    at = put_word(to, at, g[HEAP])
    to[at] = g[LL_STATUS]
    at = put_word(to, at + 1, g[LL_ADDRESS])
    at = put_word(to, at, g[LL_OWNER])
    to[at] = g[EXIT_CODE]
    to[at + 1] = g[EXITED]
    at = put_word(to, at + 2, g[STEP])
    at = put_word(to, at, g[SINCE])
    to[at] = g[RIGHT]
    at = put_hash(to, at + 1, stack_hash(vm, 0, g[COUNTS]))
    at = put_hash(to, at, stack_hash(vm, 1, g[COUNTS + 1]))
    put_word(to, at, g[NEXT_ID])


def out_words(vm: Tables, offset: int) -> Any:
    """A place of ``out`` as words."""
    return words_at(vm.s[OUT_AT] + offset)


# --- what an engine calls, with the address of a table of addresses


def call_run(table: int, steps: int) -> int:
    """Carry out steps: :func:`pyoprollup.cannon.core.steps.run`."""
    return run(machine_at(table), steps)


def call_witness(table: int) -> int:
    """Make the witness of the state as it is."""
    vm = machine_at(table)
    put_witness(vm, bytes_at(vm.s[OUT_AT] + WITNESS_OUT))
    return 0


def call_thread_proof(table: int) -> int:
    """Make the proof of the active thread."""
    vm = machine_at(table)
    side = vm.g[RIGHT]
    top = vm.g[COUNTS + side] - 1
    to = bytes_at(vm.s[OUT_AT] + THREAD_OUT)
    put_hash(to, put_thread(to, 0, row(vm, side, top)), stack_hash(vm, side, top))
    return 0


def call_proof(table: int, address: int, offset: int) -> int:
    """Make a proof of memory with the tree as it was last made."""
    vm = machine_at(table)
    put_proof(vm, address, out_words(vm, offset))
    return 0


def call_prove(table: int) -> int:
    """Make one step with its witness, proofs, and the witness after it; the answer is that of the step."""
    vm = machine_at(table)
    g = vm.g
    call_witness(table)
    call_thread_proof(table)
    side = g[RIGHT]
    put_proof(vm, row(vm, side, g[COUNTS + side] - 1)[PC], out_words(vm, CODE_OUT))
    g[ACCESSES] = 0
    g[REPORT_SECOND] = 0
    code = run(vm, 1)
    first = g[ACCESS]
    second = g[ACCESS + 1]
    if g[ACCESSES] == 1:
        now = load64(vm, first)
        poke64(vm, first, g[BEFORE])
        put_proof(vm, first, out_words(vm, FIRST_OUT))
        poke64(vm, first, now)
    elif g[ACCESSES] == 2:
        now = load64(vm, first)
        then = load64(vm, second)
        poke64(vm, second, g[BEFORE + 1])
        poke64(vm, first, g[BEFORE])
        put_proof(vm, first, out_words(vm, FIRST_OUT))
        poke64(vm, first, now)
        hash_tree(vm)
        put_proof(vm, second, out_words(vm, SECOND_OUT))
        store64(vm, second, then)
    g[SECOND] = 0
    return code


def call_load(table: int, address: int) -> int:
    """The word at an aligned address."""
    return load64(machine_at(table), address)


def call_store(table: int, address: int, word: int) -> int:
    """Write a word at an aligned address."""
    store64(machine_at(table), address, word)
    return 0


def call_poke(table: int, address: int, word: int) -> int:
    """Change a word behind the tree's back."""
    poke64(machine_at(table), address, word)
    return 0


def call_page(table: int, key: int, written: int) -> int:
    """A page comes into being; with ``written`` all of it is to be hashed. Its place."""
    vm = machine_at(table)
    slot = make_page(vm, key)
    if written:
        note_written(vm, slot, 0xFFFFFFFFFFFFFFFF)
    return slot


def call_enter(table: int) -> int:
    """Fill the tables of pages and nodes again, after they were moved."""
    vm = machine_at(table)
    i = 0
    while i < vm.s[PAGES]:
        enter_page(vm, vm.page_keys[i], i)
        i += 1
    i = 0
    while i < vm.s[UPPERS]:
        enter_upper(vm, vm.upper_of[i], i)
        i += 1
    return 0
