"""A served devnet in a time that the tests have in hand, for services to run beside it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from pyoprollup.devnet.info import l1_chain_config_json
from pyoprollup.execution.client import ExecutionClient
from pyoprollup.execution.rpc import engine_methods, serve_engine
from pyoprollup.execution.store import MemoryStore
from pyoprollup.rollup.l1_chain_config import L1ChainConfig
from tests.unit.devnet.test_serve import PATIENCE, Served, served

__all__ = ["PATIENCE", "SECRET", "Beside", "beside", "get", "wait"]

T = TypeVar("T")
SECRET = bytes(range(32))


class Beside:
    """The devnet, and an engine of another node."""

    def __init__(self, net: Served, engine_url: str, store: MemoryStore) -> None:
        self.net = net
        self.engine_url, self.store = engine_url, store
        self.config = net.server.devnet.config
        self.l1_chain = L1ChainConfig.from_json(l1_chain_config_json(net.server.devnet.genesis.l1_config))

    def url(self, name: str) -> str:
        return self.net.server.endpoints[name]


@contextmanager
def beside(**options: Any) -> Iterator[Beside]:
    with ExitStack() as stack:
        net = stack.enter_context(served(**options))
        genesis, store = net.server.devnet.genesis, MemoryStore()
        client = ExecutionClient.open(genesis.config, genesis.l2_genesis, store, now=net.clock)
        tables = engine_methods(genesis.config, client.engine, store, pool=client.pool)
        servers = stack.enter_context(serve_engine(tables, SECRET))
        yield Beside(net, servers.authenticated.url, store)


def wait(what: str, look: Callable[[], T | None]) -> T:
    """Until there is something to be seen."""
    import time

    end = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < end, f"waited for {what}"
        time.sleep(0.05)
    return found


def get(url: str) -> tuple[int, Any]:
    """Status and JSON of a page."""
    try:
        with urllib.request.urlopen(url) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as exc:
        return exc.code, json.load(exc)
