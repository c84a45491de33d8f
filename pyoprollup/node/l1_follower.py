"""Asks a slow L1 for its heads, again and again, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pyoprollup.errors import NotFound
from pyoprollup.eth.refs import BlockLabel, L1BlockRef
from pyoprollup.events import NEVER, exponential_backoff
from pyoprollup.node.workers import Workers
from pyoprollup.sources.l1 import L1Heads

__all__ = ["L1Follower"]

_INTERVAL = 4.0
"""Seconds between two questions: a third of a slot."""

_Heads = tuple[L1BlockRef, L1BlockRef | None, L1BlockRef | None]


class L1Follower:
    """A stepper for the schedule of a node.

    ``on_l1`` is told head, safe and finalized block when one of them has changed, in the thread that ``post``
    takes calls to. ``interval`` is in seconds; after failures it grows.
    """

    def __init__(
        self,
        l1: L1Heads,
        on_l1: Callable[[L1BlockRef, L1BlockRef | None, L1BlockRef | None], None],
        *,
        post: Callable[[Callable[[], None]], object],
        now: Callable[[], float],
        interval: float = _INTERVAL,
    ) -> None:
        self._l1 = l1
        self._on_l1 = on_l1
        self._post = post
        self._now = now
        self._interval = interval
        self._known: _Heads | None = None
        self._due = now()
        self._failures = 0
        self.last_error: Exception | None = None
        """Why the last question had no answer; ``None`` if it had one."""
        self._workers = Workers(1, "l1 follower")

    @property
    def next_due(self) -> float:
        """When to ask; never while an answer is awaited."""
        return self._due

    def step(self, now: float) -> None:
        """Ask, if it is time."""
        if self._due <= now:
            self._due = NEVER
            self._workers.put(self._ask)

    def wake(self) -> None:
        """Ask at once if the last question had no answer."""
        if self._failures and self._due != NEVER:
            self._due = self._now()

    def close(self) -> None:
        """Stop asking L1 for its heads."""
        self._workers.close()

    def _on_answer(self, heads: _Heads) -> None:
        self._failures = 0
        self.last_error = None
        self._due = self._now() + self._interval
        if heads != self._known:
            self._known = heads
            self._on_l1(*heads)

    def _on_failure(self, error: Exception) -> None:
        self._failures += 1
        self.last_error = error
        self._due = self._now() + max(self._interval, exponential_backoff(self._failures))

    # --- in the thread

    def _ask(self) -> None:
        try:
            head = self._l1.l1_block_ref_by_label(BlockLabel.UNSAFE)
            heads = (head, self._older(BlockLabel.SAFE), self._older(BlockLabel.FINALIZED))
            answer = partial(self._on_answer, heads)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no answer
            answer = partial(self._on_failure, error)
        self._post(answer)

    def _older(self, label: BlockLabel) -> L1BlockRef | None:
        try:
            return self._l1.l1_block_ref_by_label(label)
        except NotFound:
            return None
