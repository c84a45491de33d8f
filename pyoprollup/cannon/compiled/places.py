"""Where the compiled machine keeps its memory: the words of ``s``, and the order of the tables of addresses.

Specification: fault-proof/cannon-fault-proof-vm.md, "Memory".
"""

from __future__ import annotations

from typing import Protocol

__all__: list[str] = []


class Tables(Protocol):
    """What a machine is made of: tables of words and of bytes, which the loader has in order."""

    g: list[int]
    s: list[int]
    pages: list[int]
    page_keys: list[int]
    keys: list[int]
    slots: list[int]
    dirty: list[int]
    dirty_list: list[int]
    nodes: list[int]
    upper_keys: list[int]
    upper_slots: list[int]
    upper_of: list[int]
    upper_epoch: list[int]
    upper: list[int]
    todo: list[int]
    zeros: list[int]
    constants: list[int]
    k: list[int]
    hashes: list[int]
    thread_hash: list[int]
    buffer: list[int]
    buffer_words: list[int]
    noops: list[int]
    preimage: list[int]


NONE = 0xFFFFFFFFFFFFFFFF
"""No page, no node: what a table has in its empty places, and what is answered where there is nothing."""

TABLE_MASK = 0
"""Places of the table of pages, less one; it is at most half full."""
PAGES = 1
PAGE_ROOM = 2
DIRTY = 3
"""Pages that have been written since the tree was made."""
UPPER_MASK = 4
UPPERS = 5
"""Nodes above the pages."""
UPPER_ROOM = 6
EPOCH = 7
THREADS_AT = 8
"""Address of the threads: ``THREAD_ROOM`` rows of the left stack, then as many of the right one."""
NODES_AT = 9
UPPER_AT = 10
ZEROS_AT = 11
OUT_AT = 12
SCALARS = 16

PAGE_LEVEL = 0x10000000000000
"""Generalized index of the first page: 2**52."""
PAGE_HEIGHT = 7
"""Levels of a page's root above the leaves."""
SLACK = 8
"""Pages that always have to be free: more than a step can make."""
LEVELS = 52
NODES_OF_PAGE = 128
WORDS_OF_NODE = 4

# --- what a proven step leaves, as offsets in bytes

WITNESS_OUT = 0
THREAD_OUT = 192
CODE_OUT = 528
FIRST_OUT = 2448
SECOND_OUT = 4368
OUT_BYTES = 6288
