"""The JSON-RPC of a rollup node: the server's methods, and a client for other services.

Proposer, challenger and batcher talk to a node by this API. ``server`` has the methods over a small backend,
``client`` calls them, and ``provider`` chooses among several nodes. ``values`` are the answers, as op-node
names them. Where an error is a definite answer ("not found") and where it is none is part of the API: others
decide by it.

Specification: protocol/rollup-node.md, L2 Output RPC method; protocol/proposals.md.
"""

from __future__ import annotations

from pyoprollup.rollupapi.client import DEFAULT_NETWORK_TIMEOUT, RollupClient
from pyoprollup.rollupapi.errors import (
    NOT_FOUND_TEXT,
    SAFE_DB_DISABLED_TEXT,
    NoActiveSequencer,
    RollupApiError,
    RollupBadAnswer,
    RollupNotFound,
    RollupRefused,
    RollupUnavailable,
    WrongRollup,
)
from pyoprollup.rollupapi.provider import (
    DEFAULT_CHECK_DURATION,
    ActiveRollupProvider,
    RollupOutputs,
    dial_rollup,
)
from pyoprollup.rollupapi.server import AdminAPI, AdminBackend, NodeAPI, NodeBackend
from pyoprollup.rollupapi.values import OutputResponse, SafeHeadResponse

__all__ = [
    "DEFAULT_CHECK_DURATION",
    "DEFAULT_NETWORK_TIMEOUT",
    "NOT_FOUND_TEXT",
    "SAFE_DB_DISABLED_TEXT",
    "ActiveRollupProvider",
    "AdminAPI",
    "AdminBackend",
    "NoActiveSequencer",
    "NodeAPI",
    "NodeBackend",
    "OutputResponse",
    "RollupApiError",
    "RollupBadAnswer",
    "RollupClient",
    "RollupNotFound",
    "RollupOutputs",
    "RollupRefused",
    "RollupUnavailable",
    "SafeHeadResponse",
    "WrongRollup",
    "dial_rollup",
]
