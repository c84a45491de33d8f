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
from pyoprollup.errors import ConfigError
from pyoprollup.execution.pool import TxPool
from pyoprollup.execution.rpc.chain_view import ChainView
from pyoprollup.execution.rpc.deadline import CallLimits
from pyoprollup.execution.rpc.debug_methods import DebugMethods
from pyoprollup.execution.rpc.engine_bodies import bodies_methods
from pyoprollup.execution.rpc.engine_methods import EngineMethods
from pyoprollup.execution.rpc.eth_blocks import BlockMethods
from pyoprollup.execution.rpc.eth_call import CallMethods
from pyoprollup.execution.rpc.eth_fees import FeeMethods
from pyoprollup.execution.rpc.eth_filters import FilterMethods
from pyoprollup.execution.rpc.eth_logs import LogLimits, LogMethods
from pyoprollup.execution.rpc.eth_state import StateMethods
from pyoprollup.execution.rpc.execution_witness import execution_witness
from pyoprollup.execution.rpc.other_methods import admin_methods, miner_methods, net_methods, pool_methods
from pyoprollup.execution.store.ports import ChainReader
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rpc.errors import JsonRpcError
from pyoprollup.rpc.http_server import LOCAL_HOSTS, RpcApp, RunningServer, WaitLimits, serve
from pyoprollup.rpc.jsonrpc import ENGINE_LIMITS, PUBLIC_LIMITS, Dispatcher
from pyoprollup.rpc.worker import CallWorker, Urgency

__all__ = [
    "DEFAULT_NAMESPACES",
    "NAMESPACES",
    "EngineServers",
    "MethodTables",
    "engine_methods",
    "serve_engine",
]

Methods = dict[str, Callable[..., Any]]
OnCall = Callable[[str, float, JsonRpcError | None], None]

NAMESPACES = ("admin", "debug", "eth", "miner", "net", "txpool", "web3")
"""What the open port can serve."""
DEFAULT_NAMESPACES = ("eth", "net", "web3")

_SLOW = (
    *("eth_call", "eth_estimateGas", "eth_getLogs", "eth_getFilterLogs", "eth_getFilterChanges"),
    *("eth_feeHistory", "eth_getProof", "txpool_content", "debug_executionWitness"),
)
"""Methods that may take seconds."""

_ANSWER_SECONDS = 30.0
"""That a caller of the open port waits at most."""
_STOP_SECONDS = 4
"""For calls that run when the servers stop, at each port."""


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
    call_limits: CallLimits | None = None,
    log_limits: LogLimits | None = None,
    namespaces: Iterable[str] = DEFAULT_NAMESPACES,
) -> MethodTables:
    """The methods over an engine and its chain. They must be called by one thread.

    ``chain_config`` is the ``config`` of the ``genesis.json``, for those who ask for it. The open port has
    the methods of ``namespaces``, the authenticated one all. Raises ``ConfigError`` for an unknown one.
    """
    names = sorted(set(namespaces))
    if unknown := [name for name in names if name not in NAMESPACES]:
        raise ConfigError(f"namespaces: {unknown[0]!r} is none of {', '.join(NAMESPACES)}")
    view, client = ChainView(config, chain), f"pyoprollup/v{__version__}"
    limits = call_limits or CallLimits()
    blocks, logs = BlockMethods(view, pool), LogMethods(view, log_limits, limits)
    debug = DebugMethods(view, blocks, chain_config)

    def witness(which: Any) -> dict[str, Any]:
        return execution_witness(view, debug.block(which), limits.deadline())

    methods: Methods = {
        **blocks.methods(),
        **StateMethods(view, pool).methods(),
        **CallMethods(view, limits).methods(),
        **FeeMethods(view, limits).methods(),
        **logs.methods(),
        **FilterMethods(view, logs, limits).methods(),
        **debug.methods(),
        "debug_executionWitness": witness,
        **net_methods(config.l2_chain_id, client),
        **admin_methods(chain, client),
    }
    if pool is not None:
        methods |= {**pool_methods(pool), **miner_methods(pool)}
    public = {name: method for name, method in methods.items() if name.partition("_")[0] in names}
    authenticated = {
        **methods,
        **EngineMethods(config, engine, __version__).methods(),
        **bodies_methods(chain),
        "rpc_modules": lambda: dict.fromkeys(("engine", *NAMESPACES, "rpc"), "1.0"),
    }
    public["rpc_modules"] = lambda: dict.fromkeys((*names, "rpc"), "1.0")
    return MethodTables(public, authenticated)


@dataclass(frozen=True, slots=True)
class EngineServers:
    """Where the ports are; ``worker`` is the thread that all calls run on.

    Whoever else uses the engine meanwhile has to do so by ``worker.urgent.submit``.
    """

    authenticated: RunningServer
    public: RunningServer | None
    worker: CallWorker

    def hurry(self) -> None:
        """The servers are about to stop: end what everybody has asked for, and begin no more of it."""
        self.worker.hurry(Urgency.SOON, Urgency.USUAL, Urgency.PATIENT)

    def hurry_more(self) -> None:
        """End calls of the consensus client as well: a block that is being executed is forgotten."""
        self.worker.hurry(*Urgency)


@contextmanager
def serve_engine(
    tables: MethodTables,
    secret: bytes,
    *,
    host: str = "127.0.0.1",
    auth_port: int = 0,
    http_port: int | None = 0,
    http_host: str | None = None,
    hosts: Iterable[str] = LOCAL_HOSTS,
    origins: Iterable[str] = (),
    on_defect: Callable[[str, Exception], None] = lambda _method, _exc: None,
    on_call: OnCall | None = None,
) -> Iterator[EngineServers]:
    """Serve both ports while the context lasts; no public one if ``http_port`` is ``None``.

    ``http_host`` is the address of the public port, if it is another than ``host``; ``hosts`` are the names
    that its requests may use, and ``origins`` those of pages in browsers that may call (``*``: any). The
    authenticated port takes any host name, as its tokens are what protects it. Its calls go before those of
    the public port, also in the middle of these: a consensus client never waits for everybody.
    """
    with ExitStack() as stack:
        worker = stack.enter_context(CallWorker("engine"))
        dispatcher = Dispatcher(tables.authenticated, ENGINE_LIMITS, on_defect, time.monotonic, on_call)
        app = RpcApp(
            dispatcher,
            worker.urgent,
            secret=secret,
            hosts=["*"],
            patient=worker.usual,
            slow=_SLOW,
            wait=WaitLimits(1024, 256),
        )
        authenticated = stack.enter_context(serve(app, host, auth_port, stop_seconds=_STOP_SECONDS))
        open_port = None
        if http_port is not None:
            dispatcher = Dispatcher(tables.public, PUBLIC_LIMITS, on_defect, time.monotonic, on_call)
            app = RpcApp(
                dispatcher,
                worker.usual,
                hosts=hosts,
                origins=origins,
                patient=worker.patient,
                slow=_SLOW,
                wait=WaitLimits(seconds=_ANSWER_SECONDS),
            )
            open_port = stack.enter_context(
                serve(app, http_host or host, http_port, stop_seconds=_STOP_SECONDS)
            )
        yield EngineServers(authenticated, open_port, worker)
