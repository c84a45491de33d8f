"""A node for the API to ask, and the wire between server and client without a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyoprollup.eth import ExecutionPayloadEnvelope
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import Hash32
from pyoprollup.rollup import RollupConfig
from pyoprollup.rollupapi import AdminAPI, NodeAPI, RollupClient
from pyoprollup.rpc.errors import JsonRpcError, RpcUnavailable
from pyoprollup.rpc.jsonrpc import Dispatcher
from tests.unit.derive.support import config as rollup_config


def hash_of(number: int) -> Hash32:
    return Hash32(number.to_bytes(32, "big"))


L1 = L1BlockRef(hash_of(0xA1), 10, hash_of(0xA0), 1_000)
L2 = L2BlockRef(hash_of(0xB2), 100, hash_of(0xB1), 1_010, L1.id, 3)
OUTPUT = OutputV0(hash_of(0xC1), hash_of(0xC2), L2.hash)
STATUS = SyncStatus(current_l1=L1, head_l1=L1, unsafe_l2=L2, safe_l2=L2)


@dataclass
class FakeNode:
    """Answers what the test sets; an exception is raised."""

    rollup_config: RollupConfig = field(default_factory=rollup_config)
    version: str = "v1-dev"
    status: SyncStatus = STATUS
    output: Any = (L2, OUTPUT)
    safe_head: Any = (L1.id, L2.id)
    active: bool = True
    done: list[Any] = field(default_factory=list)

    def sync_status(self) -> SyncStatus:
        return self.status

    def output_at_block(self, number: int) -> tuple[L2BlockRef, OutputV0]:
        self.done.append(("output", number))
        return _answer(self.output)

    def safe_head_at_l1_block(self, number: int) -> tuple[BlockID, BlockID]:
        self.done.append(("safe head", number))
        return _answer(self.safe_head)

    def reset_derivation_pipeline(self) -> None:
        self.done.append("reset")

    def start_sequencer(self, block_hash: Hash32) -> None:
        self.done.append(("start", block_hash))

    def stop_sequencer(self) -> Hash32:
        return L2.hash

    def sequencer_active(self) -> bool:
        return self.active

    def on_unsafe_l2_payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        self.done.append(envelope)

    def override_leader(self) -> None:
        self.done.append("override")

    def conductor_enabled(self) -> bool:
        return False

    def set_recover_mode(self, mode: bool) -> None:
        self.done.append(("recover", mode))

    def set_log_level(self, level: str) -> None:
        self.done.append(("log", level))


def _answer(value: Any) -> Any:
    if isinstance(value, Exception):
        raise value
    return value


class Wire:
    """An ``RpcCaller`` that goes through a server's dispatcher, with JSON text in between."""

    def __init__(self, methods: Mapping[str, Callable[..., Any]]) -> None:
        self.dispatcher = Dispatcher(methods)
        self.down = False
        self.calls: list[str] = []

    @classmethod
    def to(cls, node: FakeNode) -> Wire:
        return cls({**NodeAPI(node).methods(), **AdminAPI(node).methods()})

    def call(self, method: str, *params: Any) -> Any:
        self.calls.append(method)
        if self.down:
            raise RpcUnavailable("connection refused")
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = json.loads(self.dispatcher.answer(json.dumps(request).encode()))
        if "error" in answer:
            raise JsonRpcError(answer["error"]["code"], answer["error"]["message"])
        return answer["result"]

    def close(self) -> None:
        self.calls.append("close")


def client_of(node: FakeNode) -> RollupClient:
    return RollupClient(Wire.to(node))
