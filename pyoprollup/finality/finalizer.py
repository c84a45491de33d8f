"""The finalizer: remembers what was derived from which L1 block, until that block is final.

Specification: protocol/derivation.md, Engine Queue.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pyoprollup.engine import NO_BLOCK
from pyoprollup.engine.events import ForkchoiceUpdateEvent, SafeDerivedEvent
from pyoprollup.errors import ConfigError, RollupError
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.events import (
    DeriverIdleEvent,
    Emit,
    Event,
    L1TemporaryErrorEvent,
    ResetEvent,
    no_emit,
)
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.sources.l1 import L1Blocks

__all__ = [
    "DEFAULT_FINALITY_LOOKBACK",
    "FINALITY_DELAY",
    "FinalityData",
    "FinalizeL1Event",
    "Finalizer",
    "FinalizingReorg",
    "TryFinalizeEvent",
    "finality_lookback",
]

DEFAULT_FINALITY_LOOKBACK = 4 * 32 + 1
"""L1 blocks to remember: four epochs, as far as Ethereum's finality is behind its head when all is well."""

FINALITY_DELAY = 64
"""L1 blocks to derive from before another attempt, as each costs reads of L1. A default, too."""


class FinalizingReorg(RollupError):
    """What was derived from is not on the L1 chain that became final."""


@dataclass(frozen=True, slots=True)
class FinalizeL1Event(Event):
    """L1 says that this block is final."""

    finalized_l1: L1BlockRef


@dataclass(frozen=True, slots=True)
class TryFinalizeEvent(Event):
    """Look whether more of L2 is final."""


@dataclass(frozen=True, slots=True)
class FinalityData:
    """The last L2 block that was derived when ``l1_block`` was read."""

    l2_block: L2BlockRef
    l1_block: BlockID


def finality_lookback(config: RollupConfig) -> int:
    """L1 blocks to remember; with alt-DA, as long as a commitment can be disputed."""
    if config.alt_da is None:
        return DEFAULT_FINALITY_LOOKBACK
    windows = config.alt_da.da_challenge_window + config.alt_da.da_resolve_window + 1
    return max(DEFAULT_FINALITY_LOOKBACK, windows)


def _lookback(config: RollupConfig, chosen: int | None) -> int:
    return finality_lookback(config) if chosen is None else chosen


class Finalizer:
    """Calls ``promote`` with a safe block when the L1 block that it was derived from is final.

    ``promote`` is the engine controller's ``promote_finalized``. ``finality_lookback`` is how many L1 blocks
    with L2 blocks to remember: where L1's finality is further behind its head, nothing would become final.
    By default :func:`finality_lookback` says. ``finality_delay`` counts the L1 blocks between attempts while
    derivation catches up. Raises :class:`ConfigError` for numbers that make no sense.
    """

    def __init__(
        self,
        config: RollupConfig,
        l1: L1Blocks,
        promote: Callable[[L2BlockRef], None],
        *,
        finality_lookback: int | None = None,
        finality_delay: int | None = None,
    ) -> None:
        lookback = _lookback(config, finality_lookback)
        self._delay = FINALITY_DELAY if finality_delay is None else finality_delay
        if lookback < 1 or self._delay < 0:
            raise ConfigError(f"finality_lookback {lookback} or finality_delay {self._delay} is too small")
        self._l1 = l1
        self._promote = promote
        self._emit: Emit = no_emit
        self._data: deque[FinalityData] = deque(maxlen=lookback)
        self._finalized_l1: L1BlockRef | None = None
        self._last_finalized = NO_BLOCK
        self._tried_at = 0
        self._unanswered = False
        """Whether L1 gave no answer at the last attempt."""

    def attach_emitter(self, emit: Emit) -> None:
        self._emit = emit

    @property
    def finalized_l1(self) -> L1BlockRef | None:
        """The last L1 block that was said to be final."""
        return self._finalized_l1

    def on_event(self, event: Event) -> bool:
        match event:
            case FinalizeL1Event():
                self.on_l1_finalized(event.finalized_l1)
            case SafeDerivedEvent():
                self._on_safe_derived(event.safe, event.source)
            case DeriverIdleEvent():
                self._on_derivation_idle(event.origin)
            case ResetEvent():
                # L1's word stays; what we built on it may not.
                self._data.clear()
                self._tried_at = 0
            case TryFinalizeEvent():
                self._try_finalize()
            case ForkchoiceUpdateEvent():
                self._last_finalized = event.finalized
            case _:
                return False
        return True

    def on_l1_finalized(self, ref: L1BlockRef) -> None:
        """Take a signal; an older one than the last is ignored."""
        last = self._finalized_l1
        if last is not None and ref.number < last.number:
            return
        if ref != last:
            self._tried_at = 0
            self._finalized_l1 = ref
        self._emit(TryFinalizeEvent())

    def wake(self) -> None:
        """There is new data of L1: an attempt that it had no answer for is made again."""
        if self._unanswered:
            self._unanswered = False
            self._emit(TryFinalizeEvent())

    def _on_safe_derived(self, safe: L2BlockRef, source: L1BlockRef) -> None:
        if self._data and self._data[-1].l1_block.number >= source.number:
            self._data[-1] = FinalityData(safe, self._data[-1].l1_block)
        else:
            self._data.append(FinalityData(safe, source.id))

    def _on_derivation_idle(self, origin: L1BlockRef | None) -> None:
        if self._finalized_l1 is None or origin is None:
            return
        if self._tried_at and origin.number <= self._tried_at + self._delay:
            return
        self._tried_at = origin.number
        self._emit(TryFinalizeEvent())

    def _try_finalize(self) -> None:
        final = self._finalized_l1
        self._unanswered = False
        if final is None:
            return
        best: FinalityData | None = None
        number = self._last_finalized.number
        for data in self._data:
            if data.l1_block.number <= final.number and data.l2_block.number > number:
                best, number = data, data.l2_block.number
        if best is None:
            return
        # The signal itself first: both must be on the chain that L1 shows now.
        for claimed in (final.id, best.l1_block):
            try:
                canonical = self._l1.l1_block_ref_by_number(claimed.number)
            except RollupError as error:
                self._unanswered = True
                self._emit(L1TemporaryErrorEvent(error))
                return
            if canonical.hash != claimed.hash:
                self._emit(ResetEvent(FinalizingReorg(f"L1 has {canonical}, not {claimed}")))
                return
        self._promote(best.l2_block)
