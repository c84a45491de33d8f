"""The derivation pipeline as a component: steps it and emits attributes or the error."""

from __future__ import annotations

from pyoprollup.derive import AttributesWithParent, DerivationPipeline
from pyoprollup.derive.errors import CriticalError, EndOfData, PipelineError, ResetError
from pyoprollup.driver.events import (
    ConfirmPipelineResetEvent,
    ConfirmReceivedAttributesEvent,
    DerivedAttributesEvent,
    DeriverL1StatusEvent,
    DeriverMoreEvent,
    PipelineStepEvent,
)
from pyoprollup.engine import Reset
from pyoprollup.engine.events import DepositsOnlyPayloadAttributesRequestEvent
from pyoprollup.errors import NotFound, RollupError, Unavailable
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.events import (
    CriticalErrorEvent,
    DeriverIdleEvent,
    Emit,
    EngineTemporaryErrorEvent,
    Event,
    ResetEvent,
    no_emit,
)

__all__ = ["PipelineDeriver"]


class PipelineDeriver:
    """Steps the pipeline; hands attributes out one at a time. Waits while ``reset`` is under way."""

    def __init__(self, pipeline: DerivationPipeline, reset: Reset) -> None:
        self._pipeline = pipeline
        self._reset = reset
        self._emit: Emit = no_emit
        self._unconfirmed = False
        self._origin: L1BlockRef | None = None

    def attach_emitter(self, emit: Emit) -> None:
        self._emit = emit

    def on_event(self, event: Event) -> bool:
        match event:
            case ResetEvent():
                self._pipeline.reset()
            case ConfirmPipelineResetEvent():
                self._on_confirm()
            case PipelineStepEvent():
                if not self._unconfirmed and not self._reset.is_under_way:
                    self._step(event.pending_safe)
            case DepositsOnlyPayloadAttributesRequestEvent():
                if not self._reset.is_under_way:
                    self._deposits_only(event)
            case ConfirmReceivedAttributesEvent():
                self._unconfirmed = False
            case _:
                return False
        return True

    def _on_confirm(self) -> None:
        if self._reset.is_wanted:
            return  # of an earlier reset; another one was announced since
        self._pipeline.confirm_engine_reset()
        self._reset.done()

    def _step(self, pending_safe: L2BlockRef) -> None:
        try:
            attributes = self._pipeline.step(pending_safe)
        except EndOfData:
            self._tell_origin()
            self._emit(DeriverIdleEvent(self._pipeline.origin))
            return
        except (PipelineError, NotFound, Unavailable) as error:
            self._tell_origin()
            self._fail(error)
            return
        self._tell_origin()
        if attributes is None:
            self._emit(DeriverMoreEvent())
            return
        self._hand_out(attributes)

    def _deposits_only(self, event: DepositsOnlyPayloadAttributesRequestEvent) -> None:
        try:
            attributes = self._pipeline.deposits_only_attributes(event.parent, event.derived_from)
        except (PipelineError, NotFound, Unavailable) as error:
            self._fail(error)
            return
        self._hand_out(attributes)

    def _hand_out(self, attributes: AttributesWithParent) -> None:
        self._unconfirmed = True
        self._emit(DerivedAttributesEvent(attributes))

    def _fail(self, error: RollupError) -> None:
        if isinstance(error, ResetError):
            self._emit(ResetEvent(error))
        elif isinstance(error, CriticalError):
            self._emit(CriticalErrorEvent(error))
        else:
            self._emit(EngineTemporaryErrorEvent(error))

    def _tell_origin(self) -> None:
        origin = self._pipeline.origin
        if origin is not None and origin != self._origin:
            self._origin = origin
            self._emit(DeriverL1StatusEvent(origin))
