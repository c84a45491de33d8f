"""Words, pages and rows of the compiled machine: what the definition stands on.

Pages lie one after another, found by a table of open addressing. Each has a word with a bit for each block
of 64 bytes that was written since the tree was made; pages whose word is not 0 are listed.

Twin: pyoprollup.cannon.core.plain; held equal by tests/unit/cannon/compiled/test_prelude.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyoprollup.cannon.compiled.places import (
    DIRTY,
    LEVELS,
    NODES_OF_PAGE,
    NONE,
    PAGE_HEIGHT,
    PAGE_LEVEL,
    PAGE_ROOM,
    PAGES,
    SLACK,
    TABLE_MASK,
    THREADS_AT,
    UPPER_MASK,
    UPPER_ROOM,
    UPPERS,
    WORDS_OF_NODE,
    Tables,
)
from pyoprollup.cannon.core.layout import FULL, ROW, THREAD_ROOM

if TYPE_CHECKING:
    from pyoprollup.cannon.compiled.pointers import words_at

__all__: list[str] = []


def find(vm: Tables, key: int) -> int:
    """The place of a page, NONE if it does not exist."""
    mask = vm.s[TABLE_MASK]
    i = (key ^ (key >> 9)) & mask
    while vm.keys[i] != key:
        if vm.keys[i] == NONE:
            return NONE
        i = (i + 1) & mask
    return vm.slots[i]


def scattered(node: int) -> int:
    """Bits of a generalized index mixed, as those of nodes near the root hardly differ in the lowest."""
    return ((node * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF) >> 32


def find_upper(vm: Tables, node: int) -> int:
    """The place of a node above the pages, NONE if its subtree is empty."""
    mask = vm.s[UPPER_MASK]
    i = scattered(node) & mask
    while vm.upper_keys[i] != node:
        if vm.upper_keys[i] == NONE:
            return NONE
        i = (i + 1) & mask
    return vm.upper_slots[i]


def enter_page(vm: Tables, key: int, slot: int) -> None:
    """Put a page into its table."""
    mask = vm.s[TABLE_MASK]
    i = (key ^ (key >> 9)) & mask
    while vm.keys[i] != NONE:
        i = (i + 1) & mask
    vm.keys[i] = key
    vm.slots[i] = slot


def enter_upper(vm: Tables, node: int, slot: int) -> None:
    """Put a node above the pages into its table."""
    mask = vm.s[UPPER_MASK]
    i = scattered(node) & mask
    while vm.upper_keys[i] != NONE:
        i = (i + 1) & mask
    vm.upper_keys[i] = node
    vm.upper_slots[i] = slot


def make_uppers(vm: Tables, key: int) -> None:
    """The nodes from a page to the root come into being, as those of empty subtrees."""
    node = (PAGE_LEVEL | key) >> 1
    height = PAGE_HEIGHT + 1
    while node != 0 and find_upper(vm, node) == NONE:
        slot = vm.s[UPPERS]
        vm.s[UPPERS] = slot + 1
        enter_upper(vm, node, slot)
        vm.upper_of[slot] = node
        i = 0
        while i < WORDS_OF_NODE:
            vm.upper[slot * WORDS_OF_NODE + i] = vm.zeros[height * WORDS_OF_NODE + i]
            i += 1
        node = node >> 1
        height += 1


def make_page(vm: Tables, key: int) -> int:
    """A page comes into being, with the nodes of an empty one; its place."""
    slot = vm.s[PAGES]
    vm.s[PAGES] = slot + 1
    vm.page_keys[slot] = key
    enter_page(vm, key, slot)
    node = 1
    height = PAGE_HEIGHT
    while height != 0:
        end = node << 1
        while node < end:
            i = 0
            while i < WORDS_OF_NODE:
                to = (slot * NODES_OF_PAGE + node) * WORDS_OF_NODE + i
                vm.nodes[to] = vm.zeros[height * WORDS_OF_NODE + i]
                i += 1
            node += 1
        height -= 1
    make_uppers(vm, key)
    if slot + SLACK >= vm.s[PAGE_ROOM] or vm.s[UPPERS] + SLACK * LEVELS >= vm.s[UPPER_ROOM]:
        vm.g[FULL] = 1
    return slot


def note_written(vm: Tables, slot: int, blocks: int) -> None:
    """Remember which blocks of a page were written."""
    before = vm.dirty[slot]
    if before == 0:
        vm.dirty_list[vm.s[DIRTY]] = slot
        vm.s[DIRTY] += 1
    vm.dirty[slot] = before | blocks


def load64(vm: Tables, address: int) -> int:
    """The word at an aligned address."""
    slot = find(vm, address >> 12)
    if slot == NONE:
        return 0
    return vm.pages[(slot << 9) | ((address & 0xFFF) >> 3)]


def store64(vm: Tables, address: int, word: int) -> None:
    """Write a word at an aligned address; its page comes into being."""
    slot = find(vm, address >> 12)
    if slot == NONE:
        slot = make_page(vm, address >> 12)
    vm.pages[(slot << 9) | ((address & 0xFFF) >> 3)] = word
    note_written(vm, slot, 1 << ((address & 0xFFF) >> 6))


def poke64(vm: Tables, address: int, word: int) -> None:
    """Change a word behind the tree's back, where there is a page."""
    slot = find(vm, address >> 12)
    if slot != NONE:
        vm.pages[(slot << 9) | ((address & 0xFFF) >> 3)] = word


def fetch(vm: Tables, pc: int) -> int:
    """The instruction at an aligned address."""
    return (load64(vm, pc & 0xFFFFFFFFFFFFFFF8) >> (32 - ((pc & 4) << 3))) & 0xFFFFFFFF


def row(vm: Tables, side: int, index: int) -> Any:
    """A thread of a stack; changes of it are changes of the machine."""
    return words_at(vm.s[THREADS_AT] + ((side * vm.g[THREAD_ROOM] + index) * ROW << 3))


def copy_row(vm: Tables, side: int, index: int, source: Any) -> None:
    """Put a copy of a thread into a stack, at or above its top."""
    to = row(vm, side, index)
    i = 0
    while i < ROW:
        to[i] = source[i]
        i += 1


def preimage_byte(vm: Tables, index: int) -> int:
    """A byte of the pre-image that is ready; its first eight are its length."""
    return 0 | vm.preimage[index]
