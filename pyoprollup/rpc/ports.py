"""What callers of JSON-RPC ask of a client."""

from __future__ import annotations

from typing import Any, Protocol

__all__ = ["RpcCaller"]


class RpcCaller(Protocol):
    """A client, as :class:`~pyoprollup.rpc.http_client.JsonRpcClient` is one."""

    def call(self, method: str, *params: Any) -> Any:
        """The result of a call; raises :class:`~pyoprollup.rpc.errors.RpcError`."""
        ...

    def close(self) -> None: ...
