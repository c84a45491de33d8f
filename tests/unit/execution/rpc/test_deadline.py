"""How long calls may run, and that they let others go first."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import Future

import pytest

from pyoprollup.eth.types import to_hex
from pyoprollup.execution.rpc import CallLimits, LogLimits, MethodTables, engine_methods
from pyoprollup.execution.rpc.deadline import Deadline, duration
from pyoprollup.rpc.errors import JsonRpcError
from pyoprollup.rpc.worker import CallWorker, give_way
from tests.unit.evm.support import SENDER
from tests.unit.execution.rpc.support import BURNER, LOGGER, Node

BURN = {"from": to_hex(SENDER), "to": to_hex(BURNER)}
TEXT = "execution aborted (timeout = 1ms)"


@pytest.fixture(scope="module")
def node() -> Node:
    return Node.grown()


def tables(node: Node, limits: CallLimits) -> MethodTables:
    return engine_methods(node.config, node.engine, node.store, call_limits=limits)


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_a_call_ends_when_its_time_is_up(node: Node, method: str) -> None:
    methods = tables(node, CallLimits(10**12, 0.001)).authenticated
    answer = node.ask(method, {**BURN, "gas": hex(10**12)}, methods=methods)
    assert answer["error"] == {"code": -32000, "message": TEXT}
    quick = node.ask(method, {"to": to_hex(LOGGER)}, methods=tables(node, CallLimits()).authenticated)
    assert "result" in quick


def test_time_of_calls_to_precompiles_counts(node: Node) -> None:
    """Each of them is short, but there is no end to them."""
    methods = tables(node, CallLimits(10**12, 0.001)).authenticated
    identity = {"code": "0x5b600060006000600060045afa50600056"}
    message = {"to": "0x" + "77" * 20, "gas": hex(10**12)}
    answer = node.ask("eth_call", message, "latest", {"0x" + "77" * 20: identity}, methods=methods)
    assert answer["error"]["message"] == TEXT


def test_methods_that_read_much_have_the_time_too(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    def over(self: Deadline) -> None:
        raise JsonRpcError(-32000, TEXT)

    monkeypatch.setattr(Deadline, "__call__", over)
    for method, params in (
        ("eth_getLogs", [{"fromBlock": "0x0"}]),
        ("eth_feeHistory", ["0x3", "latest", [50]]),
        ("debug_executionWitness", ["0x1"]),
        ("eth_call", [{"to": to_hex(LOGGER)}]),
    ):
        assert node.fail(method, *params)[1] == TEXT, method


def test_no_limits(node: Node) -> None:
    limits = CallLimits(0, 0)
    assert limits.gas_at_most(10**12) == 10**12
    give_up = limits.deadline()
    give_up()
    wide = LogLimits(blocks=0)
    methods = engine_methods(node.config, node.engine, node.store, log_limits=wide).public
    assert "result" in node.ask("eth_getLogs", {"fromBlock": "0x0"}, methods=methods)


def test_others_go_first_in_the_middle_of_a_call(node: Node) -> None:
    """A call that runs for seconds, and one of the consensus client in the middle of it."""
    methods = tables(node, CallLimits(10**12, 20.0)).public
    started, done = threading.Event(), threading.Event()

    def long_call() -> object:
        started.set()
        return node.ask("eth_call", {**BURN, "gas": hex(10**12)}, methods=methods)

    with CallWorker() as worker:
        call = worker.patient.submit(long_call)
        assert started.wait(30)
        worker.urgent.submit(done.set)
        assert done.wait(10)
        assert not call.done()
        head = worker.urgent.submit(lambda: node.advance([])).result(30)
        assert node.store.heads.unsafe == head.payload.block_hash
        assert not call.done()
        call.abandon()
        assert "nobody waits" in call.result(30)["error"]["message"]  # type: ignore[index]


def test_nobody_waits_outside_of_a_worker() -> None:
    give_way()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5, "5s"), (0.5, "500ms"), (2.5, "2.5s"), (90, "1m30s"), (60, "1m0s"), (3600, "1h0m0s"), (0.001, "1ms")],
)
def test_time_spans_as_go_writes_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


PAIR = (
    "0000000000000000000000000000000000000000000000000000000000000001"
    "0000000000000000000000000000000000000000000000000000000000000002"
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
    "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
    "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
    "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"
)


@pytest.mark.parametrize(
    ("number", "data"),
    [
        (8, PAIR * 100),  # takes most of a second
        (5, (b"\x00" * 30 + b"\x02\x00").hex() * 3 + "77" * 512 + "ff" * 512 + "f3" * 512),
    ],
)
def test_time_within_one_call_of_a_precompile_counts(node: Node, number: int, data: str) -> None:
    methods = tables(node, CallLimits(10**12, 0.001)).authenticated
    message = {"to": f"0x{number:040x}", "gas": hex(10**12), "input": "0x" + data}
    assert node.ask("eth_call", message, methods=methods)["error"]["message"] == TEXT


def test_blake2_in_absurdly_many_rounds(node: Node) -> None:
    """It cannot be interrupted, so it is not begun. In a block it is."""
    message = {"to": f"0x{9:040x}", "gas": hex(10**12), "input": "0x01312d00" + "00" * 208 + "01"}
    text = "execution aborted (20000000 rounds of BLAKE2 in one call)"
    assert node.fail("eth_call", message)[1] == text
    few = {**message, "input": "0x0000000c" + "00" * 208 + "01"}
    assert len(node.call("eth_call", few)) == 2 + 128
    assert node.fail("eth_call", {**message, "gas": hex(100_000)})[1] == "out of gas"


@pytest.mark.slow
def test_calls_as_deep_as_can_be_on_top_of_each_other(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contracts that create themselves a thousand times deep; in the depth, others of the kind go first."""
    methods = tables(node, CallLimits(0, 0)).public
    address, usual = "0x" + "77" * 20, Deadline.__call__
    creator = {address: {"code": "0x3860006000393860006000f0"}}

    def ask() -> object:
        return node.ask("eth_call", {"to": address, "gas": hex(10**14)}, "latest", creator, methods=methods)

    with CallWorker() as worker:
        entrances = [worker.urgent, worker.soon, worker.usual]
        inner: list[Future[object]] = []

        def check(self: Deadline) -> None:
            if entrances and stack_depth() > 9_000 * (4 - len(entrances)):
                inner.append(entrances.pop().submit(ask))
            usual(self)

        monkeypatch.setattr(Deadline, "__call__", check)
        outcomes = [worker.patient.submit(ask).result(100), *(each.result(100) for each in inner)]
    assert len(outcomes) == 4
    assert all(each == {"jsonrpc": "2.0", "id": 1, "result": "0x"} for each in outcomes)


def stack_depth() -> int:
    depth, frame = 0, sys._getframe()
    while frame.f_back is not None:
        depth, frame = depth + 1, frame.f_back
    return depth
