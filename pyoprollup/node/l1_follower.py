"""Asks a slow L1 for its heads, again and again, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from pyoprollup.errors import NotFound
from pyoprollup.eth.refs import BlockLabel, L1BlockRef
from pyoprollup.events import NEVER, Level, News, Tell, exponential_backoff, no_news
from pyoprollup.node.workers import Workers
from pyoprollup.sources.l1 import L1Heads

__all__ = ["L1Follower"]

_INTERVAL = 4.0
"""Seconds between two questions: a third of a slot."""
_NOTICE_INTERVAL = 0.25
"""Seconds between two questions that notices may bring about."""

_OLDER = (BlockLabel.SAFE, BlockLabel.FINALIZED)


@dataclass(frozen=True, slots=True)
class _Answer:
    """A head, and of the older blocks those that were asked for and are known."""

    head: L1BlockRef
    older: dict[BlockLabel, L1BlockRef] = field(default_factory=dict)
    is_complete: bool = True
    """Whether everything that was asked for is there."""
    error: Exception | None = None


class L1Follower:
    """A stepper for the schedule of a node.

    ``on_l1`` is told head, safe and finalized block when one of them has changed, in the thread that ``post``
    takes calls to; an older block that is not known yet is ``None``, and what is known stays known while
    there is no answer. ``interval`` is in seconds; after failures it grows. Safe and finalized blocks are
    asked for at the start, then every ``epoch_interval`` seconds (by default with each head), and with
    the next head as long as there is no answer. ``tell`` hears when L1 gives no answer, and when it does
    again.
    """

    def __init__(
        self,
        l1: L1Heads,
        on_l1: Callable[[L1BlockRef, L1BlockRef | None, L1BlockRef | None], None],
        *,
        post: Callable[[Callable[[], None]], object],
        now: Callable[[], float],
        interval: float = _INTERVAL,
        epoch_interval: float = 0.0,
        tell: Tell = no_news,
    ) -> None:
        self._l1 = l1
        self._on_l1 = on_l1
        self._post = post
        self._now = now
        self._interval = interval
        self._epoch_interval = epoch_interval
        self._news = News("l1-follower", tell)
        self._known: tuple[L1BlockRef | None, ...] = ()
        self._older: dict[BlockLabel, L1BlockRef] = {}
        self._due = now()
        self._older_due = now()
        self._asked = -NEVER
        self._noticed = False
        self._failures = 0
        self.last_error: Exception | None = None
        """Why the last question had no answer; ``None`` if it had one."""
        self.last_answer: float | None = None
        """When L1 last answered, on the clock of ``now``."""
        self._workers = Workers(1, "l1 follower")

    @property
    def next_due(self) -> float:
        """When to ask; never while an answer is awaited."""
        return self._due

    def step(self, now: float) -> None:
        """Ask, if it is time."""
        if self._due <= now:
            self._due, self._asked, self._noticed = NEVER, now, False
            self._workers.put(partial(self._ask, _OLDER if self._older_due <= now else ()))

    def wake(self) -> None:
        """Ask at once if the last question had no answer."""
        if self._failures and self._due != NEVER:
            self._due = self._now()

    def on_notice(self) -> None:
        """L1 says that it has a new head: ask soon, but not more often than a few times a second.

        For the thread of the schedule. Notices while an answer is awaited make one question after it.
        """
        if self._due == NEVER:
            self._noticed = True
        else:
            self._due = min(self._due, max(self._now(), self._asked + _NOTICE_INTERVAL))

    def close(self) -> None:
        """Stop asking L1 for its heads."""
        self._workers.close()

    def _on_answer(self, answer: _Answer) -> None:
        if self._failures:
            self._news("l1-answers-again", failures=self._failures)
        self._failures = 0
        self.last_error = answer.error
        self.last_answer = now = self._now()
        self._due = now + self._interval
        if self._older_due <= self._asked and answer.is_complete:
            self._older_due = now + self._epoch_interval
        self._older |= answer.older
        heads = (answer.head, self._older.get(BlockLabel.SAFE), self._older.get(BlockLabel.FINALIZED))
        if self._noticed:
            self.on_notice()
        if heads != self._known:
            self._known = heads
            self._on_l1(*heads)

    def _on_failure(self, error: Exception) -> None:
        self._failures += 1
        self.last_error = error
        self._due = self._now() + max(self._interval, exponential_backoff(self._failures))
        level = Level.ERROR if self._failures > 5 else Level.WARNING
        self._news("no-l1-head", level, error=error, failures=self._failures)

    # --- in the thread

    def _ask(self, labels: tuple[BlockLabel, ...]) -> None:
        try:
            answer = self._read(labels)
            done = partial(self._on_answer, answer)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no answer
            done = partial(self._on_failure, error)
        self._post(done)

    def _read(self, labels: tuple[BlockLabel, ...]) -> _Answer:
        head = self._l1.l1_block_ref_by_label(BlockLabel.UNSAFE)
        older: dict[BlockLabel, L1BlockRef] = {}
        failed: Exception | None = None
        for label in labels:
            try:
                older[label] = self._l1.l1_block_ref_by_label(label)
            except NotFound:
                continue
            except Exception as error:  # noqa: BLE001 - the head is known all the same
                failed = error
        return _Answer(head, older, len(older) == len(labels), failed)
