"""Block building: from payload attributes to a sealed payload.

Derived jobs run through by themselves; a sequencer decides when its own are sealed. Specification:
protocol/derivation.md, Processing unsafe payload attributes; protocol/holocene/derivation.md, Engine
queue (deposits-only retry).
"""

from __future__ import annotations

from dataclasses import replace

from pyoprollup.engine.controller import EngineController, ForkchoiceError
from pyoprollup.engine.errors import EngineError, UnknownPayload
from pyoprollup.engine.events import (
    AttributesToBuild,
    BuildCancelEvent,
    BuildInvalidEvent,
    BuildSealedEvent,
    BuildSealEvent,
    BuildStartedEvent,
    BuildStartEvent,
    DepositsOnlyPayloadAttributesRequestEvent,
    ForkchoiceUpdateEvent,
    InvalidPayloadAttributesEvent,
    PayloadProcessEvent,
    PayloadSealExpiredErrorEvent,
    PayloadSealInvalidEvent,
)
from pyoprollup.engine.ports import PayloadInfo
from pyoprollup.engine.start_payload import (
    BuildPayloadError,
    BuildPrestateError,
    BuildTemporaryError,
    PayloadSanityError,
    is_deposits_only,
    sanity_check_payload,
    start_payload,
)
from pyoprollup.errors import DecodeError, RollupError
from pyoprollup.events import (
    CriticalErrorEvent,
    Emit,
    EngineTemporaryErrorEvent,
    Event,
    ResetEvent,
    no_emit,
)
from pyoprollup.rollup.time import L1Time

__all__ = ["BuildDeriver", "DepositsOnlyBlockInvalid"]


class DepositsOnlyBlockInvalid(RollupError):
    """A block without sequenced transactions is invalid, so the chain cannot go on."""


class BuildDeriver:
    """Handles the build events, with the heads of a controller."""

    def __init__(self, controller: EngineController) -> None:
        self._controller = controller
        self._emit: Emit = no_emit

    def attach_emitter(self, emit: Emit) -> None:
        self._emit = emit

    def on_event(self, event: Event) -> bool:
        match event:
            case BuildStartEvent():
                self._on_build_start(event.attributes)
            case BuildStartedEvent():
                self._on_build_started(event)
            case BuildSealEvent():
                self._on_build_seal(event)
            case BuildSealedEvent():
                self._on_build_sealed(event)
            case BuildCancelEvent():
                self._on_build_cancel(event)
            case BuildInvalidEvent():
                self._on_build_invalid(event)
            case _:
                return False
        return True

    def _on_build_start(self, work: AttributesToBuild) -> None:
        controller = self._controller
        heads = controller.heads
        if work.derived_from is not None and controller.reset.is_wanted:
            return  # from before a reset; derivation starts over
        if work.derived_from is None and work.parent.hash != heads.unsafe.hash:
            # The sequencer has not heard of the new tip yet.
            controller.request_forkchoice_update()
            return
        if work.parent.number < heads.finalized.number:
            error = ForkchoiceError(f"block to build on {work.parent}, finalized is {heads.finalized}")
            self._emit(CriticalErrorEvent(error))
            return
        started = controller.now()
        state = replace(heads.forkchoice, head=work.parent.hash)
        # Whatever the answer, the engine's head may be the parent now.
        controller.told(None)
        try:
            payload_id = start_payload(controller.engine, state, work.attributes)
        except BuildTemporaryError as error:
            self._emit(EngineTemporaryErrorEvent(error))
            return
        except BuildPrestateError as error:
            self._emit(ResetEvent(error))
            return
        except BuildPayloadError as error:
            self._emit(BuildInvalidEvent(work, error))
            return
        controller.told(state)
        if work.derived_from is not None:
            controller.derived_job = work
        self._emit(ForkchoiceUpdateEvent(work.parent, heads.safe, heads.finalized))
        info = PayloadInfo(payload_id, work.attributes.timestamp)
        self._emit(BuildStartedEvent(info, started, work.parent, work.concluding, work.derived_from))

    def _on_build_started(self, event: BuildStartedEvent) -> None:
        if event.derived_from is not None:
            self._emit(BuildSealEvent(event.info, event.build_started, event.concluding, event.derived_from))

    def _on_build_seal(self, event: BuildSealEvent) -> None:
        controller = self._controller
        job = controller.derived_job
        if event.derived_from is not None and job is None:
            return  # a reset came in between
        try:
            envelope = controller.engine.get_payload(event.info)
        except EngineError as error:
            # Nothing is known to be wrong with the attributes; only the job is gone, as after a restart of
            # the engine, which then has to hear of the heads again.
            controller.told(None)
            controller.derived_job = None if event.derived_from is not None else job
            self._emit(PayloadSealExpiredErrorEvent(event.info, error, event.concluding, event.derived_from))
            return
        try:
            sanity_check_payload(envelope.payload)
            ref = controller.read_ref(envelope.payload)
        except (PayloadSanityError, DecodeError) as error:
            self._emit(PayloadSealInvalidEvent(event.info, error, event.concluding, event.derived_from))
            if event.derived_from is not None and job is not None:
                self._emit(BuildInvalidEvent(job, error))
            return
        self._emit(
            BuildSealedEvent(
                event.info, event.build_started, event.concluding, event.derived_from, envelope, ref
            )
        )

    def _on_build_sealed(self, event: BuildSealedEvent) -> None:
        if event.derived_from is not None:
            self._emit(PayloadProcessEvent(event.envelope, event.ref, event.concluding, event.derived_from))

    def _on_build_cancel(self, event: BuildCancelEvent) -> None:
        """The Engine API has no call to cancel a job: taking the block ends it."""
        try:
            self._controller.engine.get_payload(event.info)
        except UnknownPayload:
            return
        except EngineError as error:
            if not event.force:
                self._emit(EngineTemporaryErrorEvent(error))

    def _on_build_invalid(self, event: BuildInvalidEvent) -> None:
        controller = self._controller
        work = event.attributes
        source = work.derived_from
        if source is not None:
            if controller.reset.is_wanted:
                return
            controller.derived_job = None
        if is_deposits_only(work.attributes.transactions):
            error = DepositsOnlyBlockInvalid(f"block of deposits only on {work.parent}: {event.error}")
            self._emit(CriticalErrorEvent(error))
            return
        if source is not None and controller.config.rules_at_l1(L1Time(source.time)).strict_ordering:
            self._emit(DepositsOnlyPayloadAttributesRequestEvent(work.parent.id, source))
            return
        controller.drop_pending_safe()
        self._emit(InvalidPayloadAttributesEvent(work, event.error))
