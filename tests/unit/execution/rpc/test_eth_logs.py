"""Which logs are found."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.eth.types import ZERO_HASH, to_hex, to_quantity
from pyoprollup.execution.rpc import LogLimits, engine_methods
from tests.unit.execution.rpc.support import LOGGER, REVERTER, Node, word

ALL = {"fromBlock": "earliest"}
TOPICS = [5, 6, 5, 7]
"""Of the logs in their order."""


@pytest.fixture(scope="module")
def node() -> Node:
    return Node.grown()


def topics(node: Node, **criteria: Any) -> list[int]:
    return [int(log["topics"][0], 16) for log in node.call("eth_getLogs", {**ALL, **criteria})]


def test_logs_are_those_of_the_receipts(node: Node) -> None:
    head = node.head().block_number
    receipts = [
        receipt for n in range(head + 1) for receipt in node.call("eth_getBlockReceipts", to_quantity(n))
    ]
    logs = [log for receipt in receipts for log in receipt["logs"]]
    assert node.call("eth_getLogs", ALL) == logs
    assert [int(log["topics"][0], 16) for log in logs] == TOPICS


def test_filters(node: Node) -> None:
    five, six = to_hex(word(5)), to_hex(word(6))
    logger, reverter = to_hex(LOGGER), to_hex(REVERTER)
    assert topics(node, address=logger) == TOPICS
    assert topics(node, address=[reverter, logger]) == TOPICS
    assert topics(node, address=reverter) == []
    assert topics(node, address=[]) == TOPICS
    assert topics(node, topics=[five]) == [5, 5]
    assert topics(node, topics=[[five, six]]) == [5, 6, 5]
    assert topics(node, topics=[[five, None]]) == TOPICS
    assert topics(node, topics=[None]) == TOPICS
    assert topics(node, topics=[[]]) == TOPICS
    assert topics(node, topics=[None, None]) == []
    assert topics(node, topics=[five], address=reverter) == []


def test_ranges(node: Node) -> None:
    assert topics(node, toBlock="0x2") == [5]
    assert topics(node, fromBlock="0x2", toBlock="0x3") == [6, 5]
    assert topics(node, fromBlock="safe", toBlock="safe") == [6, 5]
    assert [int(log["topics"][0], 16) for log in node.call("eth_getLogs", {})] == [7]
    by_hash = node.call("eth_getLogs", {"blockHash": node.hash_at(3)})
    assert by_hash == node.call("eth_getLogs", {"fromBlock": "0x3", "toBlock": "0x3"})
    assert [log["logIndex"] for log in by_hash] == ["0x0", "0x1"]


@pytest.mark.parametrize(
    ("criteria", "code", "text"),
    [
        ({"fromBlock": "0x3", "toBlock": "0x2"}, -32602, "invalid block range"),
        # A client that got a part of the range would go on behind its end.
        ({"fromBlock": "0x4", "toBlock": "0x5"}, -32602, "block range extends beyond current head block"),
        ({"fromBlock": "0x98", "toBlock": "0x99"}, -32602, "block range extends beyond current head block"),
        ({"fromBlok": "0x1"}, -32602, "unknown field 'fromBlok'"),
        ({"fromBlock": "0x0", "toBlock": "0x2710"}, -32602, "exceed maximum block range: 10000"),
        ({"fromBlock": "pending"}, -32602, "pending logs are not supported"),
        ({"fromBlock": "oldest"}, -32602, "expected"),
        ({"fromBlock": 1.5}, -32602, "expected"),
        ({"blockHash": to_hex(ZERO_HASH)}, -32000, "unknown block"),
        ({"blockHash": "0x01"}, -32602, "32 bytes"),
        ({"blockHash": to_hex(ZERO_HASH), "toBlock": "0x1"}, -32602, "cannot specify both"),
        ({"topics": ["0x01"]}, -32602, "topic"),
        ({"topics": "0x01"}, -32602, "topics"),
        ({"topics": [[{}]]}, -32602, "topic"),
        ({"topics": [None] * 5}, -32602, "exceed max topics"),
        ({"topics": [[to_hex(ZERO_HASH)] * 1001]}, -32602, "exceed max topics"),
        ({"address": "0x01"}, -32602, "address"),
        ({"address": [None]}, -32602, "address"),
        ({"address": [to_hex(LOGGER)] * 1001}, -32602, "addresses"),
        ([], -32602, "expected a JSON object"),
    ],
)
def test_refusals(node: Node, criteria: Any, code: int, text: str) -> None:
    got, said, _ = node.fail("eth_getLogs", criteria)
    assert (got, text in said) == (code, True), said


def test_the_limit_on_logs(node: Node) -> None:
    tables = engine_methods(node.config, node.engine, node.store, log_limits=LogLimits(logs=3))
    error = node.ask("eth_getLogs", ALL, methods=tables.public)["error"]
    assert (error["code"], error["message"]) == (-32602, "more than 3 logs; narrow the filter")


def test_labels_without_a_block() -> None:
    assert Node.start().fail("eth_getLogs", {"fromBlock": "safe"})[0] == -32000
