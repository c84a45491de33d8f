"""The toy's chain is made of L1's hashes, and of nothing else."""

from __future__ import annotations

import pytest

from pyoprollup.devnet.toy import TOY_GENESIS, ToyRollup
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.headers import Header
from pyoprollup.eth.types import ZERO_HASH
from tests.unit.devnet.toy.support import L1


def test_each_block_is_made_of_the_l1_block_of_its_number() -> None:
    l1 = L1()
    rollup, state = ToyRollup(l1), 0
    assert rollup.block(0) == TOY_GENESIS
    for number in range(1, 11):
        l1_hash = l1.header(number).hash()
        state = (state * int.from_bytes(l1_hash[:8], "big") + int.from_bytes(l1_hash[8:16], "big")) % 2**64
        block = rollup.block(number)
        assert (block.number, block.state) == (number, state)
        assert block.parent_hash == rollup.block(number - 1).hash
        assert block.header.state_root == block.output.state_root == keccak256(state.to_bytes(8, "big"))
        assert block.output.block_hash == block.header.hash() == keccak256(block.header.encode())
        assert Header.decode(block.header.encode()) == block.header


def test_there_is_no_block_that_l1_has_not_got_to() -> None:
    rollup = ToyRollup(L1(head=3))
    rollup.block(3)
    with pytest.raises(NotFound):
        rollup.block(4)
    with pytest.raises(Unavailable):
        rollup.header_by_number(4)


def test_it_follows_a_reorg_of_l1() -> None:
    l1 = L1()
    rollup = ToyRollup(l1)
    before = [rollup.block(number) for number in range(11)]
    l1.fork, l1.forked_at = 1, 6
    after = [rollup.block(number) for number in range(11)]
    assert after[:6] == before[:6]
    assert all(old.hash != new.hash for old, new in zip(before[6:], after[6:], strict=True))
    l1.head = 4
    with pytest.raises(NotFound):
        rollup.block(9)
    assert rollup.block(4) == before[4]


def test_what_its_node_says() -> None:
    l1 = L1()
    rollup = ToyRollup(l1)
    assert rollup.sync_status().current_l1 == l1.l1_block_ref_by_number(10)
    safe = rollup.safe_head_at_l1_block(7)
    assert safe.l1_block == l1.l1_block_ref_by_number(7).id
    assert (safe.safe_head.hash, safe.safe_head.number) == (rollup.block(7).hash, 7)
    answer = rollup.output_at_block(7)
    assert answer.output_root == rollup.block(7).output.root()
    assert answer.block_ref.l1_origin == safe.l1_block
    assert rollup.output_at_block(0).block_ref.l1_origin.hash == ZERO_HASH
    assert rollup.header_by_number(7) == rollup.block(7).header
