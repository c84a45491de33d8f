"""What all services have: a thread, an RPC server with probes, metrics, and an end in good order."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Self

from pyoprollup import __version__
from pyoprollup.events import News, Tell
from pyoprollup.node import Service
from pyoprollup.rpc.http_server import LOCAL_HOSTS, RpcApp, RunningServer, serve
from pyoprollup.rpc.jsonrpc import PUBLIC_LIMITS, Dispatcher
from pyoprollup.services.waiting import Waiting
from pyoprollup.services.watchdog import Readiness
from pyoprollup.telemetry.prometheus import MetricsExporter, serve_metrics

__all__ = ["Observability", "Probes", "RunningService"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observability:
    """Where a service is seen and controlled. Port 0 takes any that is free."""

    rpc_host: str = "127.0.0.1"
    rpc_port: int = 0
    admin: bool = False
    """Whether ``admin_*`` are served."""
    hosts: tuple[str, ...] = LOCAL_HOSTS
    """Names that requests may use for the server; addresses may always be used."""
    metrics: bool = False
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 7300


class Probes:
    """An ASGI application before another: ``/healthz`` says the version, ``/readyz`` whether all is well.

    ``/readyz`` has status 200 or 503, and a JSON object with ``ready``, ``reasons`` and ``notes``.
    """

    def __init__(self, app: App, readiness: Callable[[], Readiness]) -> None:
        self._app = app
        self._readiness = readiness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        pages = {"/healthz": self._health, "/readyz": self._ready}
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] not in pages:
            await self._app(scope, receive, send)
            return
        status, value = pages[scope["path"]]()
        body = json.dumps(value, separators=(",", ":")).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _health(self) -> tuple[int, Any]:
        return 200, {"version": f"v{__version__}"}

    def _ready(self) -> tuple[int, Any]:
        found = self._readiness()
        shown = {"ready": found.ready, "reasons": found.reasons, "notes": found.notes}
        return (200 if found.ready else 503), shown


class RunningService(ABC):
    """The frame of a service. Subclasses fill :meth:`_build`; it runs while the context lasts.

    The servers are opened last and closed first. What the core's thread does at the end is waited for.
    """

    name = "service"
    service: Service
    """The thread and its schedule, from :meth:`_build` on."""

    def __init__(self, seen: Observability, tell: Tell, exporter: MetricsExporter) -> None:
        self.seen = seen
        self.tell = tell
        self.exporter = exporter
        self.news = News(self.name, tell)
        self.rpc: RunningServer | None = None
        self.metrics_url = ""
        self.waiting = Waiting(tell)
        """For what is not there yet at the start."""
        self._stack = ExitStack()

    @abstractmethod
    def readiness(self) -> Readiness:
        """Whether it does its work, asked from any thread."""

    @abstractmethod
    def _build(self, stack: ExitStack) -> None:
        """Open clients and databases, make :attr:`service`; what must be closed goes onto ``stack``."""

    @abstractmethod
    def _methods(self) -> Mapping[str, Callable[..., Any]]:
        """The methods of the RPC server."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._build(stack)
            stack.enter_context(self._thread())
            self._serve(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self.news("stopped")

    @contextmanager
    def _thread(self) -> Iterator[None]:
        self.service.start()
        try:
            yield
        finally:
            self.service.stop()

    def _serve(self, stack: ExitStack) -> None:
        seen = self.seen
        dispatcher = Dispatcher(self._methods(), PUBLIC_LIMITS, self._on_defect)
        app = RpcApp(dispatcher, self.service.executor, hosts=seen.hosts)
        probes = Probes(app, self.readiness)
        self.rpc = stack.enter_context(serve(probes, seen.rpc_host, seen.rpc_port, stop_seconds=3))
        if seen.metrics:
            self.metrics_url = stack.enter_context(
                serve_metrics(self.exporter, seen.metrics_host, seen.metrics_port)
            )
        self.news("started", rpc=self.rpc.url, metrics=self.metrics_url or "off")

    def _on_defect(self, method: str, error: Exception) -> None:
        self.news.failed("defect", error, method=method, kind=type(error).__name__)
