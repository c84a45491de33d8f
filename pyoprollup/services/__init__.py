"""The services as they are run: rollup node, batcher, proposer and monitor of games, each with its clients.

A service has one thread for its core (:class:`~pyoprollup.node.Service`), workers for reads that may be slow,
a JSON-RPC server, metrics, and a health that says what it waits for. What it decides is decided in the
packages below; here are clocks, sockets and threads. Names of flags, methods and metrics are those of
op-node, op-batcher, op-proposer and op-dispute-mon.
"""

from __future__ import annotations

from pyoprollup.services.batcher import BatcherService, BatcherServiceConfig
from pyoprollup.services.dispute_mon import DisputeMonService, DisputeMonServiceConfig
from pyoprollup.services.endpoints import L1Endpoints
from pyoprollup.services.proposer import ProposerService, ProposerServiceConfig
from pyoprollup.services.rollup_node import RollupNodeConfig, RollupNodeService
from pyoprollup.services.running import Observability, RunningService
from pyoprollup.services.waiting import StartAbandoned, Waiting
from pyoprollup.services.watchdog import Observation, Readiness, Watchdog, WatchdogLimits

__all__ = [
    "BatcherService",
    "BatcherServiceConfig",
    "DisputeMonService",
    "DisputeMonServiceConfig",
    "L1Endpoints",
    "Observability",
    "Observation",
    "ProposerService",
    "ProposerServiceConfig",
    "Readiness",
    "RollupNodeConfig",
    "RollupNodeService",
    "RunningService",
    "StartAbandoned",
    "Waiting",
    "Watchdog",
    "WatchdogLimits",
]
