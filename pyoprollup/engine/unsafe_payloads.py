"""Unsafe payloads: queued as they come, inserted when they fit on the tip.

Specification: protocol/derivation.md, Processing unsafe payload attributes and Engine queue
(processing of unsafe payloads); protocol/rollup-node-p2p.md.
"""

from __future__ import annotations

from dataclasses import replace

from pyoprollup.engine.controller import EngineController, ForkchoiceError
from pyoprollup.engine.errors import BlockNotFound, EngineError, InvalidForkchoiceState
from pyoprollup.engine.events import ForkchoiceUpdateEvent, PayloadInvalidEvent
from pyoprollup.engine.payload_process import NewPayloadError
from pyoprollup.engine.payloads_queue import PayloadsQueue, PayloadsQueueError
from pyoprollup.engine.ports import ExecutePayloadStatus
from pyoprollup.errors import DecodeError
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockLabel, L2BlockRef
from pyoprollup.events import (
    Emit,
    EngineTemporaryErrorEvent,
    Event,
    ResetEvent,
    no_emit,
)

__all__ = ["UnsafePayloads"]


class UnsafePayloads:
    """The queue of unsafe payloads, and the way from it into the engine."""

    def __init__(self, controller: EngineController, queue: PayloadsQueue | None = None) -> None:
        self._controller = controller
        self.queue = PayloadsQueue() if queue is None else queue
        self._emit: Emit = no_emit
        self._announced = False

    def attach_emitter(self, emit: Emit) -> None:
        self._emit = emit

    def on_event(self, event: Event) -> bool:
        match event:
            case ForkchoiceUpdateEvent():
                self._on_forkchoice_update(event)
            case PayloadInvalidEvent():
                self._on_invalid_payload(event.envelope)
            case _:
                return False
        return True

    @property
    def announced(self) -> bool:
        """Whether heads are on their way because something was queued: once will do for all."""
        return self._announced

    @property
    def lowest_queued(self) -> L2BlockRef | None:
        """The first payload that waits; a gap before it may be worth asking other nodes for."""
        envelope = self.queue.peek()
        try:
            return None if envelope is None else self._controller.read_ref(envelope.payload)
        except DecodeError:
            return None

    def add_unsafe_payload(self, envelope: ExecutionPayloadEnvelope) -> bool:
        """Queue a payload, to be inserted when its parent is the tip; whether it was taken."""
        try:
            self._controller.read_ref(envelope.payload)
            self.queue.push(envelope)
        except (DecodeError, PayloadsQueueError) as error:
            self._controller.news.failed("unsafe-payload-refused", error, block=envelope)
            return False
        if not self._announced:
            self._announced = True
            self._controller.request_forkchoice_update()
        return True

    def _on_invalid_payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        first = self.queue.peek()
        if first is not None and first.payload.block_hash == envelope.payload.block_hash:
            self.queue.pop()

    def _on_forkchoice_update(self, event: ForkchoiceUpdateEvent) -> None:
        """Drop what has been overtaken and insert the first payload, if it fits.

        It stays queued: when it has become the tip, the next update drops it; if the engine does
        not answer, the next update tries again.
        """
        self._announced = False
        self._prune(event)
        first = self.queue.peek()
        if first is None:
            return
        payload, unsafe = first.payload, event.unsafe
        if payload.parent_hash != unsafe.hash or payload.block_number != unsafe.number + 1:
            return  # a gap: wait for what belongs there
        if self._controller.heads.unsafe.hash != unsafe.hash:
            return  # the update is out of date; another one follows
        try:
            ref = self._controller.read_ref(payload)
        except DecodeError as error:
            self._controller.news.failed("unsafe-payload-dropped", error, block=first)
            self.queue.pop()
            return
        self.insert_unsafe_payload(first, ref)

    def _prune(self, event: ForkchoiceUpdateEvent) -> None:
        unsafe = event.unsafe
        while (first := self.queue.peek()) is not None:
            payload = first.payload
            overtaken = payload.block_number <= max(event.safe.number, unsafe.number)
            other_chain = payload.block_number == unsafe.number + 1 and payload.parent_hash != unsafe.hash
            if not overtaken and not other_chain:
                return
            self.queue.pop()

    # --- into the engine

    def insert_unsafe_payload(self, envelope: ExecutionPayloadEnvelope, ref: L2BlockRef) -> None:
        """Execute a payload and make it the tip. With sync by the engine, just point it there."""
        sync = self._controller.el_sync
        if sync.will_start and not self._start_el_sync():
            return
        try:
            status = self._controller.engine.new_payload(envelope)
        except EngineError as error:
            self._controller.told(None)
            self._emit(EngineTemporaryErrorEvent(error))
            return
        problem = NewPayloadError(f"new payload {ref}: {status}")
        if status.status.is_invalid:
            self._emit(PayloadInvalidEvent(envelope, problem))
        if not sync.accepts_new_payload(status.status):
            if not status.status.is_invalid:
                # It does not have our tip: it was restarted, and may have lost more than that.
                self._controller.told(None)
            self._emit(EngineTemporaryErrorEvent(problem))
            return
        self._make_tip(ref)

    def _start_el_sync(self) -> bool:
        """Whether the payload at hand is one to sync to, as the engine has not been synced before."""
        synced = self.skip_el_sync()
        if synced is False:
            self._controller.el_sync.start()
        return synced is False

    def skip_el_sync(self) -> bool | None:
        """End the wait for a payload to sync to if the engine has a finalized block of its own.

        It has been synced before then, and the consensus layer goes on, gossip or not. Blocks from before the
        rollup's genesis do not count. Returns whether it is so, ``None`` if the engine does not say.
        """
        controller = self._controller
        try:
            finalized = controller.engine.payload_by_label(BlockLabel.FINALIZED).payload
        except BlockNotFound:
            return False
        except EngineError as error:
            self._emit(EngineTemporaryErrorEvent(error))
            return None
        if finalized.block_number <= controller.config.genesis.l2.number:
            return False
        controller.el_sync.finish()
        return True

    def ask_el_sync(self) -> None:
        """Ask an engine that syncs whether it has caught up with the tip that it was pointed at.

        Without this only another payload could end the sync, and gossip may fall silent.
        """
        if self._controller.el_sync.started:
            self._make_tip(self._controller.heads.unsafe)

    def _make_tip(self, ref: L2BlockRef) -> None:
        controller = self._controller
        sync = controller.el_sync
        heads = controller.heads
        ending = sync.caught_up
        state = replace(heads.forkchoice, head=ref.hash)
        if ending:
            state = replace(state, safe=ref.hash, finalized=ref.hash)
        try:
            status = controller.engine.forkchoice_updated(state, None).payload_status
        except EngineError as error:
            controller.told(None)
            failed = ResetEvent(error) if isinstance(error, InvalidForkchoiceState) else None
            self._emit(failed or EngineTemporaryErrorEvent(error))
            return
        if not sync.accepts_forkchoice(status.status):
            controller.told(None)
            self._emit(EngineTemporaryErrorEvent(ForkchoiceError(f"forkchoice to {ref}: {status}")))
            return
        controller.told(state)
        if ending:
            controller.adopt_synced(ref)
        controller.set_unsafe(ref)
        if sync.caught_up:
            # It was this update that told us: repeat it, now with the tip as safe and final.
            self._make_tip(ref)
            return
        if status.status is ExecutePayloadStatus.VALID:
            controller.request_forkchoice_update()
