"""The sync deriver: runs the parts of a step and handles their failures."""

from __future__ import annotations

from typing import Protocol

from pyoprollup.driver.events import (
    ConfirmPipelineResetEvent,
    DeriverMoreEvent,
    L1UnsafeEvent,
    ResetStepBackoffEvent,
    StepDelayedReqEvent,
    StepEvent,
    StepReqEvent,
)
from pyoprollup.engine import EngineController, SyncMode, UnsafePayloads
from pyoprollup.engine.events import EngineResetConfirmedEvent, ResetEngineRequestEvent, SafeDerivedEvent
from pyoprollup.errors import DecodeError, RollupError
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockID, L2BlockRef
from pyoprollup.events import (
    DeriverIdleEvent,
    Emit,
    EngineTemporaryErrorEvent,
    Event,
    L1TemporaryErrorEvent,
    Level,
    ResetEvent,
    no_emit,
)
from pyoprollup.finality import FinalizeL1Event
from pyoprollup.sources.requests import NeedData

__all__ = ["SafeHeadListener", "SyncDeriver"]


class SafeHeadListener(Protocol):
    """Remembers which L1 block made which L2 block safe. Raises ``RollupError`` if it cannot."""

    def safe_head_updated(self, safe: L2BlockRef, l1: BlockID) -> None: ...

    def safe_head_reset(self, safe: L2BlockRef) -> None: ...


class SyncDeriver:
    """Runs the parts of a step in order, and turns failures into steps to come.

    How a reset goes is told in :mod:`pyoprollup.engine.reset`.
    """

    def __init__(
        self,
        controller: EngineController,
        unsafe_payloads: UnsafePayloads,
        safe_heads: SafeHeadListener | None = None,
    ) -> None:
        self._controller = controller
        self._unsafe = unsafe_payloads
        self._safe_heads = safe_heads
        self._emit: Emit = no_emit
        self._reset = controller.reset

    def attach_emitter(self, emit: Emit) -> None:
        self._emit = emit

    def on_event(self, event: Event) -> bool:
        match event:
            case StepEvent():
                self._sync_step()
            case ResetEvent():
                self._controller.news.failed("reset", event.error)
                self._on_reset()
            case L1TemporaryErrorEvent() | EngineTemporaryErrorEvent():
                # What is being fetched is no error.
                level = Level.TRACE if isinstance(event.error, NeedData) else Level.WARNING
                self._controller.news("temporary-error", level, error=event.error)
                self._emit(StepReqEvent())
            case L1UnsafeEvent() | FinalizeL1Event():
                self._emit(StepReqEvent())
            case EngineResetConfirmedEvent():
                self._on_reset_confirmed(event.cross_safe)
            case DeriverIdleEvent():
                self._reset.progress()
                self._emit(ResetStepBackoffEvent())
            case DeriverMoreEvent():
                self._emit(StepReqEvent(reset_backoff=True))
            case SafeDerivedEvent():
                self._on_safe_derived(event)
            case _:
                return False
        return True

    def on_unsafe_l2_payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        """Take a payload from gossip: queued, or shown to an engine that syncs by itself."""
        controller = self._controller
        sync = controller.el_sync
        if sync.mode is SyncMode.CL or not sync.syncing:
            announced = self._unsafe.announced
            if self._unsafe.add_unsafe_payload(envelope) and not announced:
                self._emit(StepReqEvent())
            return
        try:
            ref = controller.read_ref(envelope.payload)
        except DecodeError as error:
            controller.news.failed("unsafe-payload-refused", error, block=envelope)
            return
        if ref.number > controller.heads.unsafe.number:
            self._unsafe.insert_unsafe_payload(envelope, ref)

    def _sync_step(self) -> None:
        if self._reset.is_under_way:
            self._retry_reset()
            return
        controller = self._controller
        controller.try_backup_unsafe_reorg()
        if not controller.try_update_engine():
            return
        if controller.el_sync.will_start:
            self._unsafe.skip_el_sync()
        else:
            self._unsafe.ask_el_sync()
        if controller.is_engine_syncing:
            self._emit(ResetStepBackoffEvent())
            return
        if len(self._unsafe.queue):
            # An insertion that failed is tried again.
            controller.request_forkchoice_update()
        controller.request_pending_safe_update()

    def _on_reset(self) -> None:
        if self._reset.count == 1:
            self._emit(ResetEngineRequestEvent())
        self._emit(StepReqEvent())

    def _retry_reset(self) -> None:
        if self._reset.wait > 0:
            self._emit(StepDelayedReqEvent(self._reset.wait))
        else:
            self._emit(ResetEngineRequestEvent())

    def _on_reset_confirmed(self, safe: L2BlockRef) -> None:
        if self._reset.is_wanted:
            return  # another reset was announced since
        if self._safe_heads is not None:
            try:
                self._safe_heads.safe_head_reset(safe)
            except RollupError as error:
                self._reset.again()
                self._emit(EngineTemporaryErrorEvent(error))
                return
        self._emit(ConfirmPipelineResetEvent())
        self._emit(StepReqEvent(reset_backoff=True))

    def _on_safe_derived(self, event: SafeDerivedEvent) -> None:
        self._reset.progress()
        if self._safe_heads is None:
            return
        try:
            self._safe_heads.safe_head_updated(event.safe, event.source.id)
        except RollupError as error:
            # A reset goes back behind this block, so the entry is written again.
            self._emit(ResetEvent(error))
