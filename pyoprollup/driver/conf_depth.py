"""An L1 source that hides the newest blocks, which may still be reorged."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyoprollup.errors import NotFound
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.sources.l1 import BlockInfo, L1Source

__all__ = ["ConfDepth"]


class ConfDepth:
    """Hides the ``depth`` newest blocks of ``l1`` from reads by number.

    For derivation, and with a depth of its own for the sequencer's origins, which then follow L1 later; at
    the drift that is an error, never a violation. Who has a hash has it from a block that was not hidden, and
    gets what belongs to it. ``l1_head`` gives L1's head, ``None`` as long as it is not known: nothing is
    hidden until then, and never the genesis block. Raises :class:`NotFound` for what is hidden.
    """

    def __init__(self, depth: int, l1_head: Callable[[], L1BlockRef | None], l1: L1Source) -> None:
        self._depth = depth
        self._l1_head = l1_head
        self._l1 = l1

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        head = self._l1_head()
        if number and self._depth and head is not None and number + self._depth > head.number:
            raise NotFound(f"L1 block {number} has fewer than {self._depth} blocks on it")
        return self._l1.l1_block_ref_by_number(number)

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef:
        return self._l1.l1_block_ref_by_hash(block_hash)

    def info_by_hash(self, block_hash: Hash32) -> BlockInfo:
        return self._l1.info_by_hash(block_hash)

    def fetch_receipts(self, block_hash: Hash32) -> tuple[BlockInfo, Sequence[Receipt]]:
        return self._l1.fetch_receipts(block_hash)

    def transactions_by_hash(self, block_hash: Hash32) -> Sequence[bytes]:
        return self._l1.transactions_by_hash(block_hash)
