"""The two ports of an execution engine: one for its consensus client, one for everybody.

Specification: execution-apis, engine/common.md. Both have the methods ``eth_*``; only the authenticated one
has ``engine_*``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from pyoprollup import __version__
from pyoprollup.engine.api import EngineAPI
from pyoprollup.engine.rpc.chain_view import ChainView
from pyoprollup.engine.rpc.debug_methods import DebugMethods
from pyoprollup.engine.rpc.engine_bodies import bodies_methods
from pyoprollup.engine.rpc.engine_methods import EngineMethods
from pyoprollup.engine.rpc.eth_blocks import BlockMethods
from pyoprollup.engine.rpc.eth_call import DEFAULT_GAS_CAP, CallMethods
from pyoprollup.engine.rpc.eth_fees import FeeMethods
from pyoprollup.engine.rpc.eth_logs import LogLimits, LogMethods
from pyoprollup.engine.rpc.eth_state import StateMethods
from pyoprollup.engine.rpc.other_methods import net_methods, pool_methods
from pyoprollup.engine.rpc.pool import Pool
from pyoprollup.engine.store.api import ChainReader
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rpc.http_server import LOCAL_HOSTS, RpcApp, RunningServer, serve
from pyoprollup.rpc.jsonrpc import ENGINE_LIMITS, PUBLIC_LIMITS, Dispatcher

__all__ = ["EngineServers", "MethodTables", "engine_methods", "serve_engine"]

Methods = dict[str, Callable[..., Any]]

_STACK_SIZE = 64 << 20


@dataclass(frozen=True, slots=True)
class MethodTables:
    """The methods of the two ports, by name."""

    public: Methods
    authenticated: Methods


def engine_methods(
    config: RollupConfig,
    engine: EngineAPI,
    chain: ChainReader,
    *,
    pool: Pool | None = None,
    chain_config: Any = None,
    gas_cap: int = DEFAULT_GAS_CAP,
    log_limits: LogLimits | None = None,
) -> MethodTables:
    """The methods over an engine and its chain. They must be called by one thread.

    ``chain_config`` is the ``config`` of the ``genesis.json``, for those who ask for it.
    """
    view = ChainView(config, chain)
    blocks = BlockMethods(view, pool)
    public: Methods = {
        **blocks.table(),
        **StateMethods(view, pool).table(),
        **CallMethods(view, gas_cap).table(),
        **FeeMethods(view).table(),
        **LogMethods(view, log_limits).table(),
        **DebugMethods(view, blocks, chain_config).table(),
        **net_methods(config.l2_chain_id, f"pyoprollup/v{__version__}"),
    }
    if pool is not None:
        public |= pool_methods(pool)
    authenticated = {**public, **EngineMethods(config, engine, __version__).table(), **bodies_methods(chain)}
    return MethodTables(public, authenticated)


@dataclass(frozen=True, slots=True)
class EngineServers:
    """Where the ports are; ``worker`` is the thread that all calls run on."""

    authenticated: RunningServer
    public: RunningServer | None
    worker: ThreadPoolExecutor


def _worker() -> ThreadPoolExecutor:
    """One thread, with room for contracts that call each other a thousand times deep."""
    before = threading.stack_size(_STACK_SIZE)
    try:
        worker = ThreadPoolExecutor(1, "engine")
        worker.submit(int).result()  # threads are only made when there is something to do
    finally:
        threading.stack_size(before)
    return worker


@contextmanager
def serve_engine(
    tables: MethodTables,
    secret: bytes,
    *,
    host: str = "127.0.0.1",
    auth_port: int = 0,
    http_port: int | None = 0,
    hosts: Iterable[str] = LOCAL_HOSTS,
    on_defect: Callable[[str, Exception], None] = lambda _method, _exc: None,
) -> Iterator[EngineServers]:
    """Serve both ports while the context lasts; no public one if ``http_port`` is ``None``.

    The authenticated port takes any host name, as its tokens are what protects it.
    """
    with ExitStack() as stack:
        worker = stack.enter_context(_worker())
        dispatcher = Dispatcher(tables.authenticated, ENGINE_LIMITS, on_defect)
        app = RpcApp(dispatcher, worker, secret=secret, hosts=["*"])
        authenticated = stack.enter_context(serve(app, host, auth_port))
        public = None
        if http_port is not None:
            app = RpcApp(Dispatcher(tables.public, PUBLIC_LIMITS, on_defect), worker, hosts=hosts)
            public = stack.enter_context(serve(app, host, http_port))
        yield EngineServers(authenticated, public, worker)
