"""The engine controller: the heads of the L2 chain, and the client side of the Engine API.

:class:`EngineAPI` is the one interface to an engine, in process or remote.
:class:`EngineController` owns the :class:`EngineHeads` and is the only one to move them;
:class:`BuildDeriver` and :class:`PayloadDeriver` turn attributes into blocks with it, and
:class:`UnsafePayloads` queues what gossip brings. They talk in events (``pyoprollup.engine.events``)
and know nothing of derivation, whose results the driver brings here. ``pyoprollup.evm`` is an
engine of our own, loaded only by those who want it.

Specification: protocol/exec-engine.md; protocol/derivation.md, Engine queue.
"""

from __future__ import annotations

from pyoprollup.engine.build import BuildDeriver
from pyoprollup.engine.controller import EngineController
from pyoprollup.engine.el_sync import SyncMode, SyncStatus
from pyoprollup.engine.errors import (
    BlockNotFound,
    EngineError,
    EngineRpcError,
    EngineUnavailable,
    InvalidForkchoiceState,
    InvalidPayloadAttributes,
    TooLargeEngineRequest,
    UnknownPayload,
    UnsupportedFork,
    engine_rpc_error,
)
from pyoprollup.engine.heads import NO_BLOCK, EngineHeads
from pyoprollup.engine.output import ProofReader, output_v0_at_block, prove_withdrawal
from pyoprollup.engine.payload_process import PayloadDeriver
from pyoprollup.engine.payloads_queue import PayloadsQueue
from pyoprollup.engine.ports import (
    EngineAPI,
    ExecutePayloadStatus,
    ForkchoiceState,
    ForkchoiceUpdatedResult,
    PayloadID,
    PayloadInfo,
    PayloadStatus,
)
from pyoprollup.engine.reset import Reset, ResetState
from pyoprollup.engine.unsafe_payloads import UnsafePayloads
from pyoprollup.eth.refs import BlockLabel

__all__ = [
    "NO_BLOCK",
    "BlockLabel",
    "BlockNotFound",
    "BuildDeriver",
    "EngineAPI",
    "EngineController",
    "EngineError",
    "EngineHeads",
    "EngineRpcError",
    "EngineUnavailable",
    "ExecutePayloadStatus",
    "ForkchoiceState",
    "ForkchoiceUpdatedResult",
    "InvalidForkchoiceState",
    "InvalidPayloadAttributes",
    "PayloadDeriver",
    "PayloadID",
    "PayloadInfo",
    "PayloadStatus",
    "PayloadsQueue",
    "ProofReader",
    "Reset",
    "ResetState",
    "SyncMode",
    "SyncStatus",
    "TooLargeEngineRequest",
    "UnknownPayload",
    "UnsafePayloads",
    "UnsupportedFork",
    "engine_rpc_error",
    "output_v0_at_block",
    "prove_withdrawal",
]
