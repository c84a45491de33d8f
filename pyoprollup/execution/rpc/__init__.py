"""The engine's JSON-RPC: ``engine_*`` for consensus clients, ``eth_*`` and others for everybody.

Answers have the form of op-geth's, field by field. Nothing here writes: calls are executed in overlays, and
only ``engine_*`` and the pool change anything.
"""

from pyoprollup.execution.rpc.deadline import CallLimits
from pyoprollup.execution.rpc.engine_methods import EngineMethods
from pyoprollup.execution.rpc.eth_logs import LogLimits
from pyoprollup.execution.rpc.server import (
    DEFAULT_NAMESPACES,
    NAMESPACES,
    EngineServers,
    MethodTables,
    engine_methods,
    serve_engine,
)

__all__ = [
    "DEFAULT_NAMESPACES",
    "NAMESPACES",
    "CallLimits",
    "EngineMethods",
    "EngineServers",
    "LogLimits",
    "MethodTables",
    "engine_methods",
    "serve_engine",
]
