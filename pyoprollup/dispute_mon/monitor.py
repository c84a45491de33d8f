"""The monitor as it runs: at its interval it looks at all games, and says what is new about them.

It is a :class:`~pyoprollup.events.Stepper`: it has no thread and does not sleep.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from pyoprollup.dispute_mon.config import DisputeMonConfig
from pyoprollup.dispute_mon.extract import GameExtractor, MonitoredL1
from pyoprollup.dispute_mon.notices import Notice
from pyoprollup.dispute_mon.report import Report, make_report
from pyoprollup.errors import RollupError
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import to_hex
from pyoprollup.events import Level, News, Tell, no_news

__all__ = ["DURATION_BUCKETS", "GameMonitor", "MonitorMetrics"]

DURATION_BUCKETS = (10.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0)
"""Seconds, by which looks are counted."""


@dataclass(slots=True)
class MonitorMetrics:
    """Counts since the start. ``durations`` counts looks that took at most so long, by bucket."""

    passes: int = 0
    failed_passes: int = 0
    heads_went_back: int = 0
    """Times that L1's head was lower than before, so that nothing was looked at."""
    seconds: float = 0.0
    durations: tuple[int, ...] = (0,) * len(DURATION_BUCKETS)
    last_output_fetch: int = 0
    """When a node has told a root last, in seconds since 1970."""

    def took(self, seconds: float) -> None:
        """Count a look that is over."""
        self.passes += 1
        self.seconds += seconds
        self.durations = tuple(
            count + (seconds <= limit) for count, limit in zip(self.durations, DURATION_BUCKETS, strict=True)
        )


class GameMonitor:
    """``now`` gives seconds since 1970, as L1's timestamps do; ``report`` is that of the last look."""

    def __init__(
        self,
        config: DisputeMonConfig,
        l1: MonitoredL1,
        extractor: GameExtractor,
        now: Callable[[], float],
        tell: Tell = no_news,
    ) -> None:
        config.check()
        self.config = config
        self.metrics = MonitorMetrics()
        self.report: Report | None = None
        self.error = ""
        """Why the last look came to nothing; empty if it did not."""
        self._l1 = l1
        self._extractor = extractor
        self._now = now
        self._news = News("dispute-mon", tell)
        self._due = now()
        self._head = 0
        self._said: set[Hashable] = set()

    @property
    def next_due(self) -> float:
        """When to look again."""
        return self._due

    def step(self, now: float) -> None:
        """Look at all games, if it is time; what goes wrong is told, and tried again at the next time."""
        if now < self._due:
            return
        self._due = now + self.config.monitor_interval
        try:
            self.look(now)
        except RollupError as exc:
            self.metrics.failed_passes += 1
            self.error = str(exc) or type(exc).__name__
            self._news.failed("look-failed", exc)

    def wake(self) -> None:
        """Nothing waits for anything new: looks are made at their times."""

    def look(self, now: float) -> Report | None:
        """Look at all games of the window now; ``None`` if L1's head went back.

        Raises what L1 does if it has no head, or no list of games.
        """
        head = self._l1.l1_block_ref_by_label(BlockLabel.UNSAFE)
        if head.number < self._head:
            # One of several L1 nodes that lags, or a reorg: the next look is at one block again.
            self._news("l1-head-went-back", Level.WARNING, head=head.number, before=self._head)
            self.metrics.heads_went_back += 1
            self._head = head.number
            return None
        self._head = head.number
        earliest = max(0, int(now - self.config.game_window))
        extraction = self._extractor.extract(head, earliest, now)
        report = make_report(extraction, int(now), self.config.honest_actors)
        self.report, self.error = report, ""
        asked = [game.common for game in extraction.games if game.common.updated_at == now]
        if any(common.agreement.endpoints.found for common in asked):
            self.metrics.last_output_fetch = int(now)
        self._tell(report)
        self.metrics.took(max(0.0, self._now() - now))
        return report

    def _tell(self, report: Report) -> None:
        """Every notice and every failure once, until it has been gone for a look."""
        said: set[Hashable] = set()
        for notice in report.notices:
            key = _key(notice)
            if key not in self._said:
                game = {} if notice.game is None else {"game": to_hex(notice.game)}
                self._news(notice.kind.event, notice.kind.level, **game, **notice.details)
            said.add(key)
        for metadata, why in report.extraction.failed.items():
            if (metadata, why) not in self._said:
                self._news("game-failed", Level.ERROR, game=to_hex(metadata.proxy), error=why)
            said.add((metadata, why))
        self._said = said
        extraction = report.extraction
        self._news(
            "looked",
            block=extraction.block.number,
            games=len(extraction.games),
            ignored=extraction.ignored,
            failed=len(extraction.failed),
            waiting=len(extraction.waiting),
        )


def _key(notice: Notice) -> Hashable:
    """What makes a notice another one: delays and amounts go on while it is still the same."""
    details = notice.details
    return (
        notice.kind,
        notice.game,
        *(details.get(name) for name in ("claim", "recipient", "actor", "weth")),
    )
