"""Events of the engine: of its heads, of build jobs and of payloads.

``derived_from`` is the L1 block that a block was derived from; ``None`` for one that was sequenced.
``concluding``: it is the last block of its batch, so the safe head may follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pyoprollup.engine.ports import PayloadInfo
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.events import Event

__all__ = [
    "AttributesToBuild",
    "BuildCancelEvent",
    "BuildInvalidEvent",
    "BuildSealEvent",
    "BuildSealedEvent",
    "BuildStartEvent",
    "BuildStartedEvent",
    "DepositsOnlyPayloadAttributesRequestEvent",
    "EngineResetConfirmedEvent",
    "FinalizedUpdateEvent",
    "ForkchoiceRequestEvent",
    "ForkchoiceUpdateEvent",
    "InvalidPayloadAttributesEvent",
    "LocalSafeUpdateEvent",
    "PayloadInvalidEvent",
    "PayloadProcessEvent",
    "PayloadSealExpiredErrorEvent",
    "PayloadSealInvalidEvent",
    "PayloadSuccessEvent",
    "PendingSafeUpdateEvent",
    "ResetEngineRequestEvent",
    "SafeDerivedEvent",
    "SequencedAttributes",
    "UnsafeUpdateEvent",
]


class AttributesToBuild(Protocol):
    """Attributes of the block after ``parent``. Derivation's have this form without knowing of it."""

    @property
    def attributes(self) -> PayloadAttributes: ...

    @property
    def parent(self) -> L2BlockRef: ...

    @property
    def concluding(self) -> bool: ...

    @property
    def derived_from(self) -> L1BlockRef | None: ...


@dataclass(frozen=True, slots=True)
class SequencedAttributes:
    """Attributes that do not come from L1."""

    attributes: PayloadAttributes
    parent: L2BlockRef
    concluding: bool = False
    derived_from: L1BlockRef | None = None


# --- heads


@dataclass(frozen=True, slots=True)
class ForkchoiceRequestEvent(Event):
    """Ask to be told the heads, once they are known."""


@dataclass(frozen=True, slots=True)
class ForkchoiceUpdateEvent(Event):
    """The three heads that the engine works with. While a block is being built, ``unsafe`` is its parent."""

    unsafe: L2BlockRef
    safe: L2BlockRef
    finalized: L2BlockRef


@dataclass(frozen=True, slots=True)
class UnsafeUpdateEvent(Event):
    """The unsafe head moved; the engine may not know yet."""

    ref: L2BlockRef


@dataclass(frozen=True, slots=True)
class PendingSafeUpdateEvent(Event):
    """The pending-safe head, and the tip, which tells whether there are blocks to consolidate."""

    pending_safe: L2BlockRef
    unsafe: L2BlockRef


@dataclass(frozen=True, slots=True)
class LocalSafeUpdateEvent(Event):
    """The local-safe head moved."""

    ref: L2BlockRef
    source: L1BlockRef


@dataclass(frozen=True, slots=True)
class SafeDerivedEvent(Event):
    """The safe head moved to a block that was derived from ``source``."""

    safe: L2BlockRef
    source: L1BlockRef


@dataclass(frozen=True, slots=True)
class FinalizedUpdateEvent(Event):
    """The finalized head moved."""

    ref: L2BlockRef


@dataclass(frozen=True, slots=True)
class ResetEngineRequestEvent(Event):
    """Ask for the heads to be found anew."""


@dataclass(frozen=True, slots=True)
class EngineResetConfirmedEvent(Event):
    """The heads have been set to these."""

    local_unsafe: L2BlockRef
    cross_unsafe: L2BlockRef
    local_safe: L2BlockRef
    cross_safe: L2BlockRef
    finalized: L2BlockRef


# --- build jobs


@dataclass(frozen=True, slots=True)
class BuildStartEvent(Event):
    """Ask for a block to be built."""

    attributes: AttributesToBuild


@dataclass(frozen=True, slots=True)
class BuildStartedEvent(Event):
    """The engine builds. ``build_started`` is in seconds on the engine controller's clock."""

    info: PayloadInfo
    build_started: float
    parent: L2BlockRef
    concluding: bool
    derived_from: L1BlockRef | None


@dataclass(frozen=True, slots=True)
class BuildSealEvent(Event):
    """Ask for the block of a job; ends the job."""

    info: PayloadInfo
    build_started: float
    concluding: bool
    derived_from: L1BlockRef | None


@dataclass(frozen=True, slots=True)
class BuildSealedEvent(Event):
    """The block of a job, not inserted yet."""

    info: PayloadInfo
    build_started: float
    concluding: bool
    derived_from: L1BlockRef | None
    envelope: ExecutionPayloadEnvelope
    ref: L2BlockRef


@dataclass(frozen=True, slots=True)
class BuildCancelEvent(Event):
    """Ask for a job to be dropped; with ``force``, whatever the engine says."""

    info: PayloadInfo
    force: bool = False


@dataclass(frozen=True, slots=True)
class BuildInvalidEvent(Event):
    """No valid block comes from these attributes."""

    attributes: AttributesToBuild
    error: Exception


@dataclass(frozen=True, slots=True)
class InvalidPayloadAttributesEvent(Event):
    """These attributes are given up; something else has to take their place."""

    attributes: AttributesToBuild
    error: Exception


@dataclass(frozen=True, slots=True)
class DepositsOnlyPayloadAttributesRequestEvent(Event):
    """Ask derivation for the same block without sequenced transactions (Holocene)."""

    parent: BlockID
    derived_from: L1BlockRef


@dataclass(frozen=True, slots=True)
class PayloadSealInvalidEvent(Event):
    """The engine built something that is not a valid L2 block."""

    info: PayloadInfo
    error: Exception
    concluding: bool
    derived_from: L1BlockRef | None


@dataclass(frozen=True, slots=True)
class PayloadSealExpiredErrorEvent(Event):
    """The job is gone. The attributes may be right: the same ones can be tried again in a new job."""

    info: PayloadInfo
    error: Exception
    concluding: bool
    derived_from: L1BlockRef | None


# --- payloads


@dataclass(frozen=True, slots=True)
class PayloadProcessEvent(Event):
    """Ask for a block to be executed and made the tip."""

    envelope: ExecutionPayloadEnvelope
    ref: L2BlockRef
    concluding: bool = False
    derived_from: L1BlockRef | None = None


@dataclass(frozen=True, slots=True)
class PayloadSuccessEvent(Event):
    """The engine found a block valid."""

    envelope: ExecutionPayloadEnvelope
    ref: L2BlockRef
    concluding: bool = False
    derived_from: L1BlockRef | None = None


@dataclass(frozen=True, slots=True)
class PayloadInvalidEvent(Event):
    """The engine found a block invalid."""

    envelope: ExecutionPayloadEnvelope
    error: Exception
