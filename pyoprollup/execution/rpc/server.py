"""The two ports of an execution engine: one for its consensus client, one for everybody.

Specification: execution-apis, engine/common.md. Both have the methods ``eth_*``; only the authenticated one
has ``engine_*``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from pyoprollup import __version__
from pyoprollup.engine.ports import EngineAPI
from pyoprollup.execution.pool import TxPool
from pyoprollup.execution.rpc.chain_view import ChainView
from pyoprollup.execution.rpc.debug_methods import DebugMethods
from pyoprollup.execution.rpc.engine_bodies import bodies_methods
from pyoprollup.execution.rpc.engine_methods import EngineMethods
from pyoprollup.execution.rpc.eth_blocks import BlockMethods
from pyoprollup.execution.rpc.eth_call import DEFAULT_GAS_CAP, CallMethods
from pyoprollup.execution.rpc.eth_fees import FeeMethods
from pyoprollup.execution.rpc.eth_logs import LogLimits, LogMethods
from pyoprollup.execution.rpc.eth_state import StateMethods
from pyoprollup.execution.rpc.execution_witness import execution_witness
from pyoprollup.execution.rpc.other_methods import miner_methods, net_methods, pool_methods
from pyoprollup.execution.store.ports import ChainReader
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rpc.http_server import LOCAL_HOSTS, RpcApp, RunningServer, serve
from pyoprollup.rpc.jsonrpc import ENGINE_LIMITS, PUBLIC_LIMITS, Dispatcher
from pyoprollup.rpc.worker import CallWorker

__all__ = ["EngineServers", "MethodTables", "engine_methods", "serve_engine"]

Methods = dict[str, Callable[..., Any]]


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
    pool: TxPool | None = None,
    chain_config: Any = None,
    gas_cap: int = DEFAULT_GAS_CAP,
    log_limits: LogLimits | None = None,
) -> MethodTables:
    """The methods over an engine and its chain. They must be called by one thread.

    ``chain_config`` is the ``config`` of the ``genesis.json``, for those who ask for it.
    """
    view = ChainView(config, chain)
    blocks = BlockMethods(view, pool)
    debug = DebugMethods(view, blocks, chain_config)
    public: Methods = {
        **blocks.methods(),
        **StateMethods(view, pool).methods(),
        **CallMethods(view, gas_cap).methods(),
        **FeeMethods(view).methods(),
        **LogMethods(view, log_limits).methods(),
        **debug.methods(),
        "debug_executionWitness": lambda which: execution_witness(view, debug.block(which)),
        **net_methods(config.l2_chain_id, f"pyoprollup/v{__version__}"),
    }
    if pool is not None:
        public |= pool_methods(pool)
    authenticated = {
        **public,
        **EngineMethods(config, engine, __version__).methods(),
        **bodies_methods(chain),
    }
    if pool is not None:
        authenticated |= miner_methods(pool)
    return MethodTables(public, authenticated)


@dataclass(frozen=True, slots=True)
class EngineServers:
    """Where the ports are; ``worker`` is the thread that all calls run on.

    Whoever else uses the engine meanwhile has to do so by ``worker.urgent.submit``.
    """

    authenticated: RunningServer
    public: RunningServer | None
    worker: CallWorker


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

    The authenticated port takes any host name, as its tokens are what protects it. Its calls go before
    those of the public port, which wait while a block is executed.
    """
    with ExitStack() as stack:
        worker = stack.enter_context(CallWorker("engine"))
        dispatcher = Dispatcher(tables.authenticated, ENGINE_LIMITS, on_defect)
        app = RpcApp(dispatcher, worker.urgent, secret=secret, hosts=["*"])
        authenticated = stack.enter_context(serve(app, host, auth_port))
        public = None
        if http_port is not None:
            dispatcher = Dispatcher(tables.public, PUBLIC_LIMITS, on_defect, time.monotonic)
            app = RpcApp(dispatcher, worker.usual, hosts=hosts)
            public = stack.enter_context(serve(app, host, http_port))
        yield EngineServers(authenticated, public, worker)
