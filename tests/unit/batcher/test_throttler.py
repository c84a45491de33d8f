from __future__ import annotations

import pytest

from pyoprollup.batcher import ThrottleConfig, ThrottleController, Throttler, ThrottlingUnsupported
from pyoprollup.batcher.throttler import PoolEndpoint
from pyoprollup.errors import Unavailable
from pyoprollup.events import NEVER
from tests.executed_rollup import ExecutedRollup

NONE, FULL = (0, 130_000), (150, 2_000)


class Engine:
    """Takes limits, or does what ``answer`` says instead."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []
        self.answer: bool | Exception = True

    def set_max_da_size(self, max_tx_size: int, max_block_size: int) -> bool:
        if isinstance(self.answer, Exception):
            raise self.answer
        self.told.append((max_tx_size, max_block_size))
        return self.answer


def throttler(*engines: Engine, lower: int = 1000) -> Throttler:
    return Throttler(ThrottleController(ThrottleConfig(lower_threshold=lower)), engines)


def test_engines_are_told_at_each_update() -> None:
    first, second = Engine(), Engine()
    throttle = throttler(first, second)
    for time, load in enumerate([0, 500, 10_000, 20_000, 0]):
        throttle.update(load, float(time))
    assert first.told == second.told == [NONE, NONE, FULL, FULL, NONE]
    assert throttle.next_due == NEVER


def test_a_restarted_engine_gets_its_limits_again() -> None:
    """The load stays the same, and nobody says that the engine has forgotten."""
    engine = Engine()
    throttle = throttler(engine)
    throttle.update(10_000, 0.0)
    engine.told.clear()
    throttle.update(10_000, 6.0)
    assert engine.told == [FULL]


@pytest.mark.parametrize("answer", [False, Unavailable("no connection")])
def test_an_engine_that_does_not_listen_is_told_again(answer: bool | Exception) -> None:
    good, bad = Engine(), Engine()
    bad.answer = answer
    throttle = throttler(good, bad)
    throttle.update(10_000, 0.0)
    assert throttle.next_due == 10.0
    bad.told.clear()
    bad.answer = True
    throttle.step(9.0)
    assert not bad.told
    throttle.step(10.0)
    assert bad.told == good.told == [FULL], "the other one has heard it already"
    assert throttle.next_due == NEVER


def test_a_pool_in_the_same_process_is_an_endpoint() -> None:
    pool = ExecutedRollup("ecotone").node.pool
    assert pool is not None
    throttle = Throttler(ThrottleController(ThrottleConfig(1000)), [PoolEndpoint(pool)])
    throttle.update(10_000, 0.0)
    assert (pool.config.max_da_tx_size, pool.config.max_da_block_size) == FULL
    throttle.update(0, 1.0)
    assert (pool.config.max_da_tx_size, pool.config.max_da_block_size) == NONE


def test_all_are_told_anew_on_request() -> None:
    engine = Engine()
    throttle = throttler(engine)
    throttle.update(0, 0.0)
    throttle.resend()
    assert throttle.next_due == 0.0
    throttle.step(1.0)
    assert engine.told == [NONE, NONE] and throttle.next_due == NEVER


def test_an_engine_without_the_method_is_no_small_matter() -> None:
    engine = Engine()
    engine.answer = ThrottlingUnsupported("the method does not exist")
    with pytest.raises(ThrottlingUnsupported):
        throttler(engine).update(0, 0.0)


def test_without_a_threshold_nobody_is_told() -> None:
    engine = Engine()
    throttle = throttler(engine, lower=0)
    throttle.update(10**9, 0.0)
    assert not engine.told and not throttle.is_enabled
