"""Selects the L1 origin of the next L2 block.

Specification: protocol/derivation.md, Batch Queue (origins and the sequencer drift);
protocol/fjord/derivation.md, Constant Maximum Sequencer Drift.
"""

from __future__ import annotations

from contextlib import suppress

from pyoprollup.engine.events import ForkchoiceUpdateEvent
from pyoprollup.errors import NotFound, RollupError
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.events import Emit, Event, ResetEvent
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.time import L1Time
from pyoprollup.sequencing.errors import NextOriginOrphaned, NextOriginRequired
from pyoprollup.sources.l1 import L1Blocks

__all__ = ["L1OriginSelector"]


class L1OriginSelector:
    """Moves on to the next L1 block as soon as its time allows, and must do so at the drift.

    What it knows of L1 is cached: the head's origin, and the canonical block at the height after it. If that
    is no child of the origin, the origin is an orphan, and the caller is told at once. ``recover`` makes it
    look for the next block each time, to make up for a long stall.
    """

    def __init__(self, config: RollupConfig, l1: L1Blocks, recover: bool = False) -> None:
        self._config = config
        self._l1 = l1
        self.recover = recover
        self._current: L1BlockRef | None = None
        self._next: L1BlockRef | None = None

    def attach_emitter(self, emit: Emit) -> None:
        """It has nothing to say."""

    def on_event(self, event: Event) -> bool:
        match event:
            case ForkchoiceUpdateEvent():
                self._prefetch(event.unsafe)
            case ResetEvent():
                self._current = self._next = None
            case _:
                return False
        return True

    def find_l1_origin(self, head: L2BlockRef) -> L1BlockRef:
        """The origin of the block after ``head``.

        Raises :class:`NextOriginOrphaned`, :class:`NextOriginRequired`, and what the L1 source raises.
        """
        current, following = self._origins(head)
        time = head.time + self._config.block_time
        if following is None and self.recover:
            following = self._look_for(current.number + 1)
        if following is not None:
            # Before any times: on an orphan every further block would be made in vain.
            self._check_child(current, following)
            if time >= following.time:
                return following
        if time <= current.time + self._config.max_sequencer_drift_at(L1Time(current.time)):
            return current
        if following is None:
            following = self._required(current)
        return following if time >= following.time else current

    def stay(self, head: L2BlockRef, origin: L1BlockRef) -> L1BlockRef | None:
        """The head's own origin in place of ``origin``, if the block after ``head`` may still have it."""
        current = self._current
        if current is None or current == origin or current.id != head.l1_origin:
            return None
        limit = current.time + self._config.max_sequencer_drift_at(L1Time(current.time))
        return current if head.time + self._config.block_time <= limit else None

    def _required(self, current: L1BlockRef) -> L1BlockRef:
        try:
            following = self._l1.l1_block_ref_by_number(current.number + 1)
        except NotFound as error:
            raise NextOriginRequired(f"the drift of origin {current} is used up: {error}") from error
        self._check_child(current, following)
        self._next = following
        return following

    @staticmethod
    def _check_child(current: L1BlockRef, following: L1BlockRef) -> None:
        if following.parent_hash != current.hash:
            raise NextOriginOrphaned(f"L1 block {following} is not a child of the origin {current}")

    def _look_for(self, number: int) -> L1BlockRef | None:
        """The canonical block of this number, ``None`` as long as it is not there.

        It is kept even if it is no child of the origin: that is how an orphaned origin is noticed.
        """
        try:
            self._next = self._l1.l1_block_ref_by_number(number)
        except NotFound:
            return None
        return self._next

    def _origins(self, head: L2BlockRef) -> tuple[L1BlockRef, L1BlockRef | None]:
        """The head's origin, and the one after it if it is known."""
        if self._current is not None and head.l1_origin == self._current.id:
            return self._current, self._next
        if self._next is not None and head.l1_origin == self._next.id:
            self._current = self._next
        else:
            self._current = self._l1.l1_block_ref_by_hash(head.l1_origin.hash)
        self._next = None
        return self._current, None

    def look_again(self) -> None:
        """Drop the cached next origin, so that it is fetched again.

        L1 may have reorged it away: by its hash it is not found then, and no reset comes of that as long as
        the head's origin is canonical.
        """
        self._next = None
        if self._current is not None:
            with suppress(RollupError):
                self._look_for(self._current.number + 1)

    def _prefetch(self, head: L2BlockRef) -> None:
        """Look for the next origin ahead of time; whatever goes wrong will show when it is needed."""
        try:
            current, following = self._origins(head)
            if following is None:
                self._look_for(current.number + 1)
        except RollupError:
            return
