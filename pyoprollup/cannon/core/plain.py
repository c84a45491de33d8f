"""The machine in plain Python: what the definition stands on, and what other modes have in their own way.

The functions here are all that the definition knows of where words and threads are kept.
"""

from __future__ import annotations

from array import array

from pyoprollup.cannon.core.layout import ROW, WORDS

__all__ = ["PAGE_BYTES", "PAGE_WORDS", "Vm", "copy_row", "fetch", "load64", "preimage_byte", "row", "store64"]

PAGE_BYTES = 4096
PAGE_WORDS = 512


class Vm:
    """A machine: its words, its memory, its threads, and the pre-image that is ready.

    ``pages`` are words by page number; a page that is missing is zero. ``dirty`` are the numbers of the
    blocks of 64 bytes that were written, for the tree over the memory. ``noops`` says for system calls 5000
    + i whether they do nothing.
    """

    __slots__ = ("code", "code_page", "dirty", "g", "noops", "pages", "preimage", "stacks")

    def __init__(self, pages: dict[int, array[int]], dirty: set[int], noops: list[int]) -> None:
        self.g = [0] * WORDS
        self.pages = pages
        self.dirty = dirty
        self.noops = noops
        self.stacks: list[list[list[int]]] = [[], []]
        self.preimage = b""
        self.code_page = -1
        self.code: array[int] = array("Q")
        """The page that the last instruction came from, so that the next one is found quickly."""


def fetch(vm: Vm, pc: int) -> int:
    """The instruction at an aligned address."""
    if pc >> 12 != vm.code_page:
        page = vm.pages.get(pc >> 12)
        if page is None:
            return 0
        vm.code_page, vm.code = pc >> 12, page
    word = vm.code[(pc & 0xFFF) >> 3]
    return word & 0xFFFFFFFF if pc & 4 else word >> 32


def load64(vm: Vm, address: int) -> int:
    """The word at an aligned address."""
    page = vm.pages.get(address >> 12)
    if page is None:
        return 0
    return page[(address & 0xFFF) >> 3]


def store64(vm: Vm, address: int, word: int) -> None:
    """Write a word at an aligned address; its page comes into being."""
    page = vm.pages.get(address >> 12)
    if page is None:
        page = vm.pages[address >> 12] = array("Q", bytes(PAGE_BYTES))
    page[(address & 0xFFF) >> 3] = word
    vm.dirty.add(address >> 6)


def row(vm: Vm, side: int, index: int) -> list[int]:
    """A thread of a stack; changes of it are changes of the machine."""
    return vm.stacks[side][index]


def copy_row(vm: Vm, side: int, index: int, source: list[int]) -> None:
    """Put a copy of a thread into a stack, at or above its top."""
    stack = vm.stacks[side]
    del stack[index:]
    stack.append(source[:ROW])


def preimage_byte(vm: Vm, index: int) -> int:
    """A byte of the pre-image that is ready; its first eight are its length."""
    return vm.preimage[index]
