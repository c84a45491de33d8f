"""Which state is kept: counting references, so that what no kept block needs is dropped.

The blocks whose state is kept are a tree: its root is the *base*, a canonical block, and all others descend
from it. A trie node or code is counted as often as it stands in the state of the base, plus, for every
other block of the tree, as often as it stands in that block's state more than in its parent's. So a count
is positive exactly if some kept state has the node. A block adds what its state has more
(:mod:`~pyoprollup.execution.store.state_difference`), which is remembered along with what it has less. When
the base moves up to its canonical child, what that child has less is taken off; blocks on the branches that
are cut off by this are dropped, and what each had more is taken off. No trie is walked for this.

Counting edges from node to node instead would touch up to 16 rows for every branch node that changes.
"""

from __future__ import annotations

from pyoprollup.eth.headers import Header
from pyoprollup.eth.types import Hash32
from pyoprollup.evm.block import ExecutedBlock
from pyoprollup.execution.store.backend import Batch, Table
from pyoprollup.execution.store.errors import CorruptStore
from pyoprollup.execution.store.rows import (
    Base,
    decode_difference,
    encode_difference,
    number_key,
    split_hashes,
)
from pyoprollup.execution.store.state import COUNT_SIZE, StateReader
from pyoprollup.execution.store.state_difference import new_nodes, state_difference

__all__ = ["STEPS_PER_WRITE", "Pruning"]

STEPS_PER_WRITE = 4
"""Blocks that one write drops at most, so that it stays quick however far it has to go."""

_BASE, _CUT_OFF = b"base", b"cut off"


class Pruning:
    """Adds and drops the state of blocks, in a batch of the caller's."""

    def __init__(self, state: StateReader, window: int, archive: bool) -> None:
        self._state = state
        self._window = window
        self._archive = archive

    # --- adding

    def add(self, batch: Batch, block: ExecutedBlock, parent: Header | None) -> None:
        """Keep the state of a block; its parent's is kept too. Without a parent, it becomes the base."""
        batch.put(Table.RETAINED, block.hash, b"")
        if self._archive:
            self._add_all(batch, block)
            return

        def get(node_hash: bytes) -> bytes:
            value = block.writes.get(node_hash)
            if value is None:
                value = self._state.node(node_hash)
            if value is None:
                raise CorruptStore(f"state: 0x{node_hash.hex()} is missing")
            return value

        old_root = None if parent is None else parent.state_root
        difference = state_difference(old_root, block.header.state_root, get)
        for node_hash, count in difference.items():
            if count > 0:
                self._count(batch, node_hash, count, block.writes.get(node_hash))
        if parent is None:
            batch.put(Table.META, _BASE, Base(block.header.number, block.hash).encode())
            return
        batch.put(Table.DIFFERENCES, block.hash, encode_difference(difference))
        siblings = batch.get(Table.RETAINED, block.header.parent_hash) or b""
        batch.put(Table.RETAINED, block.header.parent_hash, siblings + block.hash)

    def _add_all(self, batch: Batch, block: ExecutedBlock) -> None:
        for node_hash, value in new_nodes(block.header.state_root, block.writes).items():
            if batch.get(Table.STATE, node_hash) is None:
                batch.put(Table.STATE, node_hash, bytes(COUNT_SIZE) + value)

    def _count(self, batch: Batch, node_hash: bytes, change: int, value: bytes | None = None) -> None:
        row = batch.get(Table.STATE, node_hash)
        if row is None:
            if value is None:
                raise CorruptStore(f"state: 0x{node_hash.hex()} is missing")
            row = bytes(COUNT_SIZE) + value
        count = int.from_bytes(row[:COUNT_SIZE], "big") + change
        if not 0 <= count < 1 << 8 * COUNT_SIZE:
            # Rows of state have no check sum: their hash covers what they hold, but not the count.
            raise CorruptStore(f"state: 0x{node_hash.hex()} cannot be there {count} times")
        if count:
            batch.put(Table.STATE, node_hash, count.to_bytes(COUNT_SIZE, "big") + row[COUNT_SIZE:])
        else:
            batch.delete(Table.STATE, node_hash)

    # --- dropping

    def advance(self, batch: Batch, head: int, finalized: Header | None) -> None:
        """Drop what is out of the window, up to :data:`STEPS_PER_WRITE` blocks.

        ``head`` is the number of the unsafe head. Nothing above the finalized block is dropped, and
        nothing at all while there is none.
        """
        if self._archive or finalized is None:
            return
        row = batch.get(Table.META, _BASE)
        if row is None:
            return
        base = Base.decode(row)
        target = min(head - self._window, finalized.number)
        cut_off = split_hashes(batch.get(Table.META, _CUT_OFF) or b"")
        before = len(cut_off), base
        for _ in range(STEPS_PER_WRITE):
            if cut_off:
                self._drop(batch, cut_off.pop())
                continue
            moved = self._move_base(batch, base, cut_off) if base.number < target else None
            if moved is None:
                break
            base = moved
        if (len(cut_off), base) != before:
            batch.put(Table.META, _BASE, base.encode())
            batch.put(Table.META, _CUT_OFF, b"".join(cut_off))

    def _move_base(self, batch: Batch, base: Base, cut_off: list[Hash32]) -> Base | None:
        """One block up, adding to ``cut_off``; ``None`` if the canonical chain does not go there."""
        children = split_hashes(batch.get(Table.RETAINED, base.hash) or b"")
        canonical = batch.get(Table.CANONICAL, number_key(base.number + 1))
        if canonical is None or canonical not in children:
            return None
        block_hash = Hash32(canonical)
        for node_hash, count in self._take_difference(batch, block_hash):
            if count < 0:
                self._count(batch, node_hash, count)
        batch.delete(Table.RETAINED, base.hash)
        pending = [child for child in children if child != block_hash]
        while pending:
            child = pending.pop()
            cut_off.append(child)
            pending += split_hashes(batch.get(Table.RETAINED, child) or b"")
            batch.delete(Table.RETAINED, child)
        return Base(base.number + 1, block_hash)

    def _drop(self, batch: Batch, block_hash: Hash32) -> None:
        for node_hash, count in self._take_difference(batch, block_hash):
            if count > 0:
                self._count(batch, node_hash, -count)

    def _take_difference(self, batch: Batch, block_hash: Hash32) -> list[tuple[bytes, int]]:
        row = batch.get(Table.DIFFERENCES, block_hash)
        if row is None:
            raise CorruptStore(f"differences: nothing for the block 0x{block_hash.hex()}")
        batch.delete(Table.DIFFERENCES, block_hash)
        return decode_difference(row)
