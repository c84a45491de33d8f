"""Transactions over the wire: all of them, in the order that the root says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyoprollup.errors import Unavailable
from tests.unit.l1.rpc.chains import chain, with_news
from tests.unit.l1.rpc.test_receipts import bent
from tests.wire_l1 import WireNode, client

RAW_BLOCK, RAW_ONE = "debug_getRawBlock", "eth_getRawTransactionByBlockHashAndIndex"


def test_types_that_are_known_are_encoded_again() -> None:
    l1 = chain(2)
    node = WireNode(l1, without={RAW_BLOCK, RAW_ONE})
    l1_client = client(node)
    for _ in range(2):
        assert l1_client.transactions_by_hash(l1.head_block.hash) == l1.head_block.transactions
    assert node.calls["eth_getBlockByHash"] == 2, "the header, then the block; then both are kept"


def test_a_block_without_any() -> None:
    l1 = chain(1)
    block = l1.mine(empty=True)
    assert client(WireNode(l1)).transactions_by_hash(block.hash) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda block: block | {"transactions": []},
        lambda block: block | {"transactions": block["transactions"][:-1]},
        lambda block: block | {"transactions": block["transactions"][::-1]},
        lambda block: block | {"transactions": [5]},
        lambda block: block | {"transactions": None},
        lambda block: block | {"transactions": [dict(tx, value="0x9") for tx in block["transactions"]]},
    ],
)
def test_a_lie_leads_to_the_raw_block_and_to_the_next_endpoint(wrong: Callable[[Any], Any]) -> None:
    l1 = chain(1)
    block = l1.head_block

    def bend(method: str, params: list[Any], truth: Callable[[], Any]) -> Any:
        return wrong(truth()) if method == "eth_getBlockByHash" and params[1] else truth()

    assert client(WireNode(l1, bend)).transactions_by_hash(block.hash) == block.transactions
    without = {RAW_BLOCK, RAW_ONE}
    with pytest.raises(Unavailable, match="transactions"):
        client(WireNode(l1, bend, without=without)).transactions_by_hash(block.hash)
    both = client(WireNode(l1, bend, without=without), WireNode(l1))
    assert both.transactions_by_hash(block.hash) == block.transactions


@pytest.mark.parametrize("without", [set(), {RAW_ONE}, {RAW_BLOCK}])
def test_bytes_of_types_that_are_not_known_are_asked_for(without: set[str]) -> None:
    l1 = chain(1)
    block = with_news(l1)
    assert client(WireNode(l1, without=without)).transactions_by_hash(block.hash) == block.transactions


def test_without_these_bytes_there_is_no_answer() -> None:
    """The others would be whatever the endpoint likes: a root over a part of them does not exist."""
    l1 = chain(1)
    block = with_news(l1)
    node = WireNode(l1, without={RAW_BLOCK, RAW_ONE})
    with pytest.raises(Unavailable, match="types 0x2, 0x5, 0x64"):
        client(node).transactions_by_hash(block.hash)


@pytest.mark.parametrize("answer", [None, "0x", "0xc0", "0xc28080", 5, "0x01"])
def test_a_raw_block_that_is_none(answer: Any) -> None:
    l1 = chain(1)
    block = with_news(l1)
    node = WireNode(l1, bent(RAW_BLOCK, lambda _truth: answer), without={RAW_ONE})
    with pytest.raises(Unavailable):
        client(node).transactions_by_hash(block.hash)
