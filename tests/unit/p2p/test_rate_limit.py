from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.p2p.rate_limit import TokenBucket


def test_burst_then_rate() -> None:
    bucket = TokenBucket(4, 15)
    assert [bucket.reserve(100.0) for _ in range(15)] == [0.0] * 15
    assert [bucket.reserve(100.0) for _ in range(3)] == [0.25, 0.5, 0.75]
    assert bucket.reserve(101.0) == 0.0
    assert bucket.reserve(101.0) == 0.25
    assert [bucket.reserve(1000.0) for _ in range(16)] == [0.0] * 15 + [0.25]


def test_what_is_refused_costs_nothing() -> None:
    bucket = TokenBucket(1, 2)
    assert bucket.reserve(0.0, 3) is None
    assert bucket.reserve(0.0, 2) == 0.0
    assert bucket.reserve(0.0, max_wait=0.9) is None
    assert bucket.reserve(0.0, max_wait=1.0) == 1.0
    assert bucket.reserve(0.0, 2) == 3.0


def test_time_does_not_go_back() -> None:
    bucket = TokenBucket(1, 1)
    assert bucket.reserve(10.0) == 0.0
    assert bucket.reserve(5.0) == 1.0
    assert bucket.reserve(12.0) == 0.0


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 5)), max_size=40))
def test_never_more_than_the_rate_allows(steps: list[tuple[float, int]]) -> None:
    bucket, now, taken, end = TokenBucket(2, 5), 0.0, 0, 0.0
    for pause, count in steps:
        now += pause
        wait = bucket.reserve(now, count)
        assert wait is not None
        taken += count
        end = max(end, now + wait)
        assert taken <= 5 + 2 * end + 1e-6
    assert bucket.reserve(inf, 5) == 0.0


def test_waits_add_up() -> None:
    bucket = TokenBucket(20, 40)
    waits = [bucket.reserve(0.0, max_wait=20.0) for _ in range(500)]
    assert waits.count(None) == 60
    assert waits[439] == pytest.approx(20.0)
