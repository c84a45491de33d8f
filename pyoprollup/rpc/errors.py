"""Errors of JSON-RPC: error objects, and failed or invalid responses."""

from __future__ import annotations

from typing import Any

from pyoprollup.errors import RollupError, Unavailable

__all__ = [
    "INTERNAL_ERROR",
    "INVALID_PARAMS",
    "INVALID_REQUEST",
    "LIMIT_EXCEEDED",
    "METHOD_NOT_FOUND",
    "PARSE_ERROR",
    "RESPONSE_TOO_LARGE",
    "SERVER_ERROR",
    "TIMEOUT",
    "CallAbandoned",
    "JsonRpcError",
    "MissingExtra",
    "RpcBadAnswer",
    "RpcError",
    "RpcHttpStatus",
    "RpcUnauthorized",
    "RpcUnavailable",
    "TokenError",
]

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
SERVER_ERROR = -32000
"""What a method failed with, where there is no code for it."""
TIMEOUT = -32002
RESPONSE_TOO_LARGE = -32003
LIMIT_EXCEEDED = -32005
"""The server has too much to do (EIP-1474)."""


class RpcError(RollupError):
    """Base class of the errors of this package."""


class JsonRpcError(RpcError):
    """An error object: what a client gets for its call, and what a server's method raises."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        self.message = message
        self.data = data

    def to_json(self) -> dict[str, Any]:
        """The ``error`` member of a JSON-RPC response."""
        error = {"code": self.code, "message": self.message}
        return error if self.data is None else {**error, "data": self.data}


class CallAbandoned(RpcError):
    """A call ends early, as nobody waits for it any more or the server stops."""


class RpcUnavailable(RpcError, Unavailable):
    """No answer, or none that can be used. The call may have been carried out all the same."""


class RpcHttpStatus(RpcUnavailable):
    """The answer is no JSON-RPC but an HTTP status other than 200, as proxies give it."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class RpcUnauthorized(RpcUnavailable):
    """The server does not take our token."""


class RpcBadAnswer(RpcUnavailable):
    """The answer is not one of JSON-RPC, is for another call, or is too large."""


class TokenError(RpcError):
    """A token that the server does not take; the text is for the client."""


class MissingExtra(RpcError, ImportError):
    """A package is not installed that comes with the extra ``node``."""

    def __init__(self, module: str) -> None:
        super().__init__(f"{module} is not installed; it comes with pyoprollup[node]", name=module)
