"""Suggested prices and the history of fees."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.eth.types import to_quantity
from pyoprollup.execution.rpc.eth_fees import MIN_SUGGESTED_TIP
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import transfer
from tests.unit.execution.rpc.support import BURNER, Node


@pytest.fixture(scope="module")
def node() -> Node:
    return Node.grown()


def test_prices(node: Node) -> None:
    assert node.call("eth_maxPriorityFeePerGas") == to_quantity(MIN_SUGGESTED_TIP)
    assert int(node.call("eth_gasPrice"), 16) == MIN_SUGGESTED_TIP + node.head().base_fee_per_gas
    assert node.call("eth_blobBaseFee") == "0x1"
    assert Node.start(Fork.CANYON).call("eth_blobBaseFee") is None


def test_the_tip_rises_when_blocks_are_full() -> None:
    node = Node.start(Fork.ISTHMUS)
    full = [transfer(n, to=BURNER, gas=14_000_000, gas_tip_cap=10**9, value=0) for n in range(2)]
    node.advance(full)
    assert node.call("eth_maxPriorityFeePerGas") == to_quantity(11 * 10**8)


def test_history(node: Node) -> None:
    head = node.head().block_number
    headers = [node.call("eth_getHeaderByNumber", to_quantity(n)) for n in range(head + 1)]
    shown = node.call("eth_feeHistory", "0x3", "latest", [0, 100])
    assert shown["oldestBlock"] == to_quantity(head - 2)
    assert shown["baseFeePerGas"][:-1] == [header["baseFeePerGas"] for header in headers[-3:]]
    ratios = [int(header["gasUsed"], 16) / int(header["gasLimit"], 16) for header in headers[-3:]]
    assert shown["gasUsedRatio"] == ratios
    assert shown["baseFeePerBlobGas"] == ["0x1"] * 4
    assert [len(row) for row in shown["reward"]] == [2, 2, 2]
    assert shown["reward"][0] == ["0x0", "0x0"]
    assert shown["reward"][2] == ["0x0", to_quantity(10**8)]
    node.advance([])
    assert node.call("eth_getHeaderByNumber", "latest")["baseFeePerGas"] == shown["baseFeePerGas"][-1]


def test_ranges_of_history(node: Node) -> None:
    everything = node.call("eth_feeHistory", "0xffff", "latest")
    assert everything["oldestBlock"] == "0x0"
    assert "reward" not in everything
    assert node.call("eth_feeHistory", "5", "0x1", [])["oldestBlock"] == "0x0"
    assert node.call("eth_feeHistory", 1, "safe", None)["oldestBlock"] == to_quantity(
        node.head().block_number - 1
    )
    assert node.call("eth_feeHistory", "0x0", "latest", []) == {"oldestBlock": "0x0", "gasUsedRatio": None}


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        (["0x1", "0x99", []], -32000, "request beyond head block: requested 153"),
        (["0x1", "latest", [101]], -32000, "invalid reward percentile"),
        (["0x1", "latest", [-1]], -32000, "invalid reward percentile"),
        (["0x1", "latest", [5, 5]], -32000, "invalid reward percentile"),
        (["0x1", "latest", ["5"]], -32000, "invalid reward percentile"),
        (["0x1", "latest", list(range(101))], -32000, "over the query limit"),
        (["0x1", "latest", 5], -32602, "percentiles"),
        (["x", "latest", []], -32602, "block count"),
        (["9" * 5000, "latest", []], -32602, "block count"),
        (["0x1", "newest", []], -32602, "block number"),
    ],
)
def test_refusals(node: Node, params: list[Any], code: int, text: str) -> None:
    got, said, _ = node.fail("eth_feeHistory", *params)
    assert (got, text in said) == (code, True), said
