"""The Engine API as the rollup node uses it: forkchoice updates, new payloads, payloads, and reads.

Specification: protocol/exec-engine.md, Engine API; execution-apis, engine/paris.md to prague.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NewType, Protocol

from pyoprollup.errors import DecodeError
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import Hash32, to_hex

__all__ = [
    "EngineAPI",
    "ExecutePayloadStatus",
    "ForkchoiceState",
    "ForkchoiceUpdatedResult",
    "PayloadID",
    "PayloadInfo",
    "PayloadStatus",
]

PayloadID = NewType("PayloadID", bytes)
"""8 bytes that name a build job."""


class ExecutePayloadStatus(StrEnum):
    """What an engine thinks of a block."""

    VALID = "VALID"
    INVALID = "INVALID"
    SYNCING = "SYNCING"
    """Its ancestors are not known yet."""
    ACCEPTED = "ACCEPTED"
    """Kept aside on a side chain, not executed."""
    INVALID_BLOCK_HASH = "INVALID_BLOCK_HASH"
    """Older engines: the block hash is not that of the contents."""

    @property
    def is_invalid(self) -> bool:
        return self in (ExecutePayloadStatus.INVALID, ExecutePayloadStatus.INVALID_BLOCK_HASH)


@dataclass(frozen=True, slots=True)
class PayloadStatus:
    """Answer to a new payload. ``latest_valid_hash`` is the last valid ancestor, if it is known."""

    status: ExecutePayloadStatus
    latest_valid_hash: Hash32 | None = None
    validation_error: str | None = None

    def __str__(self) -> str:
        return (
            self.status.value if self.validation_error is None else f"{self.status}: {self.validation_error}"
        )

    @classmethod
    def from_json(cls, value: Any) -> PayloadStatus:
        """Read the JSON form; raises :class:`DecodeError`."""
        obj = QuantityReader(value, "payloadStatus")
        error = value.get("validationError")
        if error is not None and not isinstance(error, str):
            raise DecodeError(f"payloadStatus.validationError: expected text, got {type(error).__name__}")
        try:
            status = ExecutePayloadStatus(value.get("status"))
        except ValueError:
            raise DecodeError(f"payloadStatus.status: unknown {str(value.get('status'))[:40]!r}") from None
        return cls(status, obj.optional("latestValidHash", obj.hash), error)

    def to_json(self) -> dict[str, Any]:
        """The ``PayloadStatusV1`` of the Engine API."""
        latest = self.latest_valid_hash
        return {
            "status": self.status.value,
            "latestValidHash": None if latest is None else to_hex(latest),
            "validationError": self.validation_error,
        }


@dataclass(frozen=True, slots=True)
class ForkchoiceState:
    """Hashes of the three blocks that an engine is told; zero for what is not known yet."""

    head: Hash32
    safe: Hash32
    finalized: Hash32

    @classmethod
    def from_json(cls, value: Any) -> ForkchoiceState:
        """Read the JSON form; raises :class:`DecodeError`."""
        obj = QuantityReader(value, "forkchoiceState")
        return cls(obj.hash("headBlockHash"), obj.hash("safeBlockHash"), obj.hash("finalizedBlockHash"))

    def to_json(self) -> dict[str, Any]:
        """The ``ForkchoiceStateV1`` of the Engine API."""
        return {
            "headBlockHash": to_hex(self.head),
            "safeBlockHash": to_hex(self.safe),
            "finalizedBlockHash": to_hex(self.finalized),
        }


@dataclass(frozen=True, slots=True)
class ForkchoiceUpdatedResult:
    """Answer to a forkchoice update; ``payload_id`` when a build job was started."""

    payload_status: PayloadStatus
    payload_id: PayloadID | None = None

    @classmethod
    def from_json(cls, value: Any) -> ForkchoiceUpdatedResult:
        """Read the JSON form; raises :class:`DecodeError`."""
        obj = QuantityReader(value, "forkchoiceUpdated")
        payload_id = obj.optional("payloadId", lambda key: obj.fixed(key, 8))
        status = PayloadStatus.from_json(obj.object("payloadStatus"))
        return cls(status, None if payload_id is None else PayloadID(payload_id))

    def to_json(self) -> dict[str, Any]:
        """The result of ``engine_forkchoiceUpdated`` in JSON."""
        payload_id = self.payload_id
        return {
            "payloadStatus": self.payload_status.to_json(),
            "payloadId": None if payload_id is None else to_hex(payload_id),
        }


@dataclass(frozen=True, slots=True)
class PayloadInfo:
    """A build job: its id, and the timestamp of its block, which tells the method's version."""

    id: PayloadID
    timestamp: int


class EngineAPI(Protocol):
    """An execution engine, in process or behind JSON-RPC.

    Every method raises :class:`~pyoprollup.engine.errors.EngineError` and nothing else: a class of
    :class:`~pyoprollup.engine.errors.EngineRpcError` for a refusal, ``EngineUnavailable`` when there
    is no answer, ``BlockNotFound`` from the reads. Which version of a method is called follows from
    timestamps, see :mod:`pyoprollup.engine.versions`.
    """

    def forkchoice_updated(
        self, state: ForkchoiceState, attributes: PayloadAttributes | None
    ) -> ForkchoiceUpdatedResult:
        """``engine_forkchoiceUpdated``: move the heads; with attributes, start to build on the head."""
        ...

    def new_payload(self, envelope: ExecutionPayloadEnvelope) -> PayloadStatus:
        """``engine_newPayload``: execute a block and keep it; no head moves."""
        ...

    def get_payload(self, info: PayloadInfo) -> ExecutionPayloadEnvelope:
        """``engine_getPayload``: end a build job and get its block."""
        ...

    def payload_by_label(self, label: BlockLabel) -> ExecutionPayloadEnvelope: ...

    def payload_by_number(self, number: int) -> ExecutionPayloadEnvelope:
        """The block of this number on the chain of the head."""
        ...

    def payload_by_hash(self, block_hash: Hash32) -> ExecutionPayloadEnvelope: ...
