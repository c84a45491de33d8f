"""Resets the engine's heads to what L1 still supports."""

from __future__ import annotations

from pyoprollup.driver.sync_start import MAX_REORG_SEQ_WINDOWS, HeadsSearch, SyncStartError
from pyoprollup.engine import EngineController
from pyoprollup.engine.events import ResetEngineRequestEvent
from pyoprollup.errors import RollupError
from pyoprollup.events import Emit, EngineTemporaryErrorEvent, Event, ResetEvent, Tell, no_emit, no_news
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
        tell: Tell = no_news,
    ) -> None:
        self._controller = controller
        self._search = HeadsSearch(
            controller.config,
            l1,
            l2,
            skip_sync_start_check=skip_sync_start_check,
            max_reorg_seq_windows=max_reorg_seq_windows,
            tell=tell,
        )
        self._emit: Emit = no_emit

    def attach_emitter(self, emit: Emit) -> None:
        self._emit = emit

    def on_event(self, event: Event) -> bool:
        if not isinstance(event, ResetEngineRequestEvent):
            return False
        try:
            found = self._search.run()
        except SyncStartError as error:
            self._emit(ResetEvent(error))
        except RollupError as error:
            # A source did not answer; the reset is still due, and a later step goes on with the search.
            self._emit(EngineTemporaryErrorEvent(error))
        else:
            self._controller.force_reset(found.unsafe, found.safe, found.finalized)
        return True
