"""Notices of new heads over WebSocket: a hint to ask, never an answer.

Specification: JSON-RPC over WebSocket; go-ethereum's eth_subscribe with ``newHeads``.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any, Protocol

from pyoprollup.errors import ConfigError, DecodeError
from pyoprollup.events import News, Tell, no_news
from pyoprollup.l1.failover import Patience
from pyoprollup.l1.rpc.endpoint import endpoint_name
from pyoprollup.rpc.errors import MissingExtra, RpcBadAnswer
from pyoprollup.rpc.json_text import from_json_text, to_json_text

__all__ = ["NewHeads", "WebSocket"]

_QUIET = 120.0
"""Seconds without a word after which a connection counts as dead: ten slots."""
_OPEN_TIMEOUT = 10.0
_MAX_MESSAGE = 1 << 20


class WebSocket(Protocol):
    """A connection, as far as it is used."""

    def send(self, message: str) -> None:
        """Send a message to the peer."""
        ...

    def recv(self, timeout: float) -> str | bytes:
        """The next message; raises ``TimeoutError`` after so many seconds, and more if the peer is gone."""
        ...

    def close(self) -> None:
        """End the connection, in either direction."""
        ...


class NewHeads:
    """Calls ``on_notice``, in a thread of its own, when a node says that it has a new head.

    What the node says of the head is not looked at: whoever is told asks for it. So a notice that is lost or
    made up does no harm, and while there is no connection, polling goes on as always. A connection that
    ends, or is quiet for too long, is made again after a pause that grows.

    ``connect`` takes the place of the network. Raises :class:`ConfigError` for a URL of another kind.
    """

    def __init__(
        self,
        url: str,
        on_notice: Callable[[], object],
        *,
        patience: Patience | None = None,
        tell: Tell = no_news,
        connect: Callable[[str], WebSocket] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._name = endpoint_name(url)
        if not url.startswith(("ws://", "wss://")):
            raise ConfigError(f"new heads from {self._name}: the URL must begin with ws:// or wss://")
        self._url = url
        self._on_notice = on_notice
        self._patience = patience or Patience()
        self._news = News("new-heads", tell)
        self._connect = connect or _connect
        self._chance = chance
        self._closed = threading.Event()
        self._connection: WebSocket | None = None
        self.notices = 0
        """How many there were."""
        self._thread = threading.Thread(target=self._run, name=f"new heads {self._name}", daemon=True)

    def start(self) -> None:
        """Connect, and go on until :meth:`close`."""
        self._thread.start()

    def close(self) -> None:
        """End the connection and the thread, which is not waited for."""
        self._closed.set()
        connection = self._connection
        if connection is not None:
            connection.close()

    # --- in the thread

    def _run(self) -> None:
        failures = 0
        while not self._closed.is_set():
            before = self.notices
            try:
                self._listen()
            except Exception as exc:  # noqa: BLE001 - whatever it is, there is no connection
                if self._closed.is_set():
                    return
                failures = 1 if self.notices > before else failures + 1
                self._news.failed("new-heads-connection-lost", exc, endpoint=self._name)
            longest = self._patience.after(max(failures, 1))
            self._closed.wait(longest * (1 - self._chance() / 2))

    def _listen(self) -> None:
        """Subscribe, and pass notices on for as long as they come."""
        connection = self._connection = self._connect(self._url)
        try:
            call = {"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}
            connection.send(to_json_text(call).decode())
            _check_subscribed(_read(connection))
            self._notice()  # there may have been heads while there was no connection
            while not self._closed.is_set():
                if _read(connection).get("method") == "eth_subscription":
                    self._notice()
        finally:
            self._connection = None
            connection.close()

    def _notice(self) -> None:
        self.notices += 1
        self._on_notice()


def _read(connection: WebSocket) -> dict[str, Any]:
    text = connection.recv(timeout=_QUIET)
    try:
        message = from_json_text(text.encode() if isinstance(text, str) else text)
    except DecodeError as exc:
        raise RpcBadAnswer(f"no JSON: {exc}") from exc
    if not isinstance(message, dict):
        raise RpcBadAnswer("a message is not an object")
    return message


def _check_subscribed(answer: dict[str, Any]) -> None:
    if answer.get("id") != 1 or not isinstance(answer.get("result"), str):
        raise RpcBadAnswer(f"eth_subscribe: {str(answer.get('error', answer))[:200]}")


def _connect(url: str) -> WebSocket:
    try:
        from websockets.sync.client import connect
    except ImportError as exc:
        raise MissingExtra("websockets") from exc
    opened = connect(
        url,
        open_timeout=_OPEN_TIMEOUT,
        close_timeout=1.0,
        max_size=_MAX_MESSAGE,
        compression=None,
        proxy=None,
    )
    return opened.__enter__()  # whoever has it closes it
