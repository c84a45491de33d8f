"""The machine's memory: 2**64 bytes of which few pages exist, and the Merkle tree over all of them.

Leaves have 32 bytes, so the tree has 59 levels of nodes above them. Only nodes that are not those of an empty
subtree are kept, from blocks of two leaves upwards. What was written is hashed when the root is asked for.

Specification: fault-proof/cannon-fault-proof-vm.md, "Memory".
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator

from pyoprollup.cannon.core.plain import PAGE_BYTES
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32

__all__ = [
    "BLOCK_BYTES",
    "BLOCK_DEPTH",
    "PROOF_BYTES",
    "Memory",
    "page_of_bytes",
    "page_to_bytes",
    "zero_hashes",
]

BLOCK_BYTES = 64
BLOCK_DEPTH = 58
"""Levels between the root and a block."""
PROOF_BYTES = 60 * 32
MASK = (1 << 64) - 1
ZERO_PAGE = array("Q", bytes(PAGE_BYTES))


def zero_hashes() -> list[bytes]:
    """Roots of empty subtrees, by their height: 0 is a leaf, 59 the whole memory."""
    found = [bytes(32)]
    while len(found) <= BLOCK_DEPTH + 1:
        found.append(keccak256(found[-1] + found[-1]))
    return found


ZERO = zero_hashes()


def page_of_bytes(data: bytes) -> array[int]:
    """The words of a page; its bytes are in the machine's order, the highest first."""
    words = array("Q", data)
    if sys.byteorder == "little":
        words.byteswap()
    return words


def page_to_bytes(words: array[int]) -> bytes:
    """A page as the machine sees it."""
    if sys.byteorder == "little":
        words = words[:]
        words.byteswap()
    return words.tobytes()


class Memory:
    """Pages, and the tree over them. ``pages`` and ``dirty`` are shared with who runs the machine."""

    def __init__(self) -> None:
        self.pages: dict[int, array[int]] = {}
        self.dirty: set[int] = set()
        self._nodes: dict[int, bytes] = {}

    # --- bytes

    def page(self, index: int) -> bytes:
        """The bytes of a page, zeros if it does not exist."""
        words = self.pages.get(index)
        return bytes(PAGE_BYTES) if words is None else page_to_bytes(words)

    def set_page(self, index: int, data: bytes) -> None:
        """Put a whole page in place."""
        self.set_words(index, page_of_bytes(data))

    def set_words(self, index: int, words: array[int]) -> None:
        """Put a whole page in place, as words."""
        is_new = index not in self.pages
        self.pages[index] = words
        if is_new and words == ZERO_PAGE:
            return
        first = index * (PAGE_BYTES // BLOCK_BYTES)
        self.dirty.update(range(first, first + PAGE_BYTES // BLOCK_BYTES))

    def items(self) -> Iterator[tuple[int, bytes]]:
        """Number and bytes of each page that exists, upwards."""
        for index in sorted(self.pages):
            yield index, page_to_bytes(self.pages[index])

    def read(self, address: int, count: int) -> bytes:
        """Bytes from an address on; after the last one comes the first."""
        found = bytearray()
        while count > 0:
            offset = address % PAGE_BYTES
            part = self.page(address // PAGE_BYTES)[offset : offset + count]
            found += part
            count -= len(part)
            address = (address + len(part)) & MASK
        return bytes(found)

    def write(self, address: int, data: bytes) -> None:
        """Write bytes from an address on. Pages come into being where there is something to write."""
        done = 0
        while done < len(data):
            index, offset = divmod(address, PAGE_BYTES)
            part = data[done : done + PAGE_BYTES - offset]
            page = bytearray(self.page(index))
            page[offset : offset + len(part)] = part
            self.set_page(index, bytes(page))
            done += len(part)
            address = (address + len(part)) & MASK

    def write_zeros(self, address: int, count: int) -> None:
        """Write so many zeros."""
        while count > 0:
            part = min(count, PAGE_BYTES - address % PAGE_BYTES)
            self.write(address, bytes(part))
            address = (address + part) & MASK
            count -= part

    # --- words

    def peek(self, address: int) -> int:
        """The word at an aligned address."""
        words = self.pages.get(address // PAGE_BYTES)
        return 0 if words is None else words[address % PAGE_BYTES // 8]

    def poke(self, address: int, word: int) -> None:
        """Change a word behind the tree's back, where there is a page."""
        words = self.pages.get(address // PAGE_BYTES)
        if words is not None:
            words[address % PAGE_BYTES // 8] = word

    # --- the tree

    def root(self) -> Hash32:
        """The root of the tree, once all that was written is hashed."""
        self._hash_dirty()
        return Hash32(self._nodes.get(1, ZERO[BLOCK_DEPTH + 1]))

    def proof(self, address: int) -> bytes:
        """The leaf at an address and the nodes beside the way to the root, from below.

        Nodes are those of the time when the root was last asked for; the leaf and the one beside it are what
        the memory has now.
        """
        block = address // BLOCK_BYTES
        data = self._block(block)
        found = [data[:32], data[32:]]
        if address & 32:
            found.reverse()
        node = 1 << BLOCK_DEPTH | block
        for height in range(1, BLOCK_DEPTH + 1):
            found.append(self._nodes.get(node ^ 1, ZERO[height]))
            node >>= 1
        return b"".join(found)

    def _block(self, block: int) -> bytes:
        index, offset = divmod(block * 8, PAGE_BYTES // 8)
        words = self.pages.get(index)
        return bytes(BLOCK_BYTES) if words is None else page_to_bytes(words[offset : offset + 8])

    def _hash_dirty(self) -> None:
        nodes = self._nodes
        level = set()
        for block in self.dirty:
            data = self._block(block)
            node = 1 << BLOCK_DEPTH | block
            if any(data):
                nodes[node] = keccak256(data)
            else:
                nodes.pop(node, None)
            level.add(node >> 1)
        self.dirty.clear()
        height = 1
        while level:
            zero = ZERO[height]
            above = set()
            for node in level:
                left, right = nodes.get(2 * node), nodes.get(2 * node + 1)
                if left is None and right is None:
                    nodes.pop(node, None)
                else:
                    nodes[node] = keccak256((left or zero) + (right or zero))
                if node > 1:
                    above.add(node >> 1)
            level = above
            height += 1
