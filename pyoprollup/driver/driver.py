"""The driver: all components put together, and run step by step.

The driver has no thread and does not sleep. Feed it with the ``on_…`` methods, call :meth:`Driver.run`,
and call it again at the time that it returns, or when there is something new to feed. What is fed waits
in a bounded queue, so run the driver after each piece or small group of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pyoprollup.derive import DerivationPipeline
from pyoprollup.derive.altda.manager import AltDAManager
from pyoprollup.driver.attributes_handler import AttributesHandler
from pyoprollup.driver.engine_reset import EngineResetDeriver
from pyoprollup.driver.events import (
    L1SafeEvent,
    L1UnsafeEvent,
    SequencerActionEvent,
    StepAttemptEvent,
    StepReqEvent,
)
from pyoprollup.driver.l2_source import EngineL2Source
from pyoprollup.driver.pipeline_deriver import PipelineDeriver
from pyoprollup.driver.steps import StepSchedulingDeriver
from pyoprollup.driver.sync_deriver import SafeHeadListener, SyncDeriver
from pyoprollup.driver.sync_start import MAX_REORG_SEQ_WINDOWS
from pyoprollup.engine import (
    BuildDeriver,
    EngineAPI,
    EngineController,
    EngineHeads,
    PayloadDeriver,
    SyncMode,
    UnsafePayloads,
)
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.events import CriticalErrorEvent, Deriver, Event, EventRecorder, EventSystem, ResetEvent
from pyoprollup.finality import AltDAFinalizer, FinalizeL1Event, Finalizer
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.upgrades import UpgradeBundles
from pyoprollup.sources.l1 import BlobSource, L1Source

__all__ = ["Driver", "SequencerService"]


class SequencerService(Deriver, Protocol):
    """A sequencer, which says itself when it wants to act: :class:`~pyoprollup.sequencing.Sequencer`."""

    @property
    def next_action(self) -> float | None: ...


class Driver:
    """A verifier: follows L1 and gossip, and drives an engine along. With ``sequencer``, it sequences too.

    ``now`` gives seconds on a clock that does not go back (Unix time for a sequencer). ``pipeline``
    replaces derivation from ``l1`` and ``blobs``. ``alt_da`` is for chains that use it. ``recorder``
    keeps the events. ``finality_lookback`` and ``finality_delay`` (L1 blocks) are the finalizer's, and
    ``max_reorg_seq_windows`` is that of :func:`find_l2_heads`; their defaults are for Ethereum as L1.
    """

    def __init__(
        self,
        config: RollupConfig,
        engine: EngineAPI,
        l1: L1Source,
        blobs: BlobSource | None = None,
        *,
        now: Callable[[], float],
        sync_mode: SyncMode = SyncMode.CL,
        bundles: UpgradeBundles | None = None,
        pipeline: DerivationPipeline | None = None,
        alt_da: AltDAManager | None = None,
        safe_heads: SafeHeadListener | None = None,
        recorder: EventRecorder | None = None,
        sequencer: SequencerService | None = None,
        origin_selector: Deriver | None = None,
        skip_sync_start_check: bool = False,
        finality_lookback: int | None = None,
        finality_delay: int | None = None,
        max_reorg_seq_windows: int = MAX_REORG_SEQ_WINDOWS,
    ) -> None:
        self._now = now
        l2 = EngineL2Source(config, engine, bundles)
        if pipeline is None:
            pipeline = DerivationPipeline(config, l1, blobs, l2, alt_da=alt_da, bundles=bundles)
        self.events = EventSystem(recorder)
        self.engine = EngineController(config, engine, l2.read_ref, sync_mode=sync_mode, now=now)
        self.unsafe_payloads = UnsafePayloads(self.engine)
        self.scheduler = StepSchedulingDeriver(now)
        self.sync = SyncDeriver(self.engine, self.unsafe_payloads, now, safe_heads)
        promote, options = self.engine.promote_finalized, (finality_lookback, finality_delay)
        finalizer = _finalizer(config, l1, promote, alt_da, *options)
        derivers: dict[str, Deriver] = {
            "engine": self.engine,
            "build": BuildDeriver(self.engine),
            "payload": PayloadDeriver(self.engine),
            "unsafe-payloads": self.unsafe_payloads,
            "engine-reset": EngineResetDeriver(
                self.engine,
                l1,
                l2,
                skip_sync_start_check=skip_sync_start_check,
                max_reorg_seq_windows=max_reorg_seq_windows,
            ),
            "attributes-handler": AttributesHandler(self.engine, l2),
            "pipeline": PipelineDeriver(pipeline, lambda: self.engine.resetting),
            "finalizer": finalizer,
            "sync": self.sync,
            "step-scheduler": self.scheduler,
        }
        self._sequencer = sequencer
        if sequencer is not None:
            derivers["sequencer"] = sequencer
        if origin_selector is not None:
            derivers["origin-selector"] = origin_selector
        for name, deriver in derivers.items():
            self.events.register(name, deriver)
        self._emit = self.events.emitter("driver")
        self._emit(StepReqEvent())

    @property
    def heads(self) -> EngineHeads:
        """The heads as they are now."""
        return self.engine.heads

    @property
    def critical(self) -> CriticalErrorEvent | None:
        """The critical error that stopped the driver, if there was one."""
        return self.events.critical

    def on_l1_head(self, ref: L1BlockRef) -> None:
        """L1 has a new head: there may be more to derive from."""
        self._emit(L1UnsafeEvent(ref))

    def on_l1_safe(self, ref: L1BlockRef) -> None:
        """L1 has a new justified block."""
        self._emit(L1SafeEvent(ref))

    def on_l1_finalized(self, ref: L1BlockRef) -> None:
        """L1 has a new final block."""
        self._emit(FinalizeL1Event(ref))

    def on_unsafe_l2_payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        """Gossip has brought a payload, already checked against the gossip rules."""
        self.sync.on_unsafe_l2_payload(envelope)

    def reset(self, error: Exception) -> None:
        """Reset the heads and the pipeline, on request of an operator."""
        self._emit(ResetEvent(error))

    def run(self, stop: Callable[[Event], bool] = lambda _event: False) -> float | None:
        """Deliver events and make steps until there is none left that is due.

        Returns when the next step is due, ``None`` if it depends on something new to come. ``stop``
        interrupts it right after an event, and then there is more to do at once.
        """
        while True:
            if self.events.drain_until(stop):
                return self._now()
            if self.critical is not None:
                return None
            step_at = self.scheduler.next_step_at
            act_at = None if self._sequencer is None else self._sequencer.next_action
            now = self._now()
            # The sequencer goes first: blocks have their time, derivation can wait.
            if act_at is not None and act_at <= now:
                self._emit(SequencerActionEvent())
            elif step_at is not None and step_at <= now:
                self._emit(StepAttemptEvent())
            else:
                return min((at for at in (act_at, step_at) if at is not None), default=None)


def _finalizer(
    config: RollupConfig,
    l1: L1Source,
    promote: Callable[[L2BlockRef], None],
    alt_da: AltDAManager | None,
    lookback: int | None,
    delay: int | None,
) -> Deriver:
    if alt_da is None:
        return Finalizer(config, l1, promote, finality_lookback=lookback, finality_delay=delay)
    return AltDAFinalizer(config, l1, promote, alt_da, finality_lookback=lookback, finality_delay=delay)
