"""Accounts, calls and logs over the wire, beside the embedded L1 that serves them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.genesis import Account
from pyoprollup.l1.rpc.account_reader import block_json, call_error, call_json
from pyoprollup.l1.rpc.errors import NotAtHand, Unverified
from pyoprollup.rpc.errors import JsonRpcError
from pyoprollup.sources.l1 import CallFailed, CallMsg, ExecutionReverted, LogFilter
from pyoprollup.txmgr.errors import InsufficientFundsError
from tests.unit.l1.embedded.support import ACCOUNTS, NOBODY, make_l1, raw
from tests.unit.l1.rpc.chains import ALLOC, LOGS
from tests.unit.l1.rpc.test_receipts import bent
from tests.wire_l1 import HttpAnswer, WireNode, client

ECHO, REVERTS = Address(b"\x21" * 20), Address(b"\x22" * 20)
CONTRACTS = {
    ECHO: Account(code=bytes.fromhex("366000600037366000f3"), storage={1: 7}),
    REVERTS: Account(code=bytes.fromhex("366000600037366000fd")),
}


def make() -> WireNode:
    l1 = make_l1({**ALLOC, **CONTRACTS})
    for number in range(3):
        l1.send_transaction(raw(number, to=LOGS, gas=60_000))
        l1.mine()
    return WireNode(l1)


@pytest.mark.parametrize("block", [BlockLabel.UNSAFE, 1, "hash"])
def test_accounts(block: Any) -> None:
    node = make()
    at = node.l1.block_by_number(2).hash if block == "hash" else block
    l1 = client(node)
    for account in (*ACCOUNTS, ECHO, NOBODY):
        assert l1.nonce_at(account, at) == node.l1.nonce_at(account, at)
        assert l1.balance_at(account, at) == node.l1.balance_at(account, at)
        assert l1.code_at(account, at) == node.l1.code_at(account, at)
        assert l1.storage_at(account, 1, at) == node.l1.storage_at(account, 1, at)


def test_calls() -> None:
    node = make()
    l1 = client(node)
    echo, revert = CallMsg(ACCOUNTS[0], ECHO, b"hello"), CallMsg(ACCOUNTS[0], REVERTS, b"why")
    assert l1.call(echo) == b"hello"
    with pytest.raises(ExecutionReverted) as caught:
        l1.call(revert)
    assert caught.value.data == b"why"
    results = l1.calls([echo, revert, echo])
    assert [type(item) for item in results] == [bytes, ExecutionReverted, bytes]
    assert l1.calls([]) == []


def test_a_label_is_one_block_for_all_calls() -> None:
    node = make()
    seen = []

    def bend(method: str, params: list[Any], truth: Callable[[], Any]) -> Any:
        if method == "eth_call":
            seen.append(params[1]["blockHash"])
            node.l1.mine()
        return truth()

    node.bend = bend
    client(node, max_batch_size=1).calls([CallMsg(ACCOUNTS[0], ECHO)] * 3)
    assert len(set(seen)) == 1


@pytest.mark.parametrize("data", ["0x1234", {"data": "0x1234"}, "Reverted 0x1234", {"result": "0x1234"}])
def test_what_a_call_reverts_with_is_found_where_nodes_put_it(data: Any) -> None:
    error = call_error(JsonRpcError(3, "execution reverted: no", data), "eth_call")
    assert isinstance(error, ExecutionReverted)
    assert error.data == bytes.fromhex("1234")


@pytest.mark.parametrize("data", [None, "", 5, {}, "0x123", {"data": None}])
def test_a_revert_without_data(data: Any) -> None:
    error = call_error(JsonRpcError(-32015, "VM execution error: reverted", data), "eth_call")
    assert isinstance(error, ExecutionReverted)
    assert error.data == b""


def test_other_errors_of_a_call() -> None:
    funds = call_error(JsonRpcError(-32000, "insufficient funds for gas * price + value"), "eth_call")
    assert isinstance(funds, InsufficientFundsError)
    assert type(call_error(JsonRpcError(-32000, "out of gas"), "eth_call")) is CallFailed
    with pytest.raises(NotFound):
        call_error(JsonRpcError(-32000, "header not found"), "eth_call")
    with pytest.raises(NotAtHand):
        call_error(JsonRpcError(-32000, "missing trie node 1234"), "eth_call")
    with pytest.raises(Unverified):
        call_error(JsonRpcError(-32603, "internal error"), "eth_call")


def test_an_endpoint_without_the_state_is_left_for_the_next() -> None:
    def pruned(_truth: Any) -> Any:
        raise JsonRpcError(-32000, "missing trie node")

    node = make()
    both = client(WireNode(node.l1, bent("eth_call", pruned)), node)
    assert both.call(CallMsg(ACCOUNTS[0], ECHO, b"1"), 1) == b"1"


@pytest.mark.parametrize("answer", [5, "x", None, "0x1"])
def test_an_answer_that_is_none(answer: Any) -> None:
    node = make()
    node.bend = lambda method, _params, truth: truth() if method == "eth_chainId" else answer
    l1 = client(node)
    with pytest.raises(Unavailable):
        l1.call(CallMsg(ACCOUNTS[0], ECHO))
    with pytest.raises(Unavailable):
        l1.code_at(ECHO)


# --- logs

WANTED = LogFilter(1, 3, (LOGS,), ((Hash32(bytes(31) + b"\x07"), Hash32(bytes(32))),))


def test_logs() -> None:
    node = make()
    l1 = client(node)
    assert len(node.l1.logs(WANTED)) == 6
    assert l1.logs(WANTED) == node.l1.logs(WANTED)
    assert l1.logs(LogFilter(2, 1)) == []
    with pytest.raises(NotFound):
        l1.logs(LogFilter(1, 9))


def test_a_range_that_is_too_wide_is_halved() -> None:
    node = make()

    def bend(method: str, params: list[Any], truth: Callable[[], Any]) -> Any:
        if method == "eth_getLogs" and params[0]["fromBlock"] != params[0]["toBlock"]:
            raise JsonRpcError(-32602, "query exceeds max block range 1")
        return truth()

    node.bend = bend
    assert client(node).logs(WANTED) == node.l1.logs(WANTED)


@pytest.mark.parametrize(
    "change", [{"blockNumber": "0x9"}, {"address": "0x" + "11" * 20}, {"topics": []}, {"data": 5}]
)
def test_logs_that_were_not_asked_for(change: dict[str, Any]) -> None:
    node = make()
    node.bend = bent("eth_getLogs", lambda truth: [log | change for log in truth])
    with pytest.raises(Unavailable):
        client(node).logs(WANTED)


def test_removed_logs_do_not_count() -> None:
    node = make()
    node.bend = bent("eth_getLogs", lambda truth: [log | {"removed": True} for log in truth])
    assert client(node).logs(WANTED) == []


def test_logs_that_are_refused_are_unavailable() -> None:
    node = make()

    def refuse(_truth: Any) -> Any:
        raise HttpAnswer(500)

    node.bend = bent("eth_getLogs", refuse)
    with pytest.raises(Unavailable):
        client(node).logs(WANTED)


def test_forms() -> None:
    assert block_json(5) == "0x5"
    assert block_json(BlockLabel.SAFE) == "safe"
    assert block_json(Hash32(b"\x01" * 32)) == {"blockHash": "0x" + "01" * 32}
    msg = CallMsg(NOBODY, None, b"\x01", 2, 3, 4, 5, 6, (Hash32(bytes(32)),))
    assert call_json(msg) == {
        "from": "0x" + "99" * 20,
        "input": "0x01",
        "data": "0x01",
        "value": "0x2",
        "gas": "0x3",
        "maxFeePerGas": "0x4",
        "maxPriorityFeePerGas": "0x5",
        "maxFeePerBlobGas": "0x6",
        "blobVersionedHashes": ["0x" + "00" * 32],
    }
