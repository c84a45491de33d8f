"""Connections of a server: how many, how long they may do nothing, and which goes when there are too many.

A connection is idle while no request of it is being answered; one that has sent half a request is. When there
is no room for a new connection, the oldest idle one is closed, at first of those that never had a request
answered: so whoever has no token, or just holds connections, takes nobody's place. go-ethereum has the same
times, and no limit.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

__all__ = ["ConnectionLimits", "Connections", "watched"]

Peer = tuple[str, int]


_MOST = 256


def _room() -> int:
    """Connections of one server: no more than a quarter of the files that the process may open.

    So the connections of one port never use up what another port or a database needs.
    """
    try:
        resource: Any = import_module("resource")
        files = int(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    except (ImportError, OSError, ValueError):  # not on this system
        return _MOST
    return _MOST if files < 0 else max(min(_MOST, files // 4), 8)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Of one server. Times in seconds."""

    connections: int = field(default_factory=_room)
    first_request: float = 30.0
    """Until the headers of a new connection's first request are there; also until an answer is read."""
    idle: float = 120.0
    """From an answer to the next request."""
    unread: int = 128 << 20
    """Bytes of answers that clients have not read yet, of all connections together."""


@dataclass(slots=True)
class _Connection:
    transport: asyncio.Transport
    since: float
    """When it was opened, or the last answer ended."""
    requests: int = 0
    """That are being answered."""
    welcome: bool = False
    """Whether a request of it was answered well."""


class Connections:
    """The connections of a server, by the address of the client. For the server's thread only."""

    def __init__(
        self, limits: ConnectionLimits | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = limits or ConnectionLimits()
        self._clock = clock
        self._open: dict[Peer, _Connection] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        return len(self._open)

    def opened(self, peer: Peer | None, transport: asyncio.Transport) -> None:
        """A new connection; it, or an idle one, is closed if there are too many."""
        self._loop = asyncio.get_running_loop()
        if peer is None:  # gone already
            transport.abort()
            return
        while len(self._open) >= self._limits.connections:
            victim = self._least_needed()
            if victim is None:
                transport.abort()
                return
            self._drop(victim)
        self._open[peer] = _Connection(transport, self._clock())

    def closed(self, peer: Peer | None) -> None:
        """A connection has ended."""
        if peer is not None:
            self._open.pop(peer, None)

    def begin(self, peer: Peer | None) -> None:
        """The headers of a request are there."""
        if peer is not None and (connection := self._open.get(peer)) is not None:
            connection.requests += 1

    def end(self, peer: Peer | None, welcome: bool) -> None:
        """A request has its answer; ``welcome``: not a refusal."""
        if peer is not None and (connection := self._open.get(peer)) is not None:
            connection.requests -= 1
            connection.since = self._clock()
            connection.welcome = connection.welcome or welcome

    def sweep(self) -> None:
        """Close what has been idle for too long, and what does not read its answers."""
        now = self._clock()
        for peer, each in list(self._open.items()):
            slow = not each.welcome or each.transport.get_write_buffer_size() > 0
            limit = self._limits.first_request if slow else self._limits.idle
            if not each.requests and now - each.since > limit:
                self._drop(peer)
        unread = {peer: each.transport.get_write_buffer_size() for peer, each in self._open.items()}
        total = sum(unread.values())
        for peer, size in sorted(unread.items(), key=lambda item: -item[1]):
            if total <= self._limits.unread:
                return
            total -= size
            self._drop(peer)

    def drop_idle(self) -> None:
        """Close all that are idle; from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._drop_idle)

    def _drop_idle(self) -> None:
        for peer, each in list(self._open.items()):
            if not each.requests:
                self._drop(peer)

    def _least_needed(self) -> Peer | None:
        idle = [(each.welcome, each.since, peer) for peer, each in self._open.items() if not each.requests]
        return min(idle, default=(False, 0.0, None))[2]

    def _drop(self, peer: Peer) -> None:
        self._open.pop(peer).transport.abort()


def watched(protocol: type[Any], connections: Connections) -> type[Any]:
    """uvicorn's ``protocol``, telling ``connections`` of its own."""

    class Watched(protocol):  # type: ignore[misc]
        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            connections.opened(self.client, transport)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.closed(self.client)
            super().connection_lost(exc)

    return Watched
