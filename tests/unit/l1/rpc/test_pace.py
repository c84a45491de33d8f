"""How many calls, in a second and in a request."""

from __future__ import annotations

from pyoprollup.l1.rpc.pace import BatchSize, Pace
from tests.wire_l1 import VirtualTime


def test_no_more_calls_in_a_second_than_allowed() -> None:
    time = VirtualTime()
    pace = Pace(10.0, time.clock, time.sleep)
    for _ in range(100):
        pace.take(1)
    assert 8.9 <= time.now - 1000 <= 9.1, "the first ten at once"
    time.now += 60
    start = time.now
    for _ in range(10):
        pace.take(1)
    assert time.now == start, "a rest gives one second's worth, not more"
    pace.take(10)
    assert 0.9 <= time.now - start <= 1.1


def test_no_limit() -> None:
    time = VirtualTime()
    pace = Pace(0.0, time.clock, time.sleep)
    pace.take(10**6)
    assert time.now == 1000


def test_a_refused_size_is_not_asked_for_again() -> None:
    size = BatchSize(20)
    size.refused(20)
    for _ in range(1000):
        size.worked()
    assert size.now == 10


def test_a_size_that_only_failed_is_tried_again_after_many_requests() -> None:
    size = BatchSize(20)
    size.failed(20)
    size.failed(10)
    assert size.now == 5
    for _ in range(100):
        size.worked()
    assert size.now == 10
    for _ in range(100):
        size.worked()
    assert size.now == 20


def test_at_least_one() -> None:
    size = BatchSize(1)
    size.refused(1)
    size.failed(1)
    assert size.now == 1
