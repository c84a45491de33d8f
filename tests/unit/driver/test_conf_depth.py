"""Confirmations: which L1 blocks are hidden, and from whom."""

from __future__ import annotations

import pytest

from pyoprollup.driver import ConfDepth
from pyoprollup.errors import NotFound
from pyoprollup.eth.refs import L1BlockRef
from tests.unit.l1.embedded.support import make_l1


def test_the_newest_blocks_are_hidden_by_number_only() -> None:
    l1 = make_l1()
    blocks = [l1.head_block, *(l1.mine() for _ in range(5))]
    deep = ConfDepth(2, lambda: l1.head_block.ref, l1)
    assert [deep.l1_block_ref_by_number(number) for number in range(4)] == [b.ref for b in blocks[:4]]
    for number in (4, 5, 6):
        with pytest.raises(NotFound):
            deep.l1_block_ref_by_number(number)
    newest = blocks[5]
    assert deep.l1_block_ref_by_hash(newest.hash) == newest.ref
    assert deep.info_by_hash(newest.hash) == newest.info
    assert deep.fetch_receipts(newest.hash) == (newest.info, newest.receipts)
    assert deep.transactions_by_hash(newest.hash) == newest.transactions


@pytest.mark.parametrize(("depth", "known"), [(0, True), (4, False)])
def test_nothing_is_hidden_without_a_depth_or_a_head(depth: int, known: bool) -> None:
    l1 = make_l1()
    block = l1.mine()

    def head() -> L1BlockRef | None:
        return block.ref if known else None

    assert ConfDepth(depth, head, l1).l1_block_ref_by_number(1) == block.ref


def test_genesis_is_never_hidden() -> None:
    l1 = make_l1()
    assert ConfDepth(9, lambda: l1.head_block.ref, l1).l1_block_ref_by_number(0) == l1.head_block.ref
