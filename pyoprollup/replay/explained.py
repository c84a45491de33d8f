"""An executed replay that tells as much as one that is not: attributes, and what happened between blocks."""

from __future__ import annotations

from collections.abc import Iterator

from pyoprollup.derive.drops import Dropped
from pyoprollup.events import ResetEvent
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.replay.executed import ExecutedReplay
from pyoprollup.replay.pseudo_chain import DerivedBlock
from pyoprollup.replay.recording import Recording
from pyoprollup.replay.replay import Event, ReplayedBlock, Reset
from pyoprollup.rollup.upgrades import UpgradeBundles

__all__ = ["ExplainedReplay"]


class ExplainedReplay:
    """Derives and executes a recording on ``engine``. Iterate once; a stand-in for ``Replay``.

    Blocks of a span batch become safe together: what happened before belongs to the first of them.
    """

    is_executed = True

    def __init__(
        self, recording: Recording, engine: InProcessEngine, bundles: UpgradeBundles | None = None
    ) -> None:
        self.recording = recording
        self.drops: list[Dropped] = []
        self.resets: list[Reset] = []
        self.pending: list[Event] = []
        """Events since the last block."""
        self._replay = ExecutedReplay(recording, engine, bundles, self._on_drop, self._on_reset)

    @property
    def l1_blocks(self) -> int:
        """Number of L1 blocks derived from so far, both sides of a reorg counted."""
        return self._replay.l1_blocks

    def __iter__(self) -> Iterator[ReplayedBlock]:
        for safe in self._replay:
            if safe.attributes is None:
                continue
            events, self.pending = tuple(self.pending), []
            yield ReplayedBlock(DerivedBlock(safe.attributes, safe.ref), events)

    def _on_drop(self, drop: Dropped) -> None:
        self.drops.append(drop)
        self.pending.append(drop)

    def _on_reset(self, event: ResetEvent) -> None:
        if self._replay.l1_blocks <= 1 and not self.pending:
            return  # every node begins with one
        reset = Reset(str(event.error), self._replay.driver.heads.safe)
        self.resets.append(reset)
        self.pending.append(reset)
