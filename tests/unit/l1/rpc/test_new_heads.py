"""Notices of new heads: they come, the connection goes, and comes again."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.sync.server import ServerConnection, serve

from pyoprollup.errors import ConfigError
from pyoprollup.events import Happening
from pyoprollup.l1.failover import Patience
from pyoprollup.l1.rpc import NewHeads

PATIENCE = 60.0
GONE = ConnectionError("gone")
SUBSCRIBED = json.dumps({"jsonrpc": "2.0", "id": 1, "result": "0xcd"})
HEAD = json.dumps({"jsonrpc": "2.0", "method": "eth_subscription", "params": {"result": {"number": "0x1"}}})


class Script:
    """Connections with what the peer says on each of them; after the last, nobody is there."""

    def __init__(self, *connections: list[str | bytes | Exception]) -> None:
        self.connections = queue.SimpleQueue[list[str | bytes | Exception]]()
        for each in connections:
            self.connections.put(each)
        self.sent: list[dict[str, Any]] = []
        self.told: list[Happening] = []
        self.over = threading.Event()
        self.heads = NewHeads(
            "ws://l1/secret",
            lambda: None,
            patience=Patience(1, 0.001, 0.001),
            connect=self.connect,
            tell=self.told.append,
        )

    def connect(self, _url: str) -> Script.Connection:
        try:
            return Script.Connection(self, self.connections.get_nowait())
        except queue.Empty:
            self.over.set()
            self.heads.close()
            raise ConnectionRefusedError("nobody is there") from None

    class Connection:
        def __init__(self, script: Script, words: list[str | bytes | Exception]) -> None:
            self.script, self.words = script, words

        def send(self, message: str) -> None:
            self.script.sent.append(json.loads(message))

        def recv(self, timeout: float) -> str | bytes:
            word = self.words.pop(0) if self.words else GONE
            if isinstance(word, Exception):
                raise word
            return word

        def close(self) -> None:
            self.words.clear()

    def run(self) -> NewHeads:
        self.heads.start()
        assert self.over.wait(PATIENCE)
        return self.heads


def test_each_head_is_a_notice_and_so_is_a_new_connection() -> None:
    script = Script([SUBSCRIBED, HEAD, HEAD], [SUBSCRIBED, HEAD.encode()])
    assert script.run().notices == 3 + 2
    assert script.sent == [{"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}] * 2
    assert [item.event for item in script.told] == ["new-heads-connection-lost"] * 2
    assert script.told[0].details["endpoint"] == "l1"


@pytest.mark.parametrize(
    "word",
    [
        json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no such method"}}),
        json.dumps({"jsonrpc": "2.0", "id": 2, "result": "0xcd"}),
        json.dumps([]),
        "rubbish",
        b"\xff",
        "[" * 100_000,
        TimeoutError("quiet"),
        GONE,
    ],
)
def test_a_peer_that_does_not_subscribe_us_is_left(word: str | bytes | Exception) -> None:
    script = Script([word, HEAD], [SUBSCRIBED])
    assert script.run().notices == 1


def test_other_messages_say_nothing() -> None:
    other = json.dumps({"jsonrpc": "2.0", "method": "news", "params": {}})
    assert Script([SUBSCRIBED, other, json.dumps({"id": 7, "result": None}), HEAD]).run().notices == 2


def test_pauses_grow_while_nothing_comes() -> None:
    waits: list[float] = []
    script = Script([GONE], [GONE], [GONE], [SUBSCRIBED, HEAD], [GONE])
    script.heads._patience = Patience(1, 0.001, 0.004)
    script.heads._chance = lambda: 0.0
    wait = script.heads._closed.wait

    def waiting(seconds: float | None = None) -> bool:
        waits.append(seconds or 0.0)
        return wait(seconds)

    script.heads._closed.wait = waiting  # type: ignore[method-assign]
    script.run()
    assert waits[:5] == [0.001, 0.002, 0.004, 0.001, 0.002]


def test_a_url_of_another_kind() -> None:
    with pytest.raises(ConfigError):
        NewHeads("http://l1", lambda: None)


@contextmanager
def server() -> Iterator[tuple[str, threading.Event]]:
    """A real one, which says that there is a head when the event is set."""
    head = threading.Event()

    def handle(connection: ServerConnection) -> None:
        assert json.loads(connection.recv())["method"] == "eth_subscribe"
        connection.send(SUBSCRIBED)
        head.wait(PATIENCE)
        connection.send(HEAD)
        connection.recv()

    with serve(handle, "127.0.0.1", 0) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"ws://127.0.0.1:{listening.socket.getsockname()[1]}", head
        listening.shutdown()


def test_over_the_network() -> None:
    notices: queue.SimpleQueue[None] = queue.SimpleQueue()
    with server() as (url, head):
        heads = NewHeads(url, lambda: notices.put(None))
        heads.start()
        notices.get(timeout=PATIENCE)
        head.set()
        notices.get(timeout=PATIENCE)
        heads.close()
        heads._thread.join(PATIENCE)
        assert not heads._thread.is_alive()
