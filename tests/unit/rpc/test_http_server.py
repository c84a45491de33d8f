"""The server on a real socket, and the application alone where a socket cannot show it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import jwt
import pytest

from pyoprollup.errors import ConfigError
from pyoprollup.rpc.connections import ConnectionLimits
from pyoprollup.rpc.errors import JsonRpcError, MissingExtra, RpcUnauthorized, RpcUnavailable
from pyoprollup.rpc.http_client import JsonRpcClient
from pyoprollup.rpc.http_server import RpcApp, RunningServer, WaitLimits, serve
from pyoprollup.rpc.jsonrpc import Dispatcher, Limits
from pyoprollup.rpc.jwt import bearer
from pyoprollup.rpc.worker import CallWorker, Urgency, give_way

SECRET, NOW = b"k" * 32, 1_700_000_000.0
LIMITS = Limits(1000, 10, 10_000)
JSON = {"Content-Type": "application/json"}


def refuse() -> None:
    raise JsonRpcError(-38005, "Unsupported fork", {"err": "old"})


METHODS = {"echo": lambda value: value, "refuse": refuse, "thread": lambda: threading.current_thread().name}


@pytest.fixture(scope="module")
def worker() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1, "calls") as executor:
        yield executor


@pytest.fixture(scope="module")
def public(worker: ThreadPoolExecutor) -> Iterator[RunningServer]:
    with serve(RpcApp(Dispatcher(METHODS, LIMITS), worker)) as server:
        yield server


@pytest.fixture(scope="module")
def private(worker: ThreadPoolExecutor) -> Iterator[RunningServer]:
    app = RpcApp(Dispatcher(METHODS, LIMITS), worker, secret=SECRET, clock=lambda: NOW)
    with serve(app) as server:
        yield server


def test_calls(public: RunningServer) -> None:
    with JsonRpcClient(public.url) as rpc:
        assert rpc.call("echo", [1, "ü"]) == [1, "ü"]
        assert rpc.call("thread").startswith("calls")
        assert rpc.batch([("echo", [1]), ("echo", [2])]) == [1, 2]
        with pytest.raises(JsonRpcError) as caught:
            rpc.call("refuse")
    assert caught.value.to_json() == {"code": -38005, "message": "Unsupported fork", "data": {"err": "old"}}


def test_calls_with_tokens(private: RunningServer) -> None:
    with JsonRpcClient(private.url, secret=SECRET, clock=lambda: NOW) as rpc:
        assert rpc.call("echo", 1) == 1


@pytest.mark.parametrize(
    ("header", "text"),
    [
        (None, "missing token"),
        ("Basic eA==", "missing token"),
        (bearer(b"x" * 32, NOW), "signature is invalid"),
        (bearer(SECRET, NOW - 61), "stale token"),
        (bearer(SECRET, NOW + 61), "future token"),
        ("Bearer " + jwt.encode({"iat": NOW}, None, algorithm="none"), "signing method is invalid"),
    ],
)
def test_refused_tokens(private: RunningServer, header: str | None, text: str) -> None:
    headers = JSON if header is None else {**JSON, "Authorization": header}
    answer = httpx.post(private.url, headers=headers, content=b"{}")
    assert (answer.status_code, answer.text) == (401, f"{text}\n")
    assert httpx.get(private.url, headers=headers).status_code == 401


def test_refused_tokens_at_the_client(private: RunningServer) -> None:
    with JsonRpcClient(private.url) as rpc, pytest.raises(RpcUnauthorized, match="HTTP 401: missing token"):
        rpc.call("echo", 1)


def test_requests_that_are_no_calls(public: RunningServer) -> None:
    with httpx.Client(base_url=public.url) as client:
        assert client.get("/").status_code == 200
        assert client.get("/?a=b").status_code == 405
        assert client.put("/").status_code == 405
        assert client.options("/").status_code == 405
        assert client.post("/", content=b"{}").status_code == 415
        assert client.post("/", content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
        answer = client.post(
            "/", content=b"nonsense", headers={"Content-Type": "application/json; charset=utf-8"}
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (200, -32700)
        notification = b'{"jsonrpc":"2.0","method":"echo","params":[1]}'
        answer = client.post("/", content=notification, headers=JSON)
        assert (answer.status_code, answer.content) == (200, b"")


def test_large_requests(public: RunningServer) -> None:
    def chunks() -> Iterator[bytes]:
        yield from [b" " * 100] * 20

    answer = httpx.post(public.url, headers=JSON, content=bytes(1001))
    assert (answer.status_code, answer.text) == (413, "content length too large (1001>1000)\n")
    assert httpx.post(public.url, headers=JSON, content=chunks()).status_code == 413
    assert httpx.post(public.url, headers=JSON, content=bytes(1000)).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8551", 200),
        ("LOCALHOST", 200),
        ("10.0.0.1:8551", 200),
        ("[::1]:8551", 200),
        ("evil.example", 403),
        ("localhost.evil.example:80", 403),
        ("[localhost", 200),
        ("[evil", 403),
    ],
)
def test_hosts(public: RunningServer, host: str, status: int) -> None:
    assert httpx.get(public.url, headers={"Host": host}).status_code == status


def test_any_host(worker: ThreadPoolExecutor) -> None:
    with serve(RpcApp(Dispatcher(METHODS), worker, hosts=["*"])) as server:
        assert httpx.get(server.url, headers={"Host": "evil.example"}).status_code == 200


@pytest.mark.parametrize(
    "raw",
    [b"\x00\xff\x00\r\n\r\n", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", b"GET"],
)
def test_what_is_not_http(public: RunningServer, raw: bytes) -> None:
    with socket.create_connection((public.host, public.port), timeout=5) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1000)[:12] in (b"HTTP/1.1 400", b"")
    with JsonRpcClient(public.url) as rpc:
        assert rpc.call("echo", 1) == 1


def test_a_long_call_does_not_keep_the_server_from_answering(worker: ThreadPoolExecutor) -> None:
    entered, leave = threading.Event(), threading.Event()

    def block() -> bool:
        entered.set()
        return leave.wait(30)

    with (
        serve(RpcApp(Dispatcher({"block": block}), worker)) as server,
        ThreadPoolExecutor(1) as clients,
        JsonRpcClient(server.url) as rpc,
    ):
        result = clients.submit(rpc.call, "block")
        assert entered.wait(30)
        assert httpx.get(server.url).status_code == 200
        assert not result.done()
        leave.set()
        assert result.result(30) is True


def test_running_calls_are_answered_at_the_end(worker: ThreadPoolExecutor) -> None:
    entered, leave = threading.Event(), threading.Event()

    def block() -> bool:
        entered.set()
        return leave.wait(30)

    with ThreadPoolExecutor(1) as clients:
        with serve(RpcApp(Dispatcher({"block": block}), worker)) as server:
            rpc = JsonRpcClient(server.url)
            result = clients.submit(rpc.call, "block")
            assert entered.wait(30)
            threading.Timer(0.05, leave.set).start()
        assert result.result(30) is True
        with pytest.raises(RpcUnavailable):
            rpc.call("block")
        rpc.close()


def test_a_taken_port(public: RunningServer, worker: ThreadPoolExecutor) -> None:
    app = RpcApp(Dispatcher(METHODS), worker)
    with pytest.raises(ConfigError, match="cannot listen"), serve(app, port=public.port):
        pass
    with pytest.raises(ConfigError, match="cannot listen"), serve(app, port=70_000):
        pass


def test_without_uvicorn(monkeypatch: pytest.MonkeyPatch, worker: ThreadPoolExecutor) -> None:
    monkeypatch.setitem(__import__("sys").modules, "uvicorn", None)
    with pytest.raises(MissingExtra, match="uvicorn"), serve(RpcApp(Dispatcher(METHODS), worker)):
        pass


def test_other_protocols_are_ignored(worker: ThreadPoolExecutor) -> None:
    async def never(*_: Any) -> Any:
        raise AssertionError

    app = RpcApp(Dispatcher(METHODS), worker)
    with pytest.raises(StopIteration):
        app({"type": "lifespan"}, never, never).send(None)


# --- many clients


CALL = b'{"jsonrpc":"2.0","id":7,"method":"%s","params":[]}'


class Held:
    """A worker whose calls wait until they are let go."""

    def __init__(self) -> None:
        self.worker = CallWorker()
        self.entered, self.leave = threading.Event(), threading.Event()
        self.done: list[str] = []

    def hold(self) -> str:
        self.entered.set()
        self.leave.wait(30)
        return "held"

    def endless(self) -> str:
        self.entered.set()
        try:
            while True:
                give_way()
        finally:
            self.done.append("ended")

    def note(self) -> None:
        self.done.append("note")

    @property
    def methods(self) -> dict[str, Any]:
        return {"hold": self.hold, "note": self.note, "endless": self.endless}


@pytest.fixture
def held() -> Iterator[Held]:
    made = Held()
    yield made
    made.leave.set()
    made.worker.close()


def connect(server: RunningServer) -> socket.socket:
    return socket.create_connection((server.host, server.port), timeout=30)


def send_call(connection: socket.socket, method: bytes) -> None:
    body = CALL % method
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def receive(connection: socket.socket, text: bytes) -> bool:
    """Whether this is in what comes."""
    data = b""
    while text not in data and (part := connection.recv(1000)):
        data += part
    return text in data


def test_idle_and_half_sent_connections_take_nobodys_place(worker: ThreadPoolExecutor) -> None:
    """More of them than there is room for, and a caller with a token that keeps its connection."""
    app = RpcApp(Dispatcher(METHODS, LIMITS), worker, secret=SECRET, clock=lambda: NOW)
    with (
        serve(app, limits=ConnectionLimits(connections=8)) as server,
        JsonRpcClient(server.url, secret=SECRET, clock=lambda: NOW) as rpc,
        contextlib.ExitStack() as stack,
    ):
        assert rpc.call("echo", 1) == 1
        for number in range(40):
            connection = stack.enter_context(connect(server))
            if number % 2:
                connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\n")
            if number % 10 == 9:
                assert rpc.call("echo", number) == number
        other = JsonRpcClient(server.url, secret=SECRET, clock=lambda: NOW)
        stack.callback(other.close)
        assert other.call("echo", 2) == 2


def test_idle_connections_are_closed_after_a_time(worker: ThreadPoolExecutor) -> None:
    app = RpcApp(Dispatcher(METHODS, LIMITS), worker)
    with (
        serve(app, limits=ConnectionLimits(first_request=0.0)) as server,
        connect(server) as connection,
        contextlib.suppress(ConnectionResetError),
    ):
        assert connection.recv(1) == b""


def test_a_call_whose_client_has_left_is_not_carried_out(held: Held) -> None:
    app = RpcApp(Dispatcher(held.methods), held.worker.usual)
    with serve(app) as server, connect(server) as first:
        send_call(first, b"hold")
        assert held.entered.wait(30)
        with connect(server) as second:
            send_call(second, b"note")
            while not held.worker.waiting:
                time.sleep(0.001)
        with connect(server) as third:  # answered only after it was noticed that the second has left
            third.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert third.recv(12) == b"HTTP/1.1 200"
        held.leave.set()
        assert receive(first, b"held")
    held.worker.urgent.submit(int).result(30)
    assert held.done == []


def test_a_call_that_runs_ends_when_its_client_leaves(held: Held) -> None:
    app = RpcApp(Dispatcher(held.methods), held.worker.usual)
    with serve(app) as server:
        with connect(server) as connection:
            send_call(connection, b"endless")
            assert held.entered.wait(30)
        assert held.worker.usual.submit(int).result(30) == 0
    assert held.done == ["ended"]


def test_too_many_calls_are_refused_in_clear_words(held: Held) -> None:
    app = RpcApp(Dispatcher(held.methods), held.worker.usual, wait=WaitLimits(calls=1))
    with serve(app) as server, connect(server) as connection:
        send_call(connection, b"hold")
        assert held.entered.wait(30)
        answer = httpx.post(server.url, headers=JSON, content=CALL % b"note")
        assert answer.status_code == 503
        error = {"code": -32005, "message": "too many calls are waiting"}
        assert answer.json() == {"jsonrpc": "2.0", "id": 7, "error": error}
        batch = b"[" + CALL % b"note" + b"," + CALL % b"note" + b"]"
        answer = httpx.post(server.url, headers=JSON, content=batch)
        assert [each["error"]["code"] for each in answer.json()] == [-32005, -32005]
        with JsonRpcClient(server.url) as rpc, pytest.raises(JsonRpcError, match="too many calls"):
            rpc.call("note")
        held.leave.set()
        assert receive(connection, b"held")
        assert httpx.post(server.url, headers=JSON, content=CALL % b"note").status_code == 200


def test_slow_calls_have_a_queue_of_their_own(held: Held) -> None:
    """However many of them wait, quick ones are carried out in between."""
    app = RpcApp(
        Dispatcher(held.methods),
        held.worker.usual,
        patient=held.worker.patient,
        slow=["endless"],
        wait=WaitLimits(calls=8, patient=1),
    )
    with serve(app) as server, connect(server) as connection:
        send_call(connection, b"endless")
        assert held.entered.wait(30)
        assert httpx.post(server.url, headers=JSON, content=CALL % b"endless").status_code == 503
        assert httpx.post(server.url, headers=JSON, content=CALL % b"note").json()["result"] is None
        hidden = CALL.replace(b'"%s"', b'"\\u0065ndless"')
        assert httpx.post(server.url, headers=JSON, content=hidden).status_code == 503


def test_nobody_waits_for_ever(held: Held) -> None:
    app = RpcApp(Dispatcher(held.methods), held.worker.usual, wait=WaitLimits(seconds=0.05))
    with serve(app) as server:
        answer = httpx.post(server.url, headers=JSON, content=CALL % b"endless", timeout=30)
        error = {"code": -32002, "message": "request timed out"}
        assert (answer.status_code, answer.json()["error"]) == (200, error)
        assert held.worker.usual.submit(int).result(30) == 0
    assert held.done == ["ended"]


def test_a_worker_that_is_closed(held: Held) -> None:
    app = RpcApp(Dispatcher(held.methods), held.worker.usual)
    held.worker.hurry(Urgency.USUAL)
    with serve(app) as server:
        answer = httpx.post(server.url, headers=JSON, content=CALL % b"note")
    assert (answer.status_code, answer.json()["error"]["message"]) == (503, "the server stops")


def test_pages_in_browsers(worker: ThreadPoolExecutor) -> None:
    page = {"Origin": "http://localhost:3000"}
    ask = {**page, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    app = RpcApp(Dispatcher(METHODS), worker, origins=["http://localhost:3000"])
    with serve(app) as server:
        answer = httpx.options(server.url, headers=ask)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Headers"]) == (204, "content-type")
        assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
        answer = httpx.post(server.url, headers={**JSON, **page}, content=CALL % b"thread")
        assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
        other = httpx.post(server.url, headers={**JSON, "Origin": "http://evil.example"}, content=b"{}")
        assert "Access-Control-Allow-Origin" not in other.headers
        assert httpx.options(server.url, headers={**ask, "Host": "evil.example"}).status_code == 403
