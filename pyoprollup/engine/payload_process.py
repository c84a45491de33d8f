"""Payloads of build jobs: execute, then make the block the tip and, if derived, safe.

Specification: protocol/derivation.md, Processing unsafe payload attributes.
"""

from __future__ import annotations

from pyoprollup.engine.controller import EngineController
from pyoprollup.engine.errors import EngineError
from pyoprollup.engine.events import (
    BuildInvalidEvent,
    PayloadInvalidEvent,
    PayloadProcessEvent,
    PayloadSuccessEvent,
)
from pyoprollup.engine.ports import ExecutePayloadStatus
from pyoprollup.errors import RollupError
from pyoprollup.events import Emit, EngineTemporaryErrorEvent, Event, no_emit

__all__ = ["NewPayloadError", "PayloadDeriver"]


class NewPayloadError(RollupError):
    """The engine did not find a payload valid."""


class PayloadDeriver:
    """Handles the payload events, with the heads of a controller."""

    def __init__(self, controller: EngineController) -> None:
        self._controller = controller
        self._emit: Emit = no_emit

    def attach_emitter(self, emit: Emit) -> None:
        self._emit = emit

    def on_event(self, event: Event) -> bool:
        match event:
            case PayloadProcessEvent():
                self._on_payload_process(event)
            case PayloadSuccessEvent():
                self._on_payload_success(event)
            case _:
                return False
        return True

    def _is_stale(self, event: PayloadProcessEvent | PayloadSuccessEvent) -> bool:
        """Whether the heads moved on, so that this block would take them back."""
        controller = self._controller
        heads = controller.heads
        if event.derived_from is None:
            if event.ref.parent_hash == heads.unsafe.hash:
                return False
            controller.request_forkchoice_update()
            return True
        if controller.derived_job is None:
            return True  # a reset came in between
        if event.ref.parent_hash == heads.pending_safe.hash:
            return False
        controller.derived_job = None
        controller.request_pending_safe_update()
        # A sequencer stood back for this job, which ends here.
        controller.request_forkchoice_update()
        return True

    def _on_payload_process(self, event: PayloadProcessEvent) -> None:
        if self._is_stale(event):
            return
        controller = self._controller
        try:
            status = controller.engine.new_payload(event.envelope)
        except EngineError as error:
            controller.told(None)  # it may have been restarted
            self._emit(EngineTemporaryErrorEvent(error))
            return
        problem = NewPayloadError(f"new payload {event.envelope.payload.id}: {status}")
        if status.status.is_invalid:
            job = controller.derived_job
            self._emit(PayloadInvalidEvent(event.envelope, problem))
            if event.derived_from is not None and job is not None:
                # The same as if the engine had noticed when it started to build.
                self._emit(BuildInvalidEvent(job, problem))
        elif status.status is ExecutePayloadStatus.VALID:
            self._emit(PayloadSuccessEvent(event.envelope, event.ref, event.concluding, event.derived_from))
        else:
            # It does not have the parent: it was restarted, and may have lost more than that.
            controller.told(None)
            self._emit(EngineTemporaryErrorEvent(problem))

    def _on_payload_success(self, event: PayloadSuccessEvent) -> None:
        if self._is_stale(event):
            return
        controller = self._controller
        controller.promote_unsafe(event.ref)
        if event.derived_from is not None:
            controller.derived_job = None
            controller.promote_pending_safe(event.ref, event.concluding, event.derived_from)
        controller.try_update_engine()
