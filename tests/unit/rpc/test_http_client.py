from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jwt
import pytest

from pyoprollup.rpc.errors import JsonRpcError, MissingExtra, RpcBadAnswer, RpcUnauthorized, RpcUnavailable
from pyoprollup.rpc.http_client import JsonRpcClient

Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer, **options: Any) -> JsonRpcClient:
    return JsonRpcClient("http://engine", transport=httpx.MockTransport(answer), **options)


def says(value: Any) -> Answer:
    """A server that always answers this, whatever the call's id."""
    return lambda request: httpx.Response(200, json={"jsonrpc": "2.0", "id": 1, **value})


def test_call() -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(
            200, json={"jsonrpc": "2.0", "id": json.loads(request.content)["id"], "result": 5}
        )

    with client(answer) as rpc:
        assert [rpc.call("a", 1, None), rpc.call("b")] == [5, 5]
    assert [json.loads(request.content) for request in requests] == [
        {"jsonrpc": "2.0", "id": 1, "method": "a", "params": [1, None]},
        {"jsonrpc": "2.0", "id": 2, "method": "b", "params": []},
    ]
    assert "authorization" not in requests[0].headers


def test_every_request_has_its_own_token() -> None:
    secret, tokens = b"s" * 32, []
    times = iter([1000.9, 2000.0])

    def answer(request: httpx.Request) -> httpx.Response:
        tokens.append(request.headers["authorization"].removeprefix("Bearer "))
        return httpx.Response(200, json={"id": len(tokens), "result": None})

    with client(answer, secret=secret, clock=lambda: next(times)) as rpc:
        assert rpc.call("a") is None
        assert rpc.call("a") is None
    claims = [jwt.decode(t, secret, algorithms=["HS256"], options={"verify_iat": False}) for t in tokens]
    assert claims == [{"iat": 1000}, {"iat": 2000}]


def test_errors() -> None:
    error = {"code": -38003, "message": "Invalid payload attributes", "data": {"err": "no gas limit"}}
    with client(says({"error": error})) as rpc, pytest.raises(JsonRpcError) as caught:
        rpc.call("a")
    assert caught.value.to_json() == error


@pytest.mark.parametrize("status", [200, 400, 500])
def test_errors_count_whatever_the_status(status: int) -> None:
    body = {"id": None, "error": {"code": -32700, "message": "parse error"}}
    with (
        client(lambda _: httpx.Response(status, json=body)) as rpc,
        pytest.raises(JsonRpcError, match="parse"),
    ):
        rpc.call("a")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"id": 2, "result": 1}, "another call"),
        ({"id": "1", "result": 1}, "another call"),
        ({"id": True, "result": 1}, "another call"),
        ({}, "neither a result nor an error"),
        ({"error": "no"}, "no code"),
        ({"error": {"code": "x"}}, "no code"),
        ({"error": {"code": True}}, "no code"),
    ],
)
def test_bad_answers(value: Any, text: str) -> None:
    with client(says(value)) as rpc, pytest.raises(RpcBadAnswer, match=text):
        rpc.call("a")


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[" * 100_000, b"5", b"[]", b'"\xff"', b'{"id":1e999}'])
def test_bad_bytes(body: bytes) -> None:
    with client(lambda _: httpx.Response(200, content=body)) as rpc, pytest.raises(RpcBadAnswer):
        rpc.call("a")


def test_large_answers_are_cut_off() -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield bytes(1000)

    with (
        client(lambda _: httpx.Response(200, content=endless()), max_answer_size=10_000) as rpc,
        pytest.raises(RpcBadAnswer, match="more than 10000 bytes"),
    ):
        rpc.call("a")
    assert sent == 11


def test_compressed_answers_are_refused() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"zip"))

    with client(answer) as rpc, pytest.raises(RpcBadAnswer, match="compressed"):
        rpc.call("a")


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
def test_transport(error: type[httpx.TransportError]) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error("broken")

    with client(answer) as rpc, pytest.raises(RpcUnavailable, match=rf"a: {error.__name__}: broken"):
        rpc.call("a")


@pytest.mark.parametrize(
    ("status", "kind"), [(401, RpcUnauthorized), (403, RpcUnauthorized), (502, RpcUnavailable)]
)
def test_http_errors(status: int, kind: type[RpcUnavailable]) -> None:
    with client(lambda _: httpx.Response(status, text="stale token\n")) as rpc, pytest.raises(kind) as caught:
        rpc.call("a")
    assert str(caught.value) == f"a: HTTP {status}: stale token"


def test_redirects_are_not_followed() -> None:
    moved = httpx.Response(307, headers={"Location": "http://elsewhere"})
    with client(lambda _: moved) as rpc, pytest.raises(RpcUnavailable, match="307"):
        rpc.call("a")


def test_batches() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        calls = json.loads(request.content)
        answers: list[dict[str, Any]] = [{"id": call["id"], "result": call["params"]} for call in calls]
        answers[1] = {"id": calls[1]["id"], "error": {"code": -32601, "message": "no"}}
        return httpx.Response(200, json=answers[::-1])

    with client(answer) as rpc:
        assert rpc.batch([]) == []
        first, second, third = rpc.batch([("a", [1]), ("b", []), ("c", [3])])
    assert (first, third) == ([1], [3])
    assert isinstance(second, JsonRpcError) and second.code == -32601


def test_refused_batch() -> None:
    with client(says({"id": None, "error": {"code": -32600, "message": "batch too large"}})) as rpc:
        assert [str(result) for result in rpc.batch([("a", []), ("b", [])])] == [
            "batch too large (-32600)"
        ] * 2


@pytest.mark.parametrize("answers", [[], {}, [{"id": 1, "result": 1}] * 2, [1, 2], 7])
def test_bad_batches(answers: Any) -> None:
    with client(lambda _: httpx.Response(200, json=answers)) as rpc, pytest.raises(RpcBadAnswer):
        rpc.batch([("a", []), ("b", [])])


def test_without_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "httpx", None)
    with pytest.raises(MissingExtra, match=r"httpx is not installed; it comes with pyoprollup\[node\]"):
        JsonRpcClient("http://engine")
