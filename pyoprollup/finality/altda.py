"""Finality on a chain with alt-DA, where the challenge windows delay it.

Specification: experimental/alt-da.md, Safety and Finality.
"""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.derive.altda.manager import AltDAManager
from pyoprollup.errors import RollupError
from pyoprollup.eth.refs import L2BlockRef
from pyoprollup.events import Emit, Event, L1TemporaryErrorEvent, no_emit
from pyoprollup.finality.finalizer import FinalizeL1Event, Finalizer
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.sources.l1 import L1Blocks

__all__ = ["AltDAFinalizer"]


class AltDAFinalizer:
    """A finalizer that hears of final L1 blocks from the backend only. Options as for :class:`Finalizer`."""

    def __init__(
        self,
        config: RollupConfig,
        l1: L1Blocks,
        promote: Callable[[L2BlockRef], None],
        backend: AltDAManager,
        *,
        finality_lookback: int | None = None,
        finality_delay: int | None = None,
    ) -> None:
        self._backend = backend
        self._emit: Emit = no_emit
        self.inner = Finalizer(
            config, l1, promote, finality_lookback=finality_lookback, finality_delay=finality_delay
        )
        backend.on_finalized_head_signal(self.inner.on_l1_finalized)

    def attach_emitter(self, emit: Emit) -> None:
        self._emit = emit
        self.inner.attach_emitter(emit)

    def wake(self) -> None:
        """There is new data of L1: an attempt that it had no answer for is made again."""
        self.inner.wake()

    def on_event(self, event: Event) -> bool:
        if isinstance(event, FinalizeL1Event):
            try:
                self._backend.finalize(event.finalized_l1)
            except RollupError as error:
                self._emit(L1TemporaryErrorEvent(error))
            return True
        return self.inner.on_event(event)
