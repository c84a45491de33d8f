"""One limit for a request as a whole, against peers that keep to every other limit."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from pyoprollup.rpc.deadline import DeadlineTransport
from pyoprollup.rpc.errors import RpcUnavailable
from pyoprollup.rpc.http_client import JsonRpcClient

PATIENCE = 60.0


@contextmanager
def peer(behave: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """A peer that takes connections, and does with each what it is told."""
    over = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=behave, args=(connection, over), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        over.set()
        server.close()


def silent(connection: socket.socket, over: threading.Event) -> None:
    with connection:
        over.wait(PATIENCE)


def drips(head: bytes, drop: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Sends the beginning of an answer, and then a little again and again."""

    def behave(connection: socket.socket, over: threading.Event) -> None:
        with connection:
            try:
                connection.sendall(head)
                while not over.wait(0.02):
                    connection.sendall(drop)
            except OSError:
                return

    return behave


@pytest.mark.parametrize(
    "behave",
    [
        silent,
        drips(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
        drips(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{", b" "),
        drips(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
)
def test_the_whole_request_has_one_limit(behave: Callable[[socket.socket, threading.Event], None]) -> None:
    """Each read by itself is in time; without the transport this would not end."""
    with peer(behave) as url, DeadlineTransport(0.3, 1 << 20) as transport:
        rpc = JsonRpcClient(url, timeout=PATIENCE, transport=transport)
        with pytest.raises(RpcUnavailable, match=r"no whole answer in 0.3 s|RemoteProtocolError"):
            rpc.call("eth_chainId")


def answers(body: bytes) -> Callable[[socket.socket, threading.Event], None]:
    def behave(connection: socket.socket, _over: threading.Event) -> None:
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    return behave


def test_an_answer() -> None:
    body = b'{"jsonrpc":"2.0","id":1,"result":"0x1"}'
    with peer(answers(body)) as url, DeadlineTransport(PATIENCE, 100) as transport:
        assert JsonRpcClient(url, transport=transport).call("eth_chainId") == "0x1"


def test_an_answer_that_is_too_large() -> None:
    with (
        peer(answers(b" " * 200)) as url,
        DeadlineTransport(PATIENCE, 100) as transport,
        pytest.raises(RpcUnavailable, match="more than 100 bytes"),
    ):
        JsonRpcClient(url, transport=transport).call("eth_chainId")


def test_an_answer_that_is_compressed() -> None:
    """A bomb would be unpacked in full before anybody looks at it."""

    def behave(connection: socket.socket, over: threading.Event) -> None:
        with connection:
            connection.recv(65536)
            body = gzip.compress(bytes(1 << 20))
            head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)

    with (
        peer(behave) as url,
        DeadlineTransport(PATIENCE, 1 << 20) as transport,
        pytest.raises(RpcUnavailable, match="compressed"),
    ):
        JsonRpcClient(url, transport=transport).call("eth_chainId")


def test_closing_cuts_off_what_hangs() -> None:
    asked, failed = threading.Event(), threading.Event()

    def behave(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(10)
        asked.set()
        silent(connection, over)

    with peer(behave) as url:
        transport = DeadlineTransport(PATIENCE, 100)
        web = httpx.Client(transport=transport)  # type: ignore[arg-type]

        def ask() -> None:
            with pytest.raises(httpx.HTTPError):
                web.get(url)
            failed.set()

        threading.Thread(target=ask, daemon=True).start()
        assert asked.wait(PATIENCE)
        transport.close()
        assert failed.wait(PATIENCE)
        with pytest.raises(httpx.ConnectError, match="closed"):
            web.get(url)
        transport.close()


def test_nobody_is_there() -> None:
    with DeadlineTransport(PATIENCE, 100) as transport, pytest.raises(RpcUnavailable):
        JsonRpcClient("http://127.0.0.1:1", transport=transport).call("eth_chainId")
