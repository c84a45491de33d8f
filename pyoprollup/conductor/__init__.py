"""Leadership of sequencers: a single one, or several that a conductor coordinates.

A sequencer asks :meth:`Conductor.leader` before it starts, and has every block committed before it leaves the
node: a block that was not committed is neither gossiped nor inserted. :class:`RpcConductor` asks an
op-conductor over JSON-RPC; :class:`NoOpConductor` is for a sequencer that is alone. No specification has
this: op-conductor is a program of operators.
"""

from pyoprollup.conductor.client import ClusterMembership, ConductorApi, ServerInfo, Suffrage
from pyoprollup.conductor.conductor import Conductor, NoOpConductor
from pyoprollup.conductor.errors import (
    ConductorBadAnswer,
    ConductorError,
    ConductorRefused,
    ConductorUnavailable,
)
from pyoprollup.conductor.rpc_conductor import DEFAULT_RPC_TIMEOUT, RpcConductor

__all__ = [
    "DEFAULT_RPC_TIMEOUT",
    "ClusterMembership",
    "Conductor",
    "ConductorApi",
    "ConductorBadAnswer",
    "ConductorError",
    "ConductorRefused",
    "ConductorUnavailable",
    "NoOpConductor",
    "RpcConductor",
    "ServerInfo",
    "Suffrage",
]
