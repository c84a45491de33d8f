"""The monitor as it runs: at its interval, telling each thing once."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.dispute_mon import DisputeMonConfig, GameExtractor, GameMonitor, MonitorMetrics, Sources
from pyoprollup.dispute_mon.monitor import DURATION_BUCKETS
from pyoprollup.errors import Unavailable
from pyoprollup.events import Happening, Level
from tests.unit.dispute_mon.support import CREATED, FACTORY, HONEST, FakeGame, FakeL1, l1_with
from tests.unit.dispute_mon.test_extract import node, right

START = float(CREATED + 100)


class World:
    def __init__(self, *games: FakeGame, **config: Any) -> None:
        self.l1: FakeL1 = l1_with(list(games))
        self.time = START
        self.news: list[Happening] = []
        self.node = node()
        extractor = GameExtractor(self.l1, FACTORY, Sources((self.node,)))
        settings = DisputeMonConfig(FACTORY, frozenset({HONEST}), **config)
        self.monitor = GameMonitor(settings, self.l1, extractor, lambda: self.time, self.news.append)

    def step(self, seconds: float = 30.0) -> list[str]:
        """Step once after some seconds; the events that were told."""
        self.time += seconds
        before = len(self.news)
        self.monitor.step(self.time)
        return [each.event for each in self.news[before:]]


def test_it_looks_at_its_interval() -> None:
    world = World(right())
    assert world.monitor.next_due == START
    assert world.step(0) == ["looked"]
    assert world.monitor.next_due == START + 30
    assert world.step(29) == []
    assert world.step(1) == ["looked"]
    report = world.monitor.report
    assert report is not None and len(report.extraction.games) == 1
    assert world.monitor.metrics.passes == 2
    assert world.monitor.metrics.last_output_fetch == int(START) + 30


def test_only_games_of_the_window_are_looked_at() -> None:
    world = World(right(timestamp=CREATED), right(timestamp=CREATED + 60), game_window=50.0)
    world.step(0)
    report = world.monitor.report
    assert report is not None
    assert [game.common.metadata.index for game in report.extraction.games] == [1]


def test_each_thing_is_told_once_until_it_was_gone() -> None:
    wrong = FakeGame()
    world = World(wrong, right(status=9))
    assert world.step(0) == ["unexpected-forecast", "game-failed", "looked"]
    assert world.step() == ["looked"]
    world.node.output = Unavailable("down")
    assert world.step() == ["game-failed", "looked"], "that it could not be read is new"
    world.node.output = node().output
    world.step()
    told = [each for each in world.news if each.event == "unexpected-forecast"]
    assert [each.level for each in told] == [Level.WARNING]


def test_a_look_that_comes_to_nothing_is_tried_again() -> None:
    world = World(right())
    contracts = world.l1.contracts.pop(FACTORY)
    world.l1.add(FACTORY, contracts[0], {"gameCount": Unavailable("L1 is gone")})
    assert world.step(0) == ["look-failed"]
    assert world.monitor.error == "L1 is gone" and world.monitor.report is None
    assert world.monitor.metrics.failed_passes == 1
    world.l1.contracts[FACTORY] = contracts
    assert world.step() == ["looked"]
    assert world.monitor.error == "" and world.monitor.metrics.passes == 1


def test_a_head_that_goes_back_is_not_looked_at() -> None:
    """Failure 3: one of several L1 nodes is behind; two heights are never mixed."""
    world = World(right())
    world.step(0)
    report = world.monitor.report
    world.l1.head -= 1
    assert world.step() == ["l1-head-went-back"]
    assert world.monitor.report is report
    assert world.step() == ["looked"], "unless it stays there: then it was a reorg"
    assert world.monitor.metrics.heads_went_back == 1


def test_waking_changes_nothing() -> None:
    world = World(right())
    world.step(0)
    world.monitor.wake()
    assert world.monitor.next_due == START + 30


@pytest.mark.parametrize(("seconds", "in_buckets"), [(5.0, 7), (10.0, 7), (10.5, 6), (601.0, 0)])
def test_durations_are_counted_by_bucket(seconds: float, in_buckets: int) -> None:
    metrics = MonitorMetrics()
    metrics.took(seconds)
    metrics.took(0.0)
    assert sum(metrics.durations) == in_buckets + len(DURATION_BUCKETS)
    assert (metrics.passes, metrics.seconds) == (2, seconds)
