"""The driver: all components put together, and run step by step.

The driver is a :class:`~pyoprollup.events.Stepper`: it has no thread and does not sleep. Feed it with the
``on_…`` methods and step it at :attr:`Driver.next_due`. What is fed waits in a bounded queue, so step the
driver after each piece or small group of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyoprollup.derive import DerivationPipeline
from pyoprollup.derive.altda.manager import AltDAManager
from pyoprollup.driver.attributes_handler import AttributesHandler
from pyoprollup.driver.engine_reset import EngineResetDeriver
from pyoprollup.driver.events import (
    L1SafeEvent,
    L1UnsafeEvent,
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
    Reset,
    SyncMode,
    UnsafePayloads,
)
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.events import (
    AT_ONCE,
    NEVER,
    CriticalErrorEvent,
    Deriver,
    Event,
    EventRecorder,
    EventSystem,
    ResetEvent,
    Stepper,
    Tell,
    no_news,
)
from pyoprollup.finality import AltDAFinalizer, FinalizeL1Event, Finalizer
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.sources.l1 import L1Blocks

__all__ = ["Driver"]


class Driver:
    """A verifier: follows L1 and gossip, and drives an engine along. With ``sequencer``, it sequences too:
    that one is stepped here, hears of events as one of ``more`` components, and is given the same ``reset``.

    The parts are given: ``l2`` reads the engine's chain, ``pipeline`` derives from L1. ``now`` gives seconds
    on a clock that does not go back (Unix time for a sequencer). ``alt_da`` is for chains that use it.
    ``recorder`` keeps the events. ``finality_lookback`` and ``finality_delay`` (L1 blocks) are the
    finalizer's, and ``max_reorg_seq_windows`` is that of :func:`find_l2_heads`; their defaults are for
    Ethereum as L1. :class:`~pyoprollup.node.NodeCore` makes the parts and puts them together.
    """

    def __init__(
        self,
        config: RollupConfig,
        engine: EngineAPI,
        l1: L1Blocks,
        l2: EngineL2Source,
        pipeline: DerivationPipeline,
        *,
        now: Callable[[], float],
        sync_mode: SyncMode = SyncMode.CL,
        alt_da: AltDAManager | None = None,
        safe_heads: SafeHeadListener | None = None,
        recorder: EventRecorder | None = None,
        reset: Reset | None = None,
        sequencer: Stepper | None = None,
        more: Mapping[str, Deriver] | None = None,
        skip_sync_start_check: bool = False,
        finality_lookback: int | None = None,
        finality_delay: int | None = None,
        max_reorg_seq_windows: int = MAX_REORG_SEQ_WINDOWS,
        tell: Tell = no_news,
    ) -> None:
        self._now = now
        self.events = EventSystem(recorder)
        self.engine = EngineController(
            config, engine, l2.read_ref, sync_mode=sync_mode, now=now, reset=reset, tell=tell
        )
        self.unsafe_payloads = UnsafePayloads(self.engine)
        self.scheduler = StepSchedulingDeriver(now)
        self.sync = SyncDeriver(self.engine, self.unsafe_payloads, safe_heads)
        promote, options = self.engine.promote_finalized, (finality_lookback, finality_delay)
        self._finalizer = finalizer = _finalizer(config, l1, promote, alt_da, *options)
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
                tell=tell,
            ),
            "attributes-handler": AttributesHandler(self.engine, l2),
            "pipeline": PipelineDeriver(pipeline, self.engine.reset),
            "finalizer": finalizer,
            "sync": self.sync,
            "step-scheduler": self.scheduler,
        }
        self._parts: list[Stepper] = [self.scheduler]
        """What acts on its own. A sequencer goes first: blocks have their time, derivation can wait."""
        if sequencer is not None:
            self._parts.insert(0, sequencer)
        for name, deriver in (derivers | dict(more or {})).items():
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
        self.wake()
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

    # --- the contract of stepping

    @property
    def next_due(self) -> float:
        """When to step next: at once while events wait, never after a critical error."""
        if not self.events.is_idle:
            return AT_ONCE
        return NEVER if self.critical is not None else min(part.next_due for part in self._parts)

    def step(self, now: float) -> None:
        """Deliver what waits, then make one step of derivation or one action of the sequencer, if due."""
        self.step_until(now, lambda _event: False)

    def step_until(self, now: float, stop: Callable[[Event], bool]) -> bool:
        """The same, but stop right after an event of which ``stop`` says so; whether it did."""
        if self.events.drain_until(stop):
            return True
        due = next((part for part in self._parts if part.next_due <= now), None)
        if due is None or self.critical is not None:
            return False
        due.step(now)
        return self.events.drain_until(stop)

    def wake(self) -> None:
        """There is new data: what is put off because a source did not answer is tried at once."""
        for part in self._parts:
            part.wake()
        self._finalizer.wake()


def _finalizer(
    config: RollupConfig,
    l1: L1Blocks,
    promote: Callable[[L2BlockRef], None],
    alt_da: AltDAManager | None,
    lookback: int | None,
    delay: int | None,
) -> Finalizer | AltDAFinalizer:
    if alt_da is None:
        return Finalizer(config, l1, promote, finality_lookback=lookback, finality_delay=delay)
    return AltDAFinalizer(config, l1, promote, alt_da, finality_lookback=lookback, finality_delay=delay)
