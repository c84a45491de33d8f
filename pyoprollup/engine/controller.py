"""The engine controller: the heads, and the only place that moves them.

It decides what the engine is told and when, takes unsafe payloads, and promotes what derivation and
finality say. Build jobs and payloads of jobs are next door, in ``build`` and ``payload_process``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pyoprollup.engine.el_sync import ELSync, SyncMode
from pyoprollup.engine.errors import EngineError, EngineRpcError, InvalidForkchoiceState
from pyoprollup.engine.events import (
    AttributesToBuild,
    EngineResetConfirmedEvent,
    FinalizedUpdateEvent,
    ForkchoiceRequestEvent,
    ForkchoiceUpdateEvent,
    LocalSafeUpdateEvent,
    PendingSafeUpdateEvent,
    SafeDerivedEvent,
    UnsafeUpdateEvent,
)
from pyoprollup.engine.heads import NO_BLOCK, EngineHeads
from pyoprollup.engine.ports import EngineAPI, ExecutePayloadStatus, ForkchoiceState
from pyoprollup.engine.reset import Reset
from pyoprollup.errors import RollupError
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.refs import BlockLabel, L1BlockRef, L2BlockRef
from pyoprollup.events import (
    CriticalErrorEvent,
    Emit,
    EngineTemporaryErrorEvent,
    Event,
    News,
    ResetEvent,
    Tell,
    no_emit,
    no_news,
)
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.time import L2Time

__all__ = ["EngineController", "ForkchoiceError", "RefReader"]

RefReader = Callable[[ExecutionPayload], L2BlockRef]
"""Reads a block's reference, L1 origin included, from its payload; raises ``DecodeError``.

Derivation knows how; the engine's packages do not import derivation, so it is handed in.
"""


class ForkchoiceError(RollupError):
    """The engine did not accept a forkchoice update, or one would have been wrong."""


class EngineController:
    """Holds the heads. Everything that goes wrong becomes an event; nothing is raised.

    ``now`` gives seconds. ``reset`` is shared with all who have to know of a reset that is under way.
    """

    def __init__(
        self,
        config: RollupConfig,
        engine: EngineAPI,
        read_ref: RefReader,
        *,
        sync_mode: SyncMode = SyncMode.CL,
        now: Callable[[], float] = lambda: 0.0,
        reset: Reset | None = None,
        tell: Tell = no_news,
    ) -> None:
        self.config = config
        self.engine = engine
        self.read_ref = read_ref
        self.now = now
        self.el_sync = ELSync(sync_mode)
        self.heads = EngineHeads()
        self.emit: Emit = no_emit
        self.derived_job: AttributesToBuild | None = None
        """Derived attributes on their way through the engine; one at a time, forgotten by a reset."""
        self.reset = reset or Reset(now)
        self.news = News("engine", tell)
        self._told: ForkchoiceState | None = None
        """The heads that the engine has, as far as we know; ``None`` if we do not."""
        self._restore_backup = False

    def attach_emitter(self, emit: Emit) -> None:
        self.emit = emit

    def on_event(self, event: Event) -> bool:
        """Tell the heads, and stop what is under way when a reset is announced.

        The rest comes by direct calls.
        """
        if isinstance(event, ForkchoiceRequestEvent):
            # Heads that are not known yet will be told by the first reset.
            if self.heads.unsafe != NO_BLOCK:
                self.request_forkchoice_update()
            return True
        if isinstance(event, ResetEvent):
            # What is queued for the heads before the reset must not move the heads after it.
            self.reset.want(event.error)
            self.derived_job = None
            return True
        return False

    @property
    def is_engine_syncing(self) -> bool:
        """Whether derivation has to wait for the engine's own sync."""
        return self.el_sync.syncing

    # --- telling the heads

    def request_forkchoice_update(self) -> None:
        """Emit the three heads as they are."""
        heads = self.heads
        self.emit(ForkchoiceUpdateEvent(heads.unsafe, heads.safe, heads.finalized))

    def request_pending_safe_update(self) -> None:
        """Emit the pending-safe head and the tip."""
        self.emit(PendingSafeUpdateEvent(self.heads.pending_safe, self.heads.unsafe))

    def told(self, state: ForkchoiceState | None) -> None:
        """Note what the engine has been told."""
        self._told = state

    def try_update_engine(self) -> bool:
        """Tell the engine of the heads, unless it knows; whether it does now.

        Failures become events. Heads are known from the first reset on.
        """
        heads = self.heads
        state = heads.forkchoice
        if state == self._told or heads.unsafe == NO_BLOCK:
            return True
        if heads.unsafe.number < heads.finalized.number:
            self.emit(
                CriticalErrorEvent(
                    ForkchoiceError(f"unsafe head {heads.unsafe} is behind finalized head {heads.finalized}")
                )
            )
            return False
        if not self._send(state):
            return False
        if heads.unsafe == heads.safe == heads.pending_safe:
            self.set_backup_unsafe(NO_BLOCK, False)
        return True

    def _send(self, state: ForkchoiceState) -> bool:
        """One forkchoice update without attributes; whether it was accepted."""
        try:
            status = self.engine.forkchoice_updated(state, None).payload_status
        except EngineError as error:
            self._told = None
            self._fail(error)
            return False
        if not self.el_sync.accepts_forkchoice(status.status):
            self._told = None
            # In sync by the consensus layer the engine has every block that it is told of.
            self.emit(ResetEvent(ForkchoiceError(f"forkchoice update: {status}")))
            return False
        self._told = state
        if status.status is ExecutePayloadStatus.VALID:
            self.request_forkchoice_update()
        return True

    def _fail(self, error: EngineError) -> None:
        if isinstance(error, InvalidForkchoiceState):
            self.emit(ResetEvent(error))
        else:
            self.emit(EngineTemporaryErrorEvent(error))

    def ref_by_label(self, label: BlockLabel) -> L2BlockRef:
        """The engine's own block of a label; raises its errors and ``DecodeError``."""
        return self.read_ref(self.engine.payload_by_label(label).payload)

    # --- moving the heads

    def promote_unsafe(self, ref: L2BlockRef) -> None:
        """Make a valid block the tip; a tip that it does not build on is kept as a backup."""
        if self.heads.unsafe.number >= ref.number and self.heads.unsafe != ref:
            self.set_backup_unsafe(self.heads.unsafe, False)
        self.set_unsafe(ref)

    def set_unsafe(self, ref: L2BlockRef) -> None:
        """Move the tip and say so."""
        self.heads = self.heads.with_unsafe(ref, interop=self._interop(ref))
        self.emit(UnsafeUpdateEvent(ref))

    def adopt_synced(self, ref: L2BlockRef) -> None:
        """The engine has synced to a block by itself, and has been told that it is final."""
        self.heads = EngineHeads.synced(ref)
        self.el_sync.finish()

    def promote_pending_safe(self, ref: L2BlockRef, concluding: bool, source: L1BlockRef) -> None:
        """Take a derived block that the engine has, and say what has become of it.

        :meth:`EngineHeads.derived` decides. The engine is not told yet.
        """
        before = self.heads
        self.heads = heads = before.derived(ref, concluding, interop=self._interop(ref))
        if heads.pending_safe != before.pending_safe:
            self.request_pending_safe_update()
        if heads.local_safe != before.local_safe:
            self.emit(LocalSafeUpdateEvent(ref, source))
        if heads.safe != before.safe:
            self.emit(SafeDerivedEvent(ref, source))

    def promote_finalized(self, ref: L2BlockRef) -> None:
        """Move the finalized head. Ignores a block that is not safe (any more), and one further back."""
        heads = self.heads.with_finalized(ref)
        if heads.finalized != ref:
            return
        self.heads = heads
        self.emit(FinalizedUpdateEvent(ref))
        self.try_update_engine()

    def force_reset(self, unsafe: L2BlockRef, safe: L2BlockRef, finalized: L2BlockRef) -> None:
        """Set all heads and tell the engine; confirmed by an event if the engine takes them."""
        self.heads = EngineHeads.found(unsafe, safe, finalized, interop=self._interop(unsafe))
        self._restore_backup = False
        self.derived_job = None
        # After a reset the engine's view is in doubt: repeat what it may have heard before.
        self._told = None
        self.emit(UnsafeUpdateEvent(unsafe))
        if not self.try_update_engine():
            return  # still wanted: the next step asks again
        self.reset.engine_done()
        heads = self.heads
        self.emit(
            EngineResetConfirmedEvent(
                heads.unsafe, heads.cross_unsafe, heads.local_safe, heads.safe, heads.finalized
            )
        )

    def _interop(self, ref: L2BlockRef) -> bool:
        return self.config.is_active(Fork.INTEROP, L2Time(ref.time))

    # --- going back after an invalid batch

    def drop_pending_safe(self) -> None:
        """The batch under way is invalid: undo its blocks, and schedule the return to the old tip."""
        self.heads = self.heads.without_pending()
        self.set_backup_unsafe(self.heads.backup_unsafe, True)

    def set_backup_unsafe(self, ref: L2BlockRef, restore: bool) -> None:
        """Keep a tip to go back to; with ``restore``, go back at the next opportunity."""
        self.heads = replace(self.heads, backup_unsafe=ref)
        self._restore_backup = restore

    def try_backup_unsafe_reorg(self) -> bool:
        """Go back to the tip before the batch, if that is scheduled; whether the engine was asked.

        There is one attempt, as the engine may have forgotten the block. If it failed for reasons of its own,
        another attempt follows.
        """
        heads = self.heads
        backup = heads.backup_unsafe
        if not self._restore_backup or self.el_sync.syncing:
            return False
        if backup == NO_BLOCK or backup.number < heads.pending_safe.number:
            self.set_backup_unsafe(NO_BLOCK, False)
            return False
        state = replace(heads.forkchoice, head=backup.hash)
        try:
            status = self.engine.forkchoice_updated(state, None).payload_status
        except EngineError as error:
            self._told = None
            if isinstance(error, EngineRpcError) and error.is_input_error:
                self.set_backup_unsafe(NO_BLOCK, False)
            self._fail(error)
            return True
        self.set_backup_unsafe(NO_BLOCK, False)
        if status.status is not ExecutePayloadStatus.VALID:
            self._told = None
            self.emit(EngineTemporaryErrorEvent(ForkchoiceError(f"back to {backup}: {status}")))
            return True
        self._told = state
        self.set_unsafe(backup)
        self.request_forkchoice_update()
        return True
