"""A small L1 with blobs."""

from __future__ import annotations

from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.l1.embedded import EmbeddedL1
from pyoprollup.sources.l1 import IndexedBlobHash
from tests.unit.l1.embedded.support import blob_raw, make_l1


def chain(blobs: int = 1) -> EmbeddedL1:
    """One block after genesis, with so many blobs."""
    l1 = make_l1()
    l1.send_transaction(blob_raw(0, contents=tuple(b"blob %d" % number for number in range(blobs))))
    l1.mine()
    return l1


def wanted(l1: EmbeddedL1, number: int = 1) -> tuple[L1BlockRef, list[IndexedBlobHash]]:
    """All blobs of a block."""
    block = l1.block_by_number(number)
    return block.ref, [IndexedBlobHash(index, item) for index, item in enumerate(block.blob_hashes)]
