"""A JSON-RPC server over HTTP: an ASGI application, and a way to run it in a thread.

Specification: execution-apis, engine/authentication.md. What a client may do, and the texts of refusals, are
go-ethereum's: one POST a request, hosts that must be named, tokens for the port of the engine. A call whose
client has left is not carried out, and no more wait than there is a hope for.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from pyoprollup.errors import ConfigError
from pyoprollup.rpc.browsers import CrossOrigin, HostNames
from pyoprollup.rpc.connections import ConnectionLimits, Connections, watched
from pyoprollup.rpc.errors import (
    LIMIT_EXCEEDED,
    TIMEOUT,
    CallAbandoned,
    JsonRpcError,
    MissingExtra,
    RpcUnavailable,
    TokenError,
)
from pyoprollup.rpc.jsonrpc import Answering
from pyoprollup.rpc.jwt import check_authorization

__all__ = ["LOCAL_HOSTS", "RpcApp", "RunningServer", "WaitLimits", "serve"]

LOCAL_HOSTS = ("localhost",)
"""Names under which a server is usually reached; addresses are always allowed."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_CONTENT_TYPES = (b"application/json", b"application/json-rpc", b"application/jsonrequest")
_BODY_TIMEOUT = 30.0
_BACKLOG = 256
_SHUTDOWN_TIMEOUT = 10
_START_TIMEOUT = 30.0
_SWEEP_SECONDS = 1


class _Refused(Exception):
    """A request that gets an HTTP status instead of an answer, or with one."""

    def __init__(self, status: int, text: str, answer: bytes | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.answer = answer


@dataclass(frozen=True, slots=True)
class WaitLimits:
    """How many calls may wait for a worker, and for how long."""

    calls: int = 256
    patient: int = 64
    """Of those that may take seconds."""
    seconds: float = math.inf
    """From the whole request to its answer."""


class RpcApp:
    """The ASGI application. ``worker`` carries out the calls: with one thread, one after another.

    Requests with one of the methods ``slow`` go to the worker ``patient`` instead. With ``secret`` every
    request needs a token. ``hosts`` are the names that a ``Host`` header may have (``*``: any); this keeps
    web pages from reaching the server through DNS rebinding. ``origins`` are those of pages that may
    (``*``: any).
    """

    def __init__(
        self,
        dispatcher: Answering,
        worker: Executor,
        *,
        secret: bytes | None = None,
        hosts: Iterable[str] = LOCAL_HOSTS,
        origins: Iterable[str] = (),
        clock: Callable[[], float] = time.time,
        patient: Executor | None = None,
        slow: Iterable[str] = (),
        wait: WaitLimits | None = None,
    ) -> None:
        self._dispatcher = dispatcher
        self._worker = worker
        self._patient = worker if patient is None else patient
        self._slow = [b"\\u", *(f'"{name}"'.encode() for name in slow)]
        self._secret = secret
        self._hosts = HostNames(hosts)
        self._origins = CrossOrigin(origins)
        self._clock = clock
        self._wait = wait or WaitLimits()
        self._waiting: Counter[Executor] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = dict(scope["headers"])
        kind, extra = b"application/json", self._origins.headers(request)
        try:
            preflight = self._checked(scope, request)
            status, body = (200, b"") if preflight is None else (204, b"")
            if preflight is not None:
                extra = preflight
            elif scope["method"] != "GET":
                body = await self._answer(receive)
        except _Refused as exc:
            status = exc.status
            if exc.answer is None:
                body, kind = f"{exc}\n".encode(), b"text/plain; charset=utf-8"
            else:
                body = exc.answer
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), *extra]
        if status == 204:
            headers = extra
        elif status != 200:
            # The rest of the request may not have been read.
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _checked(self, scope: Scope, headers: dict[bytes, bytes]) -> list[tuple[bytes, bytes]] | None:
        """Raises for a request that is not let in; the headers of the answer if it is a preflight."""
        if not self._hosts.allow(headers.get(b"host", b"").decode("latin-1")):
            raise _Refused(403, "invalid host specified")
        if (preflight := self._origins.preflight(scope["method"], headers)) is not None:
            return preflight
        if self._secret is not None:
            try:
                header = headers.get(b"authorization")
                text = None if header is None else header.decode("latin-1")
                check_authorization(self._secret, text, self._clock())
            except TokenError as exc:
                raise _Refused(401, str(exc)) from exc
        if scope["method"] != "GET" or scope["query_string"]:  # else a look whether the server is alive
            self._check_request(scope["method"], headers)
        return None

    async def _answer(self, receive: Receive) -> bytes:
        body = await self._read(receive)
        is_slow = self._patient is not self._worker and any(name in body for name in self._slow)
        worker, limit = (self._patient, self._wait.patient) if is_slow else (self._worker, self._wait.calls)
        if self._waiting[worker] >= limit:
            raise self._busy(body, "too many calls are waiting")
        try:
            future = worker.submit(self._dispatcher.answer, body)
        except RuntimeError:
            raise self._busy(body, "the server stops") from None
        self._waiting[worker] += 1
        try:
            return await self._result(future, body, receive)
        finally:
            self._waiting[worker] -= 1

    def _busy(self, body: bytes, text: str) -> _Refused:
        return _Refused(503, text, self._dispatcher.refusal(body, JsonRpcError(LIMIT_EXCEEDED, text)))

    async def _result(self, future: Future[bytes], body: bytes, receive: Receive) -> bytes:
        """What comes of a call, unless its client leaves before, or it takes too long."""
        answer: asyncio.Future[Any] = asyncio.wrap_future(future)
        gone: asyncio.Future[Any] = asyncio.ensure_future(_until_gone(receive))
        answer.add_done_callback(_look_at)  # its error is of no interest if the client has left
        seconds = None if math.isinf(self._wait.seconds) else self._wait.seconds
        try:
            await asyncio.wait({answer, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                data: bytes = answer.result()
                return data
            if not gone.done():
                return self._dispatcher.refusal(body, JsonRpcError(TIMEOUT, "request timed out"))
            raise _Refused(400, "the client is gone")
        except (CallAbandoned, asyncio.CancelledError):
            raise self._busy(body, "the server stops") from None
        finally:
            gone.cancel()
            if not future.done():
                getattr(future, "abandon", future.cancel)()

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


def _look_at(answer: asyncio.Future[bytes]) -> None:
    if not answer.cancelled():
        answer.exception()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


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
def serve(
    app: AsgiApp,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    limits: ConnectionLimits | None = None,
    stop_seconds: int = _SHUTDOWN_TIMEOUT,
) -> Iterator[RunningServer]:
    """Serve ``app`` from a thread while the context lasts; port 0 takes any that is free.

    Calls that run at the end are still answered, up to ``stop_seconds``. Raises :class:`ConfigError` if the
    address cannot be bound.
    """
    uvicorn, protocol = _uvicorn()
    connections = Connections(limits)

    async def sweep() -> None:
        connections.sweep()

    listening = _listen(host, port)
    with listening:
        config = uvicorn.Config(
            _noted(app, connections),
            http=watched(protocol, connections),
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            # Connections are watched here: a limit of uvicorn's would refuse requests for idle connections.
            timeout_keep_alive=3600,
            callback_notify=sweep,
            timeout_notify=_SWEEP_SECONDS,
            timeout_graceful_shutdown=stop_seconds,
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
            connections.drop_idle()
            thread.join()


def _noted(app: AsgiApp, connections: Connections) -> AsgiApp:
    """The application, telling ``connections`` what is being answered."""

    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        peer, status = scope.get("client"), 0

        async def sending(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        connections.begin(peer)
        try:
            await app(scope, receive, sending)
        finally:
            connections.end(peer, status == 200)

    return noted


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, as asyncio turns Nagle's algorithm off only then: 40 ms a call.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
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


def _uvicorn() -> tuple[ModuleType, type[Any]]:
    """uvicorn, and its protocol on h11."""
    try:
        import uvicorn
        from uvicorn.protocols.http.h11_impl import H11Protocol
    except ImportError as exc:
        raise MissingExtra("uvicorn") from exc
    # Without a handler, what it says of malformed requests would be printed.
    if not (logger := logging.getLogger("uvicorn")).handlers:
        logger.addHandler(logging.NullHandler())
    return uvicorn, H11Protocol
