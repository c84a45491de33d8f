"""A JSON-RPC client over HTTP that validates every response."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import count
from types import ModuleType
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.rpc.errors import (
    JsonRpcError,
    MissingExtra,
    RpcBadAnswer,
    RpcHttpStatus,
    RpcUnauthorized,
    RpcUnavailable,
)
from pyoprollup.rpc.json_text import from_json_text, to_json_text
from pyoprollup.rpc.jwt import bearer

__all__ = ["DEFAULT_MAX_ANSWER_SIZE", "DEFAULT_TIMEOUT", "JsonRpcClient", "import_httpx"]

DEFAULT_TIMEOUT = 60.0
"""Seconds until a call is given up."""
DEFAULT_MAX_ANSWER_SIZE = 256 << 20

_CONNECT_TIMEOUT = 5.0
_SHOWN_TEXT = 200


class JsonRpcClient:
    """Calls the methods of one server; connections are kept open. Nothing is tried twice.

    With ``secret`` every request carries a token of its own. May be used by several threads.
    ``transport`` replaces the network (an ``httpx`` transport), ``clock`` tells the time of tokens.
    """

    def __init__(
        self,
        url: str,
        *,
        secret: bytes | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        max_answer_size: int = DEFAULT_MAX_ANSWER_SIZE,
        clock: Callable[[], float] = time.time,
        transport: Any = None,
    ) -> None:
        self._httpx = import_httpx()
        self._url = url
        self._secret = secret
        self._timeout = timeout
        self._max_answer_size = max_answer_size
        self._clock = clock
        self._ids = count(1)
        try:
            self._client = self._httpx.Client(
                timeout=self._httpx.Timeout(timeout, connect=min(timeout, _CONNECT_TIMEOUT)),
                transport=transport,
                trust_env=False,  # a proxy of the environment must not see the engine's traffic
            )
        except ValueError as exc:
            raise RpcUnavailable(f"{url}: {exc}") from exc

    def call(self, method: str, *params: Any) -> Any:
        """The result of a call.

        Raises :class:`JsonRpcError` if the server answers with an error, :class:`RpcUnavailable` if it
        does not answer, or not as it should.
        """
        call_id = next(self._ids)
        answer = self._post({"jsonrpc": "2.0", "id": call_id, "method": method, "params": params}, method)
        result = _result(answer, call_id, method)
        if isinstance(result, JsonRpcError):
            raise result
        return result

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Results of several calls in one request, in their order.

        A call that the server refused has its :class:`JsonRpcError` as the result. Raises
        :class:`RpcUnavailable`.
        """
        if not calls:
            return []
        ids = [next(self._ids) for _ in calls]
        body = [
            {"jsonrpc": "2.0", "id": call_id, "method": method, "params": params}
            for call_id, (method, params) in zip(ids, calls, strict=True)
        ]
        answers = self._post(body, f"{len(calls)} calls")
        if isinstance(answers, dict):  # the request as a whole was refused
            answers = [{**answers, "id": call_id} for call_id in ids] if "error" in answers else answers
        if not isinstance(answers, list) or len(answers) != len(calls):
            raise RpcBadAnswer(f"{len(calls)} calls: the response is not an array of as many results")
        by_id = {_id_of(answer): answer for answer in answers}
        return [
            _result(by_id.get(call_id), call_id, method)
            for call_id, (method, _) in zip(ids, calls, strict=True)
        ]

    def close(self) -> None:
        """Close all connections to the server."""
        self._client.close()

    def __enter__(self) -> JsonRpcClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _post(self, body: Any, what: str) -> Any:
        # Without compression, a limit on what is received is a limit on what is kept.
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if self._secret is not None:
            headers["Authorization"] = bearer(self._secret, self._clock())
        try:
            with self._client.stream(
                "POST", self._url, content=to_json_text(body), headers=headers
            ) as response:
                data = self._read(response, what)
                status = response.status_code
        except (self._httpx.HTTPError, self._httpx.InvalidURL, self._httpx.StreamError) as exc:
            raise RpcUnavailable(f"{what}: {type(exc).__name__}: {exc}") from exc
        if status in (401, 403):
            raise RpcUnauthorized(f"{what}: HTTP {status}: {_shown(data)}")
        if status != 200 and not data.lstrip().startswith((b"{", b"[")):
            raise RpcHttpStatus(f"{what}: HTTP {status}: {_shown(data)}", status)
        try:
            return from_json_text(data)
        except DecodeError as exc:
            raise RpcBadAnswer(f"{what}: HTTP {status}: no JSON: {exc}") from exc

    def _read(self, response: Any, what: str) -> bytes:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise RpcBadAnswer(f"{what}: the answer is compressed, unasked")
        parts, size = [], 0
        deadline = time.monotonic() + self._timeout
        for part in response.iter_bytes():
            size += len(part)
            if time.monotonic() > deadline:
                raise RpcUnavailable(f"{what}: the answer takes longer than {self._timeout} s")
            if size > self._max_answer_size:
                raise RpcBadAnswer(f"{what}: the answer has more than {self._max_answer_size} bytes")
            parts.append(part)
        return b"".join(parts)


def _id_of(answer: Any) -> int | None:
    value = answer.get("id") if isinstance(answer, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _result(answer: Any, call_id: int, method: str) -> Any:
    """The result, or the error as a value."""
    if not isinstance(answer, dict):
        raise RpcBadAnswer(f"{method}: the response is not an object")
    error = answer.get("error")
    if error is not None:
        return _error(error, method)
    if _id_of(answer) != call_id:
        raise RpcBadAnswer(f"{method}: the answer is for another call")
    if "result" not in answer:
        raise RpcBadAnswer(f"{method}: the answer has neither a result nor an error")
    return answer["result"]


def _error(error: Any, method: str) -> JsonRpcError:
    code = error.get("code") if isinstance(error, dict) else None
    if not isinstance(code, int) or isinstance(code, bool):
        raise RpcBadAnswer(f"{method}: the error has no code")
    message, data = error.get("message"), error.get("data")
    return JsonRpcError(code, message if isinstance(message, str) else "", data)


def _shown(data: bytes) -> str:
    return data[:_SHOWN_TEXT].decode("utf-8", "replace").strip()


def import_httpx() -> ModuleType:
    """The HTTP library; raises :class:`MissingExtra` where it is not installed."""
    try:
        import httpx
    except ImportError as exc:
        raise MissingExtra("httpx") from exc
    return httpx
