"""The attributes handler: consolidates derived attributes with unsafe blocks, or has blocks built from them.

Where an unsafe block matches what was derived, it is promoted (consolidation); where it does not,
the derived block takes its place: L1 wins. Specification: protocol/derivation.md, Engine queue.
"""

from __future__ import annotations

from pyoprollup.derive import AttributesWithParent
from pyoprollup.derive.errors import ResetError
from pyoprollup.driver.attributes_match import AttributesMismatch, attributes_match_block
from pyoprollup.driver.events import (
    ConfirmReceivedAttributesEvent,
    DerivedAttributesEvent,
    PipelineStepEvent,
)
from pyoprollup.engine import EngineController
from pyoprollup.engine.events import (
    BuildStartEvent,
    InvalidPayloadAttributesEvent,
    PayloadSealExpiredErrorEvent,
    PendingSafeUpdateEvent,
)
from pyoprollup.errors import DecodeError, NotFound, Unavailable
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import L2BlockRef
from pyoprollup.events import Emit, EngineTemporaryErrorEvent, Event, ResetEvent, no_emit
from pyoprollup.sources.l2 import L2Heads

__all__ = ["AttributesHandler"]


class AttributesHandler:
    """Holds at most one set of attributes, until its block is pending safe."""

    def __init__(self, controller: EngineController, l2: L2Heads) -> None:
        self._controller = controller
        self._l2 = l2
        self._emit: Emit = no_emit
        self._attributes: AttributesWithParent | None = None
        self._sent = False

    def attach_emitter(self, emit: Emit) -> None:
        self._emit = emit

    def on_event(self, event: Event) -> bool:
        match event:
            case PendingSafeUpdateEvent():
                self._on_pending_safe_update(event)
            case DerivedAttributesEvent():
                self._on_derived_attributes(event.attributes)
            case ResetEvent():
                self._drop()
            case EngineTemporaryErrorEvent():
                self._sent = False
            case InvalidPayloadAttributesEvent():
                if event.attributes.derived_from is not None:
                    self._drop()
                    self._controller.request_pending_safe_update()
            case PayloadSealExpiredErrorEvent():
                if event.derived_from is not None:
                    # Nothing else would ask for another attempt.
                    self._sent = False
                    self._emit(EngineTemporaryErrorEvent(event.error))
            case _:
                return False
        return True

    def _drop(self) -> None:
        self._attributes = None
        self._sent = False

    def _on_derived_attributes(self, attributes: AttributesWithParent) -> None:
        self._emit(ConfirmReceivedAttributesEvent())
        if self._controller.reset.is_wanted:
            return  # they are from before the reset
        self._attributes = attributes
        self._sent = False
        self._controller.request_pending_safe_update()

    def _on_pending_safe_update(self, event: PendingSafeUpdateEvent) -> None:
        pending, unsafe = event.pending_safe, event.unsafe
        if unsafe.number < pending.number:
            self._reset(f"pending-safe head {pending} is ahead of unsafe head {unsafe}")
            return
        held = self._attributes
        if held is None or held.parent.number != pending.number:
            # None yet, or their block is there already.
            self._drop()
            self._emit(PipelineStepEvent(pending))
            return
        if self._sent:
            return
        if held.parent.hash != pending.hash:
            self._reset(f"pending-safe head is {pending}, attributes are for {held.parent}")
            return
        if pending.number < unsafe.number:
            self._consolidate(held)
        else:
            self._build(held)

    def _reset(self, why: str) -> None:
        self._emit(ResetEvent(ResetError(why)))

    def _build(self, attributes: AttributesWithParent) -> None:
        self._sent = True
        self._emit(BuildStartEvent(attributes))

    def _consolidate(self, held: AttributesWithParent) -> None:
        number = held.parent.number + 1
        try:
            envelope = self._l2.envelope_by_number(number)
        except NotFound as error:
            self._reset(f"unsafe block {number} to consolidate is not there: {error}")
            return
        except Unavailable as error:
            self._emit(EngineTemporaryErrorEvent(error))
            return
        ref = self._match(held, envelope)
        if ref is None:
            self._build(held)  # this replaces the unsafe chain
            return
        self._drop()
        self._controller.promote_pending_safe(ref, held.concluding, held.derived_from)
        self._controller.try_update_engine()

    def _match(self, held: AttributesWithParent, envelope: ExecutionPayloadEnvelope) -> L2BlockRef | None:
        """The reference of the block, if it is the derived one."""
        config = self._controller.config
        try:
            attributes_match_block(config, held.attributes, held.parent.hash, envelope)
            return self._controller.read_ref(envelope.payload)
        except (AttributesMismatch, DecodeError):
            return None
