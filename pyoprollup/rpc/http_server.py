"""A JSON-RPC server over HTTP: an ASGI application, and a way to run it in a thread.

Specification: execution-apis, engine/authentication.md. What a client may do, and the texts of refusals, are
go-ethereum's: one POST a request, hosts that must be named, tokens for the port of the engine.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from pyoprollup.errors import ConfigError
from pyoprollup.rpc.errors import MissingExtra, RpcUnavailable, TokenError
from pyoprollup.rpc.jsonrpc import Answering
from pyoprollup.rpc.jwt import check_authorization

__all__ = ["LOCAL_HOSTS", "RpcApp", "RunningServer", "serve"]

LOCAL_HOSTS = ("localhost",)
"""Names under which a server is usually reached; addresses are always allowed."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_CONTENT_TYPES = (b"application/json", b"application/json-rpc", b"application/jsonrequest")
_BODY_TIMEOUT = 30.0
_MAX_CONNECTIONS = 128
_SHUTDOWN_TIMEOUT = 10
_START_TIMEOUT = 30.0


class _Refused(Exception):
    """A request that gets an HTTP status instead of an answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class RpcApp:
    """The ASGI application. ``worker`` carries out the calls: with one thread, one after another.

    With ``secret`` every request needs a token. ``hosts`` are the names that a ``Host`` header may
    have (``*``: any); this keeps web pages from reaching the server through DNS rebinding.
    """

    def __init__(
        self,
        dispatcher: Answering,
        worker: Executor,
        *,
        secret: bytes | None = None,
        hosts: Iterable[str] = LOCAL_HOSTS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._dispatcher = dispatcher
        self._worker = worker
        self._secret = secret
        self._hosts = frozenset(host.lower() for host in hosts)
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            status, body = 200, await self._answer(scope, receive)
            kind = b"application/json"
        except _Refused as exc:
            status, body, kind = exc.status, f"{exc}\n".encode(), b"text/plain; charset=utf-8"
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
        if status != 200:
            # The rest of the request may not have been read.
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> bytes:
        headers = dict(scope["headers"])
        self._check_host(headers.get(b"host", b"").decode("latin-1"))
        if self._secret is not None:
            try:
                header = headers.get(b"authorization")
                text = None if header is None else header.decode("latin-1")
                check_authorization(self._secret, text, self._clock())
            except TokenError as exc:
                raise _Refused(401, str(exc)) from exc
        if scope["method"] == "GET" and not scope["query_string"]:
            return b""  # a look whether the server is alive
        self._check_request(scope["method"], headers)
        body = await self._read(receive)
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._dispatcher.answer, body)

    def _check_host(self, header: str) -> None:
        host = header.lower()
        if host.startswith("["):
            host = host[1:].partition("]")[0]
        else:
            host = host.partition(":")[0]
        if not host or "*" in self._hosts or host in self._hosts or _is_address(host):
            return
        raise _Refused(403, "invalid host specified")

    def _check_request(self, method: str, headers: dict[bytes, bytes]) -> None:
        if method != "POST":
            raise _Refused(405, "method not allowed")
        length = headers.get(b"content-length", b"0")
        limit = self._dispatcher.limits.body_size
        if length.isdigit() and len(length) < 20 and int(length) > limit:
            raise _Refused(413, f"content length too large ({int(length)}>{limit})")
        if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() not in _CONTENT_TYPES:
            raise _Refused(415, "invalid content type, only application/json is supported")

    async def _read(self, receive: Receive) -> bytes:
        try:
            async with asyncio.timeout(_BODY_TIMEOUT):
                return await self._body(receive)
        except TimeoutError:
            raise _Refused(408, "request timeout") from None

    async def _body(self, receive: Receive) -> bytes:
        limit = self._dispatcher.limits.body_size
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise _Refused(400, "the client is gone")
            body += message.get("body", b"")
            if len(body) > limit:
                raise _Refused(413, f"content length too large ({len(body)}>{limit})")
            if not message.get("more_body"):
                return bytes(body)


def _is_address(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
        return True
    return False


@dataclass(frozen=True, slots=True)
class RunningServer:
    """Where a server listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


@contextmanager
def serve(app: AsgiApp, host: str = "127.0.0.1", port: int = 0) -> Iterator[RunningServer]:
    """Serve ``app`` from a thread while the context lasts; port 0 takes any that is free.

    Calls that run at the end are still answered. Raises :class:`ConfigError` if the address cannot be bound.
    """
    uvicorn = _uvicorn()
    listening = _listen(host, port)
    with listening:
        config = uvicorn.Config(
            app,
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            limit_concurrency=_MAX_CONNECTIONS,
            timeout_keep_alive=120,
            timeout_graceful_shutdown=_SHUTDOWN_TIMEOUT,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listening]}, name=f"rpc-{port}", daemon=True
        )
        thread.start()
        try:
            _wait_until_started(server, thread)
            yield RunningServer(host, listening.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, as asyncio turns Nagle's algorithm off only then: 40 ms a call.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_MAX_CONNECTIONS)
    except (OSError, OverflowError) as exc:
        listening.close()
        raise ConfigError(f"cannot listen on {host}:{port}: {exc}") from exc
    return listening


def _wait_until_started(server: Any, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RpcUnavailable("the server did not start")
        time.sleep(0.002)


def _uvicorn() -> ModuleType:
    try:
        import uvicorn
    except ImportError as exc:
        raise MissingExtra("uvicorn") from exc
    return uvicorn
