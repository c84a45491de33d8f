"""The view of the chain that comes out of endpoints which do not agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.events import Happening
from pyoprollup.l1.embedded import L1Block
from pyoprollup.l1.rpc import NotAtHand
from tests.unit.l1.rpc.chains import chain
from tests.wire_l1 import HttpAnswer, VirtualTime, WireNode, block_shown, client


class Views(WireNode):
    """A balancer: labels are of whatever block the backend behind it is at."""

    shown: dict[str, L1Block]

    def truth(self, method: str, params: list[Any]) -> Any:
        block = self.shown.get(params[0]) if method == "eth_getBlockByNumber" else None
        return super().truth(method, params) if block is None else block_shown(block, False)


def views(blocks: int = 6) -> Views:
    node = Views(chain(blocks))
    node.shown = {}
    return node


def test_a_lower_head_of_the_same_chain_is_no_other_head() -> None:
    node = views()
    blocks = [node.l1.block_by_number(number) for number in range(7)]
    l1_client = client(node)
    seen = []
    for number in (4, 5, 4, 3, 5, 6):
        node.shown["latest"] = blocks[number]
        seen.append(l1_client.l1_block_ref_by_label(BlockLabel.UNSAFE).number)
    assert seen == [4, 5, 5, 5, 5, 6]


def test_a_lower_head_of_another_chain_is_a_reorg() -> None:
    node = views(4)
    l1_client = client(node)
    assert l1_client.l1_block_ref_by_label(BlockLabel.UNSAFE).number == 4
    node.l1.reorg(2)
    new = node.l1.mine()
    assert l1_client.l1_block_ref_by_label(BlockLabel.UNSAFE) == new.ref


def test_the_finalized_block_never_goes_back() -> None:
    node = views()
    told: list[Happening] = []
    l1_client = client(node, tell=told.append)
    seen = []
    for number in (3, 2, 5, 4, 5):
        node.shown["finalized"] = node.l1.block_by_number(number)
        seen.append(l1_client.l1_block_ref_by_label(BlockLabel.FINALIZED).number)
    assert seen == [3, 3, 5, 5, 5]
    assert told == []
    before = l1_client.l1_block_ref_by_label(BlockLabel.FINALIZED)
    node.l1.reorg(2)
    node.shown["finalized"] = node.l1.mine()
    assert l1_client.l1_block_ref_by_label(BlockLabel.FINALIZED) == before
    assert [item.event for item in told] == ["finalized-l1-block-differs"], "that is for somebody to look at"


def test_headers_are_kept_and_what_is_canonical_is_not() -> None:
    node = views(3)
    l1_client = client(node)
    block = node.l1.head_block
    for _ in range(3):
        l1_client.l1_block_ref_by_hash(block.hash)
        l1_client.l1_block_ref_by_number(3)
    assert (node.calls["eth_getBlockByHash"], node.calls["eth_getBlockByNumber"]) == (1, 3)
    node.l1.reorg(1)
    assert l1_client.l1_block_ref_by_number(3 if node.l1.mine() else 0) == node.l1.head_block.ref


def test_memory_is_bounded_in_bytes() -> None:
    node = views(30)
    l1_client = client(node, cache_size=20_000)
    for number in range(1, 31):
        block = node.l1.block_by_number(number)
        assert l1_client.fetch_receipts(block.hash)[1] == block.receipts
        assert l1_client.transactions_by_hash(block.hash) == block.transactions
        assert l1_client.cached_bytes <= 20_000


def test_a_long_walk_survives_a_failure_now_and_then() -> None:
    """After an outage of days: each step is tried again by itself, and what was read is kept."""
    node = views(60)

    def bend(method: str, params: list[Any], truth: Callable[[], Any]) -> Any:
        if sum(node.calls.values()) % 5 == 0:
            raise HttpAnswer(429, b"too many requests")
        return truth()

    node.bend = bend
    l1_client = client(node)
    ref = node.l1.head_block.ref
    while ref.number:
        ref = l1_client.l1_block_ref_by_hash(ref.parent_hash)
    assert ref == node.l1.block_by_number(0).ref
    assert node.calls["eth_getBlockByHash"] < 90, "nothing was thrown away"


def test_an_outage_says_what_every_endpoint_answered() -> None:
    def down(_method: str, _params: list[Any], _truth: Callable[[], Any]) -> Any:
        raise HttpAnswer(503, b"maintenance")

    l1_client = client(WireNode(chain(0), down), WireNode(chain(0), down))
    with pytest.raises(Unavailable) as caught:
        l1_client.l1_block_ref_by_number(0)
    text = str(caught.value)
    assert text.startswith("L1 block 0: node-0:8545: ")
    assert text.count("HTTP 503: maintenance") == 2
    assert "secret" not in text


def test_null_below_the_head_is_behind_not_missing() -> None:
    """A backend that is behind says it of blocks that are there."""
    node = views(3)
    l1_client = client(node)
    l1_client.l1_block_ref_by_label(BlockLabel.UNSAFE)
    node.bend = lambda method, params, truth: None if method.startswith("eth_getBlock") else truth()
    with pytest.raises(NotAtHand, match="below the head 3"):
        l1_client.l1_block_ref_by_number(2)
    with pytest.raises(NotFound):
        l1_client.l1_block_ref_by_number(4)


def test_a_block_below_the_head_is_the_one_that_the_head_stands_on() -> None:
    """Asked by number, a backend of another fork would give an orphan."""
    time = VirtualTime()
    node, other = views(6), views(4)
    other.l1.reorg(3)
    for _ in range(5):
        other.l1.mine()
    l1_client = client(node, time=time)
    assert l1_client.l1_block_ref_by_label(BlockLabel.UNSAFE).number == 6
    node.bend = lambda method, params, truth: (
        other.truth(method, params) if method == "eth_getBlockByNumber" else truth()
    )
    for number in range(6, 0, -1):
        assert l1_client.l1_block_ref_by_number(number) == node.l1.block_by_number(number).ref
    assert node.calls["eth_getBlockByNumber"] == 1
    time.now += 31
    assert l1_client.l1_block_ref_by_number(5) == other.l1.block_by_number(5).ref, "the head is an old one"


def test_a_next_block_that_does_not_stand_on_the_head_ends_that_view() -> None:
    node = views(4)
    l1_client = client(node)
    l1_client.l1_block_ref_by_label(BlockLabel.UNSAFE)
    before = node.l1.block_by_number(4).ref
    node.l1.reorg(1)
    node.l1.mine()
    node.l1.mine()
    assert l1_client.l1_block_ref_by_number(4) == before, "nothing is known of the reorg"
    assert l1_client.l1_block_ref_by_number(5) == node.l1.head_block.ref
    assert l1_client.l1_block_ref_by_number(4) == node.l1.block_by_number(4).ref
