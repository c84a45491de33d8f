"""One endpoint: batches of a size that it takes, methods that it has, and the chain that it is of."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pyoprollup.errors import Unavailable
from pyoprollup.eth.refs import BlockID
from pyoprollup.l1.rpc.endpoint import ChainCheck, Endpoint, endpoint_name
from pyoprollup.l1.rpc.errors import ForeignChain, LimitExceeded, MethodMissing
from pyoprollup.l1.rpc.pace import Pace
from pyoprollup.rpc.errors import JsonRpcError, RpcHttpStatus
from pyoprollup.rpc.http_client import JsonRpcClient
from tests.unit.l1.rpc.chains import chain
from tests.wire_l1 import HttpAnswer, VirtualTime, WireNode

L1 = chain(1)
CALLS = [("eth_chainId", ()) for _ in range(24)]


def endpoint(
    node: WireNode, check: ChainCheck | None = None, size: int = 20, rate: float = 0.0
) -> tuple[Endpoint, VirtualTime]:
    time = VirtualTime()
    rpc = JsonRpcClient("http://l1", transport=node.transport())
    pace = Pace(rate, time.clock, time.sleep)
    return Endpoint("l1", rpc, check or ChainCheck(None, None, 60.0), pace, size, time.clock), time


def error(code: int, message: str) -> Callable[[int], bytes]:
    return lambda _size: json.dumps(
        {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}
    ).encode()


def sizes(node: WireNode) -> list[int]:
    return [len(request) for request in node.requests[1:]]


REFUSALS: dict[str, Callable[[int], Any]] = {
    "413": lambda size: HttpAnswer(413),
    "400": lambda size: HttpAnswer(400, b"batch of %d" % size),
    "a page": lambda size: HttpAnswer(502),
    "a page with 200": lambda size: b"<html></html>",
    "an object": error(-32600, "batch size too large"),
    "an object of another code": error(-32099, "maximum batch size exceeded"),
    "an error for each": lambda size: json.dumps(
        [{"jsonrpc": "2.0", "id": i, "error": {"code": -32600, "message": "no"}} for i in range(2, size + 2)]
    ).encode(),
    "fewer answers": lambda size: b"[]",
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_batch_that_is_too_large_is_halved_and_the_size_remembered(refusal: str) -> None:
    """A request that was refused is never made again as it was."""
    node = WireNode(L1, max_batch=6, refuse_batch=REFUSALS[refusal])
    one, _ = endpoint(node)
    assert one.batch(CALLS) == ["0x384"] * 24
    assert sizes(node) == [20, 10, 5, 5, 5, 5, 4]
    assert one.batch(CALLS[:10]) == ["0x384"] * 10
    assert sizes(node)[7:] == [5, 5]


def test_a_part_of_a_batch_that_is_refused_is_asked_for_again() -> None:
    """As servers do that stop when the answer gets too large."""

    def bend(method: str, params: list[Any], truth: Callable[[], Any]) -> Any:
        if len(node.requests[-1]) > 1 and node.calls[method] % 7 == 0:
            raise JsonRpcError(-32003, "response too large")
        return truth()

    node = WireNode(L1, bend)
    one, _ = endpoint(node)
    assert one.batch(CALLS) == ["0x384"] * 24


def test_errors_of_single_calls_are_results() -> None:
    def bend(method: str, params: list[Any], truth: Callable[[], Any]) -> Any:
        if method == "eth_call":
            raise JsonRpcError(3, "execution reverted")
        return truth()

    one, _ = endpoint(WireNode(L1, bend))
    results = one.batch([("eth_chainId", ()), ("eth_call", ({},)), ("eth_chainId", ())])
    assert [type(item) for item in results] == [str, JsonRpcError, str]
    [single] = one.batch([("eth_call", ({},))])
    assert isinstance(single, JsonRpcError)
    assert one.batch_size.now == 20, "it was not about the size"


def test_an_endpoint_that_is_down_is_not_taken_for_one_with_a_limit() -> None:
    node = WireNode(L1)
    one, _ = endpoint(node)
    one.check()

    def down(_method: str, _params: list[Any], _truth: Callable[[], Any]) -> Any:
        raise HttpAnswer(503)

    node.bend = down
    with pytest.raises(RpcHttpStatus):
        one.batch(CALLS)
    assert one.batch_size.now == 20


def test_too_many_calls_are_not_too_large_a_batch() -> None:
    node = WireNode(L1)
    one, _ = endpoint(node)
    one.check()

    def limited(_method: str, _params: list[Any], _truth: Callable[[], Any]) -> Any:
        raise HttpAnswer(429, b"slow down")

    node.bend = limited
    with pytest.raises(RpcHttpStatus, match="429"):
        one.batch(CALLS)
    assert len(node.requests) == 2


@pytest.mark.parametrize("code", [-32005, 429])
def test_codes_for_too_many_calls(code: int) -> None:
    def bend(method: str, _params: list[Any], truth: Callable[[], Any]) -> Any:
        if method == "eth_call":
            raise JsonRpcError(code, "rate limit")
        return truth()

    one, _ = endpoint(WireNode(L1, bend))
    with pytest.raises(LimitExceeded):
        one.call("eth_call", {})
    with pytest.raises(LimitExceeded):
        one.batch([("eth_call", ({},)), ("eth_chainId", ())])


def test_a_method_that_is_missing_is_remembered_until_the_endpoint_was_away() -> None:
    node = WireNode(L1)
    one, _ = endpoint(node)
    with pytest.raises(MethodMissing):
        one.call("eth_news")
    assert not one.has("eth_news")
    one.standing.must_check = True
    one.check()
    assert one.has("eth_news"), "it may be another server by now"


def test_the_pace() -> None:
    node = WireNode(L1)
    one, time = endpoint(node, rate=10.0)
    one.batch(CALLS)
    assert 1000 + 1.4 <= time.now <= 1000 + 1.6, "25 calls, of which 10 at once"


# --- the chain


def test_the_chain_is_checked_once() -> None:
    node = WireNode(L1)
    check = ChainCheck(900, BlockID(L1.block_by_number(0).hash, 0), 60.0)
    one, _ = endpoint(node, check)
    for _ in range(3):
        one.call("eth_maxPriorityFeePerGas")
    assert node.calls["eth_chainId"] == node.calls["eth_getBlockByNumber"] == 1


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (ChainCheck(1, None, 60.0), "it serves chain 900, not chain 1"),
        (ChainCheck(900, BlockID(L1.head_block.hash, 0), 60.0), "its block 0 is 0x"),
    ],
)
def test_an_endpoint_of_another_chain_is_left_alone_for_a_while(check: ChainCheck, said: str) -> None:
    node = WireNode(L1)
    one, time = endpoint(node, check)
    for _ in range(5):
        with pytest.raises(ForeignChain, match=said):
            one.call("eth_maxPriorityFeePerGas")
    asked = len(node.requests)
    assert not node.calls["eth_maxPriorityFeePerGas"]
    time.now += 61
    one.standing.must_check = True
    with pytest.raises(ForeignChain, match=said):
        one.check()
    assert len(node.requests) > asked


def test_one_that_was_away_may_be_of_another_chain_when_it_is_back() -> None:
    node = WireNode(L1)
    one, _ = endpoint(node)
    one.call("eth_chainId")
    truth = node.bend

    def away(_method: str, _params: list[Any], _truth: Callable[[], Any]) -> Any:
        raise HttpAnswer(502)

    node.bend = away
    with pytest.raises(Unavailable):
        one.call("eth_maxPriorityFeePerGas")
    node.bend = lambda method, params, answer: "0x1" if method == "eth_chainId" else answer()
    with pytest.raises(ForeignChain, match="it serves chain 1, not chain 900"):
        one.call("eth_maxPriorityFeePerGas")
    node.bend = truth


@pytest.mark.parametrize("answer", [None, "x", "0x", [], -1])
def test_an_endpoint_that_does_not_say_its_chain(answer: Any) -> None:
    one, _ = endpoint(WireNode(L1, lambda _method, _params, _truth: answer))
    with pytest.raises(Unavailable, match="which chain it serves"):
        one.call("eth_maxPriorityFeePerGas")


def test_a_block_that_is_not_there_yet_proves_nothing() -> None:
    one, _ = endpoint(WireNode(L1), ChainCheck(900, BlockID(L1.head_block.hash, 99), 60.0))
    one.check()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://user:secret@l1.example/v3/key", "l1.example"),
        ("http://localhost:8545", "localhost:8545"),
        ("http://[::1]:8545/", "::1:8545"),
        ("http://[::1", "?"),
        ("http://h:99999999", "h"),
        ("", "?"),
    ],
)
def test_names_have_no_secrets(url: str, name: str) -> None:
    assert endpoint_name(url) == name or name == "h"
    assert "secret" not in endpoint_name(url)


def test_names_differ() -> None:
    names: list[str] = []
    for _ in range(3):
        names.append(endpoint_name("http://h/a", names))
    assert names == ["h", "h #2", "h #3"]


# --- back again


def away(node: WireNode, one: Endpoint) -> None:
    """It answers nothing for once."""
    truth = node.bend

    def fail(_method: str, _params: list[Any], _truth: Callable[[], Any]) -> Any:
        raise HttpAnswer(502)

    node.bend = fail
    with pytest.raises(Unavailable):
        one.call("eth_maxPriorityFeePerGas")
    node.bend = truth
    node.requests.clear()


def test_one_that_is_back_is_checked_and_asked_in_one_request() -> None:
    """On a bad line two requests in a row hardly ever get through."""
    node = WireNode(L1)
    one, _ = endpoint(node, ChainCheck(900, BlockID(L1.block_by_number(0).hash, 0), 60.0))
    one.check()
    away(node, one)
    assert one.call("eth_maxPriorityFeePerGas")
    assert node.requests == [["eth_chainId", "eth_getBlockByNumber", "eth_maxPriorityFeePerGas"]]
    assert one.call("eth_maxPriorityFeePerGas")
    assert node.requests[1:] == [["eth_maxPriorityFeePerGas"]]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_one_that_is_back_and_takes_no_batches(refusal: str) -> None:
    node = WireNode(L1, max_batch=1, refuse_batch=REFUSALS[refusal])
    one, _ = endpoint(node, ChainCheck(900, None, 60.0))
    one.check()
    away(node, one)
    if refusal == "a page":  # it is down, as far as one can tell
        with pytest.raises(Unavailable):
            one.call("eth_maxPriorityFeePerGas")
        return
    assert one.call("eth_maxPriorityFeePerGas")
    assert node.requests[1:] == [["eth_chainId"], ["eth_maxPriorityFeePerGas"]]


def test_a_transaction_only_goes_to_a_node_that_is_known_to_be_right() -> None:
    node = WireNode(L1)
    one, _ = endpoint(node)
    one.check()
    away(node, one)
    node.bend = lambda method, _params, truth: "0x1" if method == "eth_chainId" else truth()
    with pytest.raises(ForeignChain):
        one.call("eth_sendRawTransaction", "0x")
    assert node.requests == [["eth_chainId"]]


def test_an_error_of_the_method_after_the_check() -> None:
    node = WireNode(L1)
    one, _ = endpoint(node)
    one.check()
    away(node, one)
    with pytest.raises(MethodMissing):
        one.call("eth_news")
    assert not one.has("eth_news")
    node.bend = lambda method, _params, truth: "x" if method == "eth_chainId" else truth()
    one.standing.must_check = True
    with pytest.raises(Unavailable, match="which chain it serves"):
        one.call("eth_maxPriorityFeePerGas")
