"""Resets the engine's heads to what L1 still supports."""

from __future__ import annotations

from pyoprollup.driver.sync_start import MAX_REORG_SEQ_WINDOWS, SyncStartError, find_l2_heads
from pyoprollup.engine import EngineController
from pyoprollup.engine.events import ResetEngineRequestEvent
from pyoprollup.errors import RollupError
from pyoprollup.events import Emit, EngineTemporaryErrorEvent, Event, ResetEvent, no_emit
from pyoprollup.sources.l1 import L1Blocks
from pyoprollup.sources.l2 import L2Heads

__all__ = ["EngineResetDeriver"]


class EngineResetDeriver:
    """Answers a request for a reset with new heads, or with the reason why there are none."""

    def __init__(
        self,
        controller: EngineController,
        l1: L1Blocks,
        l2: L2Heads,
        *,
        skip_sync_start_check: bool = False,
        max_reorg_seq_windows: int = MAX_REORG_SEQ_WINDOWS,
    ) -> None:
        self._controller = controller
        self._l1 = l1
        self._l2 = l2
        self._skip = skip_sync_start_check
        self._max_windows = max_reorg_seq_windows
        self._emit: Emit = no_emit

    def attach_emitter(self, emit: Emit) -> None:
        self._emit = emit

    def on_event(self, event: Event) -> bool:
        if not isinstance(event, ResetEngineRequestEvent):
            return False
        try:
            found = find_l2_heads(
                self._controller.config,
                self._l1,
                self._l2,
                skip_sync_start_check=self._skip,
                max_reorg_seq_windows=self._max_windows,
            )
        except SyncStartError as error:
            self._emit(ResetEvent(error))
        except RollupError as error:
            # A source did not answer; the reset is still due and is tried again by a later step.
            self._emit(EngineTemporaryErrorEvent(error))
        else:
            self._controller.force_reset(found.unsafe, found.safe, found.finalized)
        return True
