"""The Merkle tree over the compiled machine's memory.

Each page has its 127 nodes beside it; those above the pages are in a table. Nodes are kept as the hash has
them, in words with the lowest byte first. After a write only what lies above it is hashed again.

Twin: pyoprollup.cannon.memory:Memory; held equal by tests/unit/cannon/compiled/test_tree.py.

Specification: fault-proof/cannon-fault-proof-vm.md, "Memory".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyoprollup.cannon.compiled.places import (
    DIRTY,
    EPOCH,
    NODES_AT,
    NODES_OF_PAGE,
    NONE,
    PAGE_HEIGHT,
    PAGE_LEVEL,
    PAGE_ROOM,
    UPPER_AT,
    WORDS_OF_NODE,
    ZEROS_AT,
    Tables,
)
from pyoprollup.cannon.compiled.prelude import find, find_upper
from pyoprollup.cannon.core.layout import SIGN

if TYPE_CHECKING:
    from pyoprollup.cannon.compiled.pointers import words_at

    def permute(k: Any, constants: Any) -> None:
        """The text of it is made by :mod:`pyoprollup.cannon.compiled.keccak`."""


__all__: list[str] = []


def swapped(x: int) -> int:
    """A word with its bytes in the other order."""
    x = ((x & 0x00FF00FF00FF00FF) << 8) | ((x >> 8) & 0x00FF00FF00FF00FF)
    x = ((x & 0x0000FFFF0000FFFF) << 16) | ((x >> 16) & 0x0000FFFF0000FFFF)
    return ((x & 0xFFFFFFFF) << 32) | (x >> 32)


def hash_state(vm: Tables, to: Any) -> None:
    """The hash of the 64 bytes in the first eight words of ``k``."""
    k = vm.k
    k[8] = 1
    i = 9
    while i < 25:
        k[i] = 0
        i += 1
    k[16] = SIGN
    permute(k, vm.constants)
    i = 0
    while i < 4:
        to[i] = k[i]
        i += 1


def hash_nodes(vm: Tables, left: Any, right: Any, to: Any) -> None:
    """The node above two others."""
    i = 0
    while i < 4:
        vm.k[i] = left[i]
        vm.k[i + 4] = right[i]
        i += 1
    hash_state(vm, to)


def page_node(vm: Tables, slot: int, node: int) -> Any:
    """A node of a page: 1 is its root, 64 to 127 are its blocks."""
    return words_at(vm.s[NODES_AT] + ((slot * NODES_OF_PAGE + node) << 5))


def node_of(vm: Tables, node: int, height: int) -> Any:
    """A node from the pages upwards by its generalized index."""
    if node >= PAGE_LEVEL:
        slot = find(vm, node & (PAGE_LEVEL - 1))
        if slot != NONE:
            return page_node(vm, slot, 1)
    else:
        slot = find_upper(vm, node)
        if slot != NONE:
            return words_at(vm.s[UPPER_AT] + (slot << 5))
    return words_at(vm.s[ZEROS_AT] + (height << 5))


def hash_page(vm: Tables, slot: int) -> None:
    """Hash the blocks of a page that were written, and what lies above them."""
    blocks = vm.dirty[slot]
    vm.dirty[slot] = 0
    b = 0
    while b < 64:
        if (blocks >> b) & 1:
            at = (slot << 9) | (b << 3)
            i = 0
            while i < 8:
                vm.k[i] = swapped(vm.pages[at + i])
                i += 1
            hash_state(vm, page_node(vm, slot, 64 + b))
        b += 1
    width = 32
    while width != 0:
        above = 0
        b = 0
        while b < width:
            if (blocks >> (b << 1)) & 3:
                node = width + b
                hash_nodes(
                    vm,
                    page_node(vm, slot, node << 1),
                    page_node(vm, slot, (node << 1) + 1),
                    page_node(vm, slot, node),
                )
                above = above | (1 << b)
            b += 1
        blocks = above
        width = width >> 1


def list_above(vm: Tables, node: int, start: int, count: int) -> int:
    """List a node to be hashed unless it is already; how many there are then."""
    slot = find_upper(vm, node)
    if vm.upper_epoch[slot] != vm.s[EPOCH]:
        vm.upper_epoch[slot] = vm.s[EPOCH]
        vm.todo[start + count] = slot
        count += 1
    return count


def hash_tree(vm: Tables) -> None:
    """Hash all that was written since the last time."""
    dirty = vm.s[DIRTY]
    if dirty == 0:
        return
    vm.s[DIRTY] = 0
    vm.s[EPOCH] += 1
    count = 0
    start = 0
    i = 0
    while i < dirty:
        slot = vm.dirty_list[i]
        hash_page(vm, slot)
        count = list_above(vm, (PAGE_LEVEL | vm.page_keys[slot]) >> 1, start, count)
        i += 1
    height = PAGE_HEIGHT
    while count != 0:
        other = vm.s[PAGE_ROOM] - start
        above = 0
        i = 0
        while i < count:
            slot = vm.todo[start + i]
            node = vm.upper_of[slot]
            left = node_of(vm, node << 1, height)
            right = node_of(vm, (node << 1) + 1, height)
            hash_nodes(vm, left, right, words_at(vm.s[UPPER_AT] + (slot << 5)))
            if node != 1:
                above = list_above(vm, node >> 1, other, above)
            i += 1
        start = other
        count = above
        height += 1


def put_proof(vm: Tables, address: int, to: Any) -> None:
    """The leaf at an address and the nodes beside its way, as they were when the tree was last made."""
    slot = find(vm, address >> 12)
    leaf = (address & 0xFE0) >> 3
    i = 0
    while i < 4:
        if slot == NONE:
            to[i] = 0
            to[i + 4] = 0
        else:
            to[i] = swapped(vm.pages[(slot << 9) | (leaf + i)])
            to[i + 4] = swapped(vm.pages[(slot << 9) | ((leaf ^ 4) + i)])
        i += 1
    at = 8
    node = 64 | ((address & 0xFFF) >> 6)
    height = 1
    while height < PAGE_HEIGHT:
        beside = words_at(vm.s[ZEROS_AT] + (height << 5))
        if slot != NONE:
            beside = page_node(vm, slot, node ^ 1)
        at = put_node(to, at, beside)
        node = node >> 1
        height += 1
    node = PAGE_LEVEL | (address >> 12)
    while node != 1:
        at = put_node(to, at, node_of(vm, node ^ 1, height))
        node = node >> 1
        height += 1


def put_node(to: Any, at: int, node: Any) -> int:
    """Write a node; where the next one goes."""
    i = 0
    while i < WORDS_OF_NODE:
        to[at + i] = node[i]
        i += 1
    return at + WORDS_OF_NODE
