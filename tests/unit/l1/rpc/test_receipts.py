"""Receipts over the wire: whatever an endpoint says, they have the root of the header."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.rpc.errors import JsonRpcError
from tests.unit.l1.rpc.chains import chain, with_news
from tests.wire_l1 import Bend, HttpAnswer, WireNode, client

BY_BLOCK, RAW, ONE = "eth_getBlockReceipts", "debug_getRawReceipts", "eth_getTransactionReceipt"


def bent(method: str, answer: Callable[[Any], Any], times: int = 10**9) -> Bend:
    """One method answers something else, so many times."""
    left = [times]

    def bend(called: str, _params: list[Any], truth: Callable[[], Any]) -> Any:
        if called == method and left[0] > 0:
            left[0] -= 1
            return answer(truth())
        return truth()

    return bend


def refuses(code: int) -> Callable[[Any], Any]:
    def answer(_truth: Any) -> Any:
        raise JsonRpcError(code, "no")

    return answer


def proxy(_truth: Any) -> Any:
    raise HttpAnswer(502)


WRONG: dict[str, Callable[[Any], Any]] = {
    "an empty list": lambda truth: [],
    "the first ones": lambda truth: truth[:1],
    "null": lambda truth: None,
    "no list": lambda truth: {"a": 1},
    "rubbish in it": lambda truth: [5],
    "another status": lambda truth: [{**truth[0], "status": "0x0"}, *truth[1:]],
    "another order": lambda truth: truth[::-1],
    "a proxy's page": proxy,
    "an error": refuses(-32000),
    "too many requests": refuses(-32005),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_answer_leads_to_the_next_method_for_this_block_only(wrong: str) -> None:
    l1 = chain(3)
    node = WireNode(l1, bent(BY_BLOCK, WRONG[wrong], times=1))
    l1_client = client(node)
    for number in (2, 3):
        block = l1.block_by_number(number)
        assert l1_client.fetch_receipts(block.hash) == (block.info, block.receipts)
    assert (node.calls[BY_BLOCK], node.calls[RAW]) == (2, 1), "the second block begins with the first method"


@pytest.mark.parametrize("wrong", WRONG)
def test_one_that_lies_with_every_method_is_left_for_the_next_endpoint(wrong: str) -> None:
    l1 = chain(2)
    block = l1.head_block

    def bend(method: str, params: list[Any], truth: Callable[[], Any]) -> Any:
        if method == ONE:
            return None
        return WRONG[wrong](truth()) if method in (BY_BLOCK, RAW) and wrong != "another status" else truth()

    liar, honest = WireNode(l1, bend), WireNode(l1)
    if wrong == "another status":
        liar.bend = bent(BY_BLOCK, WRONG[wrong])
        liar.without = {RAW, ONE}
    assert client(liar, honest).fetch_receipts(block.hash)[1] == block.receipts
    assert honest.calls[BY_BLOCK] == 1


def test_what_was_wrong_is_not_kept() -> None:
    """An empty list once, as while a proxy changes over, then the truth: nothing was poisoned."""
    l1 = chain(1)
    block = l1.head_block
    wrong = [True]

    def bend(method: str, _params: list[Any], truth: Callable[[], Any]) -> Any:
        return [] if wrong[0] and method in (BY_BLOCK, RAW, ONE) else truth()

    l1_client = client(WireNode(l1, bend))
    with pytest.raises(Unavailable, match="root of 0 receipts"):
        l1_client.fetch_receipts(block.hash)
    wrong[0] = False
    assert l1_client.fetch_receipts(block.hash)[1] == block.receipts


def test_nothing_is_asked_where_the_root_is_that_of_nothing() -> None:
    l1 = chain(1)
    block = l1.mine(empty=True)
    node = WireNode(l1)
    assert client(node).fetch_receipts(block.hash) == (block.info, ())
    assert not node.calls[BY_BLOCK]


@pytest.mark.parametrize("without", [{BY_BLOCK}, {BY_BLOCK, RAW}])
def test_a_method_that_is_not_there_is_asked_for_once(without: set[str]) -> None:
    l1 = chain(3)
    node = WireNode(l1, without=without)
    l1_client = client(node)
    for number in (1, 2, 3):
        block = l1.block_by_number(number)
        assert l1_client.fetch_receipts(block.hash)[1] == block.receipts
    assert [node.calls[method] for method in without] == [1] * len(without)


def test_only_method_not_found_is_remembered() -> None:
    l1 = chain(3)
    node = WireNode(l1, bent(BY_BLOCK, proxy))
    l1_client = client(node)
    for number in (1, 2, 3):
        block = l1.block_by_number(number)
        assert l1_client.fetch_receipts(block.hash)[1] == block.receipts
    assert node.calls[BY_BLOCK] == 3


@pytest.mark.parametrize("without", [set(), {BY_BLOCK}, {BY_BLOCK, RAW}])
def test_types_that_are_not_known_do_not_hide_the_logs_after_them(without: set[str]) -> None:
    l1 = chain(1)
    block = with_news(l1)
    node = WireNode(l1, without=without)
    if ONE not in without and RAW in without:  # there is no place for a made-up transaction
        node.bend = bent(ONE, lambda _truth: None)
        with pytest.raises(Unavailable):
            client(node).fetch_receipts(block.hash)
        return
    receipts = client(node).fetch_receipts(block.hash)[1]
    assert receipts == block.receipts
    assert [log.log_index for receipt in receipts for log in receipt.logs] == [0, 1, 2]


@pytest.mark.parametrize("claimed", ["0x0", "0x63", None, "gone", "rubbish"])
def test_the_place_of_a_log_is_counted_never_read(claimed: str | None) -> None:
    """No root covers it: foundry counted by transaction, others in one method of two."""
    l1 = chain(1)
    block = l1.head_block

    def lie(truth: Any) -> Any:
        for receipt in truth:
            receipt["blockHash"], receipt["transactionIndex"] = "0x" + "11" * 32, "0x7"
            for log in receipt["logs"]:
                log["logIndex"] = claimed
                if claimed == "gone":
                    del log["logIndex"]
        return truth

    receipts = client(WireNode(l1, bent(BY_BLOCK, lie))).fetch_receipts(block.hash)[1]
    assert receipts == block.receipts
    assert [log.log_index for receipt in receipts for log in receipt.logs] == [0, 1, 2, 3]


def test_a_block_that_is_gone_is_told_from_one_that_is_not_there_yet() -> None:
    l1 = chain(2)
    block = l1.head_block
    behind = [True]

    def bend(method: str, _params: list[Any], truth: Callable[[], Any]) -> Any:
        return None if behind[0] and method in (BY_BLOCK, RAW, ONE) else truth()

    l1_client = client(WireNode(l1, bend))
    assert l1_client.l1_block_ref_by_hash(block.hash) == block.ref
    with pytest.raises(Unavailable):
        l1_client.fetch_receipts(block.hash)
    l1.reorg(1)
    l1.mine()
    with pytest.raises(NotFound, match="not canonical any more"):
        l1_client.fetch_receipts(block.hash)
