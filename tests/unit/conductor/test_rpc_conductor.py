"""The client that a sequencer uses: attempts, time, addresses, and what an override ends."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pyoprollup.conductor import (
    Conductor,
    ConductorError,
    ConductorRefused,
    ConductorUnavailable,
    RpcConductor,
)
from pyoprollup.errors import ConfigError
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.rpc.errors import JsonRpcError, RpcUnavailable
from pyoprollup.rpc.http_server import RpcApp, RunningServer, serve
from pyoprollup.rpc.jsonrpc import Dispatcher
from tests.unit.conductor.support import ENVELOPE, Script

LOST = RpcUnavailable("no answer")


class Bench:
    """A conductor over a script; each call takes ``seconds``."""

    def __init__(self, *answers: Any, seconds: float = 0.0) -> None:
        self.script = Script(*answers)
        self.time = 0.0
        self.seconds = seconds
        self.slept: list[float] = []
        self.dialled: list[tuple[str, float]] = []
        self.conductor = RpcConductor(
            "http://conductor", dial=self.dial, sleep=self.sleep, clock=lambda: self.time
        )

    def dial(self, url: str, timeout: float) -> Any:
        self.dialled.append((url, timeout))
        return self

    def call(self, method: str, *params: Any) -> Any:
        self.time += self.seconds
        return self.script.call(method, *params)

    def close(self) -> None:
        self.script.close()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def test_leader_and_commit() -> None:
    bench = Bench(True, False, None)
    conductor: Conductor = bench.conductor
    assert conductor.enabled
    assert bench.dialled == []
    assert conductor.leader()
    assert not conductor.leader()
    conductor.commit_unsafe_payload(ENVELOPE)
    assert bench.dialled == [("http://conductor", 1.0)]
    assert [call[0] for call in bench.script.calls] == [
        "conductor_leader",
        "conductor_leader",
        "conductor_commitUnsafePayload",
    ]
    assert bench.slept == []


def test_what_fails_is_tried_once_more() -> None:
    bench = Bench(LOST, True)
    assert bench.conductor.leader()
    assert bench.slept == [0.05]
    bench = Bench(JsonRpcError(-32000, "not leader"), JsonRpcError(-32000, "not leader"), None)
    with pytest.raises(ConductorRefused):
        bench.conductor.commit_unsafe_payload(ENVELOPE)
    assert (bench.slept, len(bench.script.calls)) == ([0.05], 2)


def test_not_once_more_after_the_timeout() -> None:
    bench = Bench(LOST, True, seconds=0.96)
    with pytest.raises(ConductorUnavailable, match=r"within 1.0 s: .*no answer"):
        bench.conductor.leader()
    assert len(bench.script.calls) == 1
    assert Bench(LOST, True, seconds=0.94).conductor.leader()


def test_override_ends_all_questions() -> None:
    bench = Bench(LOST, LOST)
    with pytest.raises(ConductorError):
        bench.conductor.leader()
    bench.conductor.override_leader()
    assert bench.conductor.overridden
    assert bench.conductor.leader()
    bench.conductor.commit_unsafe_payload(ENVELOPE)
    assert len(bench.script.calls) == 2


def test_close_and_dial_again() -> None:
    bench = Bench(True, True)
    bench.conductor.close()
    assert bench.conductor.leader()
    bench.conductor.close()
    bench.conductor.close()
    assert bench.script.closed == 1
    assert bench.conductor.leader()
    assert len(bench.dialled) == 2


def test_the_address_may_come_later() -> None:
    known: list[str] = []

    def address() -> str:
        if not known:
            raise ConfigError("the conductor has no address yet")
        return known[0]

    bench = Bench(True)
    conductor = RpcConductor(address, dial=bench.dial, sleep=bench.sleep, clock=lambda: 0.0)
    with pytest.raises(ConductorUnavailable, match="no address yet"):
        conductor.leader()
    known.append("http://later")
    assert conductor.leader()
    assert bench.dialled == [("http://later", 1.0)]


# --- over a socket


class FakeConductor:
    def __init__(self) -> None:
        self.leads = True
        self.committed: list[ExecutionPayloadEnvelope] = []

    def commit(self, value: Any) -> None:
        if not self.leads:
            raise JsonRpcError(-32000, "node is not the leader")
        self.committed.append(ExecutionPayloadEnvelope.from_json(value))

    def methods(self) -> dict[str, Any]:
        return {"conductor_leader": lambda: self.leads, "conductor_commitUnsafePayload": self.commit}


@pytest.fixture
def served() -> Iterator[tuple[FakeConductor, RunningServer]]:
    fake = FakeConductor()
    with ThreadPoolExecutor(1) as worker, serve(RpcApp(Dispatcher(fake.methods()), worker)) as server:
        yield fake, server


def test_over_http(served: tuple[FakeConductor, RunningServer]) -> None:
    fake, server = served
    conductor = RpcConductor(server.url, timeout=10)
    assert conductor.leader()
    conductor.commit_unsafe_payload(ENVELOPE)
    assert fake.committed == [ENVELOPE]
    fake.leads = False
    assert not conductor.leader()
    with pytest.raises(ConductorRefused, match="not the leader"):
        conductor.commit_unsafe_payload(ENVELOPE)
    conductor.close()


def test_nobody_listens() -> None:
    conductor = RpcConductor("http://127.0.0.1:1", sleep=lambda _seconds: None)
    with pytest.raises(ConductorUnavailable):
        conductor.leader()
    conductor.close()
    with pytest.raises(ConductorUnavailable):
        RpcConductor("no url", sleep=lambda _seconds: None).leader()
