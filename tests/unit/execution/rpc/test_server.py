"""Our client against our server on a real socket: what a rollup node sees is what it sees in process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyoprollup.engine import (
    BlockNotFound,
    EngineError,
    EngineUnavailable,
    ForkchoiceState,
    InvalidForkchoiceState,
    InvalidPayloadAttributes,
    PayloadID,
    PayloadInfo,
    UnknownPayload,
)
from pyoprollup.engine.client import HttpEngine
from pyoprollup.engine.ports import EngineAPI
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.execution.rpc import EngineServers, serve_engine
from pyoprollup.rollup.fork import Fork
from pyoprollup.rpc.http_client import JsonRpcClient
from pyoprollup.rpc.jsonrpc import PUBLIC_LIMITS, Dispatcher
from tests.unit.evm.support import transfer
from tests.unit.execution.rpc.support import Node, advance, attributes, l1_attributes, scenario

SECRET = b"\x05" * 32
FORKS = [Fork.REGOLITH, Fork.CANYON, Fork.ECOTONE, Fork.HOLOCENE, Fork.ISTHMUS, Fork.JOVIAN, Fork.KARST]


@pytest.fixture(scope="module")
def node() -> Node:
    return Node.grown()


@pytest.fixture(scope="module")
def servers(node: Node) -> Iterator[EngineServers]:
    with serve_engine(node.tables, SECRET) as running:
        yield running


@pytest.fixture(scope="module")
def remote(node: Node, servers: EngineServers) -> Iterator[HttpEngine]:
    with HttpEngine(node.config, servers.authenticated.url, SECRET) as engine:
        yield engine


@pytest.mark.parametrize("fork", FORKS)
def test_a_chain_through_http_is_the_chain_in_process(fork: Fork) -> None:
    node, other = Node.start(fork), Node.start(fork)
    with (
        serve_engine(node.tables, SECRET, http_port=None) as servers,
        HttpEngine(node.config, servers.authenticated.url, SECRET) as engine,
    ):
        assert servers.public is None
        for number, transactions in enumerate(scenario(), 1):
            parent = engine.payload_by_label(BlockLabel.UNSAFE).payload
            envelope = advance(engine, node.config, parent, [l1_attributes(fork, number), *transactions])
            assert envelope == other.advance(transactions)
        for number in range(len(scenario()) + 1):
            envelope = engine.payload_by_number(number)
            assert envelope == other.engine.payload_by_number(number)
            assert engine.payload_by_hash(envelope.payload.block_hash) == envelope
        for label in BlockLabel:
            assert engine.payload_by_label(label) == other.engine.payload_by_label(label)


def outcome(ask: Callable[[EngineAPI], Any], engine: EngineAPI) -> Any:
    try:
        return ask(engine)
    except EngineError as exc:
        return type(exc)


UNKNOWN = Hash32(b"\x09" * 32)


def asks(node: Node) -> list[Callable[[EngineAPI], Any]]:
    head = node.head()
    state = ForkchoiceState(head.block_hash, ZERO_HASH, ZERO_HASH)
    good = attributes(node.config, head.timestamp + 2, [l1_attributes(node.fork)])
    bad = attributes(node.config, head.timestamp + 2, [transfer(99)])
    old = attributes(node.config, head.timestamp, [])
    envelope = node.store.envelope(head.block_hash)
    assert envelope is not None
    return [
        lambda engine: engine.forkchoice_updated(state, None),
        lambda engine: engine.forkchoice_updated(state, good),
        lambda engine: engine.forkchoice_updated(state, bad),
        lambda engine: engine.forkchoice_updated(state, old),
        lambda engine: engine.forkchoice_updated(ForkchoiceState(UNKNOWN, ZERO_HASH, ZERO_HASH), None),
        lambda engine: engine.forkchoice_updated(ForkchoiceState(ZERO_HASH, ZERO_HASH, ZERO_HASH), None),
        lambda engine: engine.forkchoice_updated(ForkchoiceState(head.block_hash, UNKNOWN, ZERO_HASH), None),
        lambda engine: engine.new_payload(envelope),
        lambda engine: engine.get_payload(PayloadInfo(PayloadID(b"\x03" + bytes(7)), head.timestamp)),
        lambda engine: engine.payload_by_number(99),
        lambda engine: engine.payload_by_hash(UNKNOWN),
        *[lambda engine, label=label: engine.payload_by_label(label) for label in BlockLabel],
    ]


def test_answers_and_errors_are_those_in_process(node: Node, remote: HttpEngine) -> None:
    outcomes = [(outcome(ask, remote), outcome(ask, node.engine)) for ask in asks(node)]
    assert [first for first, _ in outcomes] == [second for _, second in outcomes]
    kinds = {second for _, second in outcomes if isinstance(second, type)}
    assert kinds == {InvalidForkchoiceState, InvalidPayloadAttributes, UnknownPayload, BlockNotFound}


def test_labels_without_a_block() -> None:
    node = Node.start()
    with (
        serve_engine(node.tables, SECRET) as servers,
        HttpEngine(node.config, servers.authenticated.url, SECRET) as engine,
    ):
        for label in (BlockLabel.SAFE, BlockLabel.FINALIZED):
            with pytest.raises(BlockNotFound):
                engine.payload_by_label(label)


def test_a_wrong_secret_or_none(node: Node, servers: EngineServers) -> None:
    for secret, text in ((b"\x06" * 32, "signature is invalid"), (None, "missing token")):
        with (
            HttpEngine(node.config, servers.authenticated.url, secret) as engine,
            pytest.raises(EngineUnavailable, match=text),
        ):
            engine.payload_by_number(0)


def test_a_server_that_is_gone(node: Node) -> None:
    with serve_engine(node.tables, SECRET) as servers:
        engine = HttpEngine(node.config, servers.authenticated.url, SECRET)
        engine.payload_by_number(0)
    with engine, pytest.raises(EngineUnavailable):
        engine.payload_by_number(0)


def test_the_public_port(node: Node, servers: EngineServers) -> None:
    assert servers.public is not None
    with JsonRpcClient(servers.public.url) as rpc:
        assert rpc.call("eth_blockNumber") == node.call("eth_blockNumber")
        results = rpc.batch([("eth_chainId", []), ("engine_exchangeCapabilities", [[]])])
    assert (results[0], results[1].code) == ("0x385", -32601)
    evil = httpx.get(servers.public.url, headers={"Host": "evil.example"})
    assert evil.status_code == 403
    assert httpx.post(servers.authenticated.url, json={}).status_code == 401


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["latest", "safe", "0x0", "0x1", "0x", "0x" + "00" * 32, "0x" + "11" * 20])
    | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("to", "from", "gas", "value", "input", "blockHash", "blockNumber", "fromBlock"),
                    *("address", "topics", "headBlockHash", "timestamp", "transactions", "parentHash"),
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_parameters_get_an_answer(node: Node, data: st.DataObject) -> None:
    """No method fails in a way that is not declared, whatever it is given."""

    def defect(name: str, exc: Exception) -> None:
        raise AssertionError(name) from exc

    name = data.draw(st.sampled_from(sorted(node.tables.authenticated)))
    params = data.draw(st.lists(values, max_size=4))
    request = {"jsonrpc": "2.0", "id": 1, "method": name, "params": params}
    dispatcher = Dispatcher(node.tables.authenticated, PUBLIC_LIMITS, defect)
    answer = json.loads(dispatcher.answer(json.dumps(request).encode()))
    assert "result" in answer or isinstance(answer["error"]["code"], int)
