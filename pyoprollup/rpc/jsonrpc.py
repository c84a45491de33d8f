"""JSON-RPC 2.0, the server's part: from the bytes of a request to the bytes of its answer.

Codes and texts are go-ethereum's where the specification leaves them open. Whatever the bytes are, the
answer is one of JSON-RPC.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pyoprollup.errors import DecodeError, RollupError
from pyoprollup.rpc.errors import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    RESPONSE_TOO_LARGE,
    SERVER_ERROR,
    TIMEOUT,
    JsonRpcError,
)
from pyoprollup.rpc.json_text import from_json_text, to_json_text
from pyoprollup.rpc.worker import give_way

__all__ = ["ENGINE_LIMITS", "PUBLIC_LIMITS", "Answering", "Dispatcher", "Limits", "Method"]

_MAX_METHOD_NAME = 2048
_SHOWN_NAME = 100
_MAX_REFUSED_SIZE = 1 << 16
"""Bytes of a request that is still read for the ids of its calls when it is refused."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may ask for at once. Sizes in bytes."""

    body_size: int
    batch_count: int
    batch_answer_size: int
    """A batch whose answers together have more gets an error for each call that is left."""
    batch_seconds: float = math.inf
    """The same for a batch that takes longer."""


PUBLIC_LIMITS = Limits(5 << 20, 1000, 25_000_000, 5.0)
ENGINE_LIMITS = Limits(128 << 20, 2000, 250_000_000)


@dataclass(frozen=True, slots=True)
class Method:
    """A function that takes a call's parameters by position and returns a JSON value.

    It raises :class:`JsonRpcError` for an error of its own, :class:`DecodeError` for a malformed
    parameter, and other errors of the library for what has no code.
    """

    call: Callable[..., Any]
    required: int
    """Parameters that must be there, and not ``null``."""
    maximum: int

    @classmethod
    def of(cls, call: Callable[..., Any]) -> Method:
        """The method of a function: parameters with a default may be missing.

        Raises :class:`TypeError` for a class: what its constructor takes is not for callers.
        """
        if isinstance(call, type):
            raise TypeError(f"a method is a function, not the class {call.__name__}")
        parameters = inspect.signature(call).parameters.values()
        required = sum(parameter.default is parameter.empty for parameter in parameters)
        return cls(call, required, len(parameters))


class Answering(Protocol):
    """Answers JSON-RPC requests, as :class:`Dispatcher` does."""

    @property
    def limits(self) -> Limits: ...

    def answer(self, request: bytes) -> bytes: ...

    def refusal(self, request: bytes, error: JsonRpcError) -> bytes:
        """The answer to a request of which no call is carried out."""
        ...


class Dispatcher:
    """Answers requests with a table of methods.

    ``on_defect`` is called with unexpected exceptions; the client sees an internal error only. ``on_call`` is
    told of each call that was carried out: its name, the seconds that it took, and its error. ``clock`` gives
    seconds.
    """

    def __init__(
        self,
        methods: Mapping[str, Callable[..., Any]],
        limits: Limits = PUBLIC_LIMITS,
        on_defect: Callable[[str, Exception], None] = lambda _method, _exc: None,
        clock: Callable[[], float] = lambda: 0.0,
        on_call: Callable[[str, float, JsonRpcError | None], None] | None = None,
    ) -> None:
        self._clock = clock
        self._on_call = on_call
        self.methods = {name: Method.of(call) for name, call in methods.items()}
        self.limits = limits
        self._on_defect = on_defect

    def answer(self, request: bytes) -> bytes:
        """The answer to a request; empty if it consists of notifications only."""
        try:
            message = from_json_text(request)
        except DecodeError as exc:
            return to_json_text(_error(None, JsonRpcError(PARSE_ERROR, f"parse error: {exc}")))
        if isinstance(message, list):
            return self._batch(message)
        return self._one(message)

    def refusal(self, request: bytes, error: JsonRpcError) -> bytes:
        """The answer to a request that is not carried out: the error, for each call of it."""
        try:
            message = from_json_text(request) if len(request) <= _MAX_REFUSED_SIZE else None
        except DecodeError:
            message = None
        if isinstance(message, list) and message:
            calls = [_refuse(each, error) for each in message[: self.limits.batch_count]]
            return b"[" + b",".join(call for call in calls if call) + b"]"
        return _refuse(message, error) or to_json_text(_error(None, error))

    def _batch(self, messages: list[Any]) -> bytes:
        if not messages:
            return to_json_text(_error(None, JsonRpcError(INVALID_REQUEST, "empty batch")))
        if len(messages) > self.limits.batch_count:
            return to_json_text(_error(None, JsonRpcError(INVALID_REQUEST, "batch too large")))
        answers, size = [], 0
        end = self._clock() + self.limits.batch_seconds
        for message in messages:
            give_way()
            if size > self.limits.batch_answer_size:
                answers.append(_refuse(message, JsonRpcError(RESPONSE_TOO_LARGE, "response too large")))
                continue
            if self._clock() > end:
                answers.append(_refuse(message, JsonRpcError(TIMEOUT, "request timed out")))
                continue
            answer = self._one(message)
            size += len(answer)
            answers.append(answer)
        answers = [answer for answer in answers if answer]
        return b"[" + b",".join(answers) + b"]" if answers else b""

    def _one(self, message: Any) -> bytes:
        """Answer a single call."""
        if not isinstance(message, dict):
            return to_json_text(_error(None, JsonRpcError(INVALID_REQUEST, "invalid request")))
        name, call_id = message.get("method"), message.get("id")
        valid_id = not isinstance(call_id, dict | list)
        if message.get("jsonrpc") != "2.0" or not isinstance(name, str) or not name or not valid_id:
            refusal = JsonRpcError(INVALID_REQUEST, "invalid request")
            return to_json_text(_error(call_id if valid_id else None, refusal))
        fault, started = None, 0.0 if self._on_call is None else self._clock()
        try:
            result = self._call(name, message.get("params"))
        except JsonRpcError as exc:
            fault = exc
            answer = _error(call_id, exc)
        else:
            answer = {"jsonrpc": "2.0", "id": call_id, "result": result}
        if self._on_call is not None:
            self._on_call(name, self._clock() - started, fault)
        return self._encoded(name, answer) if "id" in message else b""

    def _call(self, name: str, params: Any) -> Any:
        method = self.methods.get(name) if len(name) <= _MAX_METHOD_NAME else None
        if method is None:
            text = f"the method {name[:_SHOWN_NAME]} does not exist/is not available"
            raise JsonRpcError(METHOD_NOT_FOUND, text)
        arguments = _arguments(method, params)
        try:
            return method.call(*arguments)
        except JsonRpcError:
            raise
        except DecodeError as exc:
            raise JsonRpcError(INVALID_PARAMS, f"invalid argument: {exc}") from exc
        except RollupError as exc:
            raise JsonRpcError(SERVER_ERROR, str(exc)) from exc
        except Exception as exc:  # a defect of ours; the client must get an answer all the same
            self._on_defect(name, exc)
            raise JsonRpcError(INTERNAL_ERROR, "internal error") from exc

    def _encoded(self, name: str, answer: dict[str, Any]) -> bytes:
        try:
            return to_json_text(answer)
        except (TypeError, ValueError, RecursionError) as exc:
            self._on_defect(name, exc)
            return to_json_text(_error(answer["id"], JsonRpcError(INTERNAL_ERROR, "internal error")))


def _arguments(method: Method, params: Any) -> list[Any]:
    if params is None:
        params = []
    if not isinstance(params, list):
        raise JsonRpcError(INVALID_PARAMS, "non-array args")
    if len(params) > method.maximum:
        raise JsonRpcError(INVALID_PARAMS, f"too many arguments, want at most {method.maximum}")
    for index in range(method.required):
        if index >= len(params) or params[index] is None:
            raise JsonRpcError(INVALID_PARAMS, f"missing value for required argument {index}")
    return params


def _error(call_id: Any, error: JsonRpcError) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": call_id, "error": error.to_json()}


def _refuse(message: Any, error: JsonRpcError) -> bytes:
    """An error for a call of a batch that is not carried out; nothing for a notification."""
    if not isinstance(message, dict):
        return to_json_text(_error(None, error))
    call_id = message.get("id")
    if "id" not in message:
        return b""
    return to_json_text(_error(None if isinstance(call_id, dict | list) else call_id, error))
