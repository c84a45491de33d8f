from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.batcher import (
    PIDConfig,
    ThrottleConfig,
    ThrottleController,
    ThrottleControllerType,
    ThrottleParams,
)
from pyoprollup.errors import ConfigError

CONFIG = ThrottleConfig(lower_threshold=1000, upper_threshold=3000)
TYPES = list(ThrottleControllerType)


def controller(kind: ThrottleControllerType) -> ThrottleController:
    return ThrottleController(replace(CONFIG, controller=kind))


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("load", [0, 1, 1000])
def test_nothing_is_throttled_up_to_the_lower_threshold(kind: ThrottleControllerType, load: int) -> None:
    throttle = controller(kind)
    assert throttle.update(load, 0.0) == ThrottleParams(0, 130_000, 0.0)
    assert not throttle.is_throttling and throttle.load == load


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind is not ThrottleControllerType.PID])
@pytest.mark.parametrize("load", [3000, 10**9])
def test_all_is_throttled_from_the_upper_threshold_on(kind: ThrottleControllerType, load: int) -> None:
    assert controller(kind).update(load, 0.0) == ThrottleParams(150, 2_000, 1.0)


@pytest.mark.parametrize(
    ("kind", "intensity"),
    [
        (ThrottleControllerType.STEP, 1.0),
        (ThrottleControllerType.LINEAR, 0.5),
        (ThrottleControllerType.QUADRATIC, 0.25),
    ],
)
def test_half_way_between_the_thresholds(kind: ThrottleControllerType, intensity: float) -> None:
    params = controller(kind).update(2000, 0.0)
    assert params.intensity == intensity
    assert params.max_tx_size == 20_000 - int(intensity * 19_850)
    assert params.max_block_size == 130_000 - int(intensity * 128_000)


@given(st.sampled_from(TYPES), st.lists(st.integers(0, 10_000), max_size=20))
def test_limits_are_within_bounds(kind: ThrottleControllerType, loads: list[int]) -> None:
    throttle = controller(kind)
    for time, load in enumerate(loads):
        tx_size, block_size, intensity = throttle.update(load, float(time))
        assert 0 <= intensity <= 1
        assert 2_000 <= block_size <= 130_000
        assert (tx_size == 0) if not intensity else (150 <= tx_size <= 20_000)


@given(st.sampled_from([kind for kind in TYPES if kind != "pid"]), st.integers(0, 5000), st.integers(0, 5000))
def test_more_load_is_never_throttled_less(kind: ThrottleControllerType, low: int, more: int) -> None:
    first = controller(kind).update(low, 0.0)
    second = controller(kind).update(low + more, 0.0)
    assert second.intensity >= first.intensity
    assert second.max_block_size <= first.max_block_size


def test_pid_grows_while_the_load_stays_too_high() -> None:
    throttle = controller(ThrottleControllerType.PID)
    seen = [throttle.update(2500, time * 2.0).intensity for time in range(200)]
    assert seen == sorted(seen) and seen[0] > 0 and seen[-1] == 1.0
    assert throttle.update(500, 400.0).intensity == 0.0


def test_pid_does_not_look_more_often_than_its_samples() -> None:
    throttle = controller(ThrottleControllerType.PID)
    first = throttle.update(2000, 0.0)
    assert throttle.update(10_000, 1.9) == first
    assert throttle.update(10_000, 2.0) != first


def test_pid_reacts_to_growth() -> None:
    steady, growing = (controller(ThrottleControllerType.PID) for _ in range(2))
    steady.update(2000, 0.0)
    growing.update(1500, 0.0)
    assert growing.update(2000, 2.0).intensity > 0
    pid = replace(CONFIG, controller=ThrottleControllerType.PID, pid=PIDConfig(ki=0.0, kp=0.0, kd=1.0))
    only_growth = ThrottleController(pid)
    only_growth.update(2000, 0.0)
    assert only_growth.update(2000, 2.0).intensity == 0.0
    assert only_growth.update(2400, 4.0).intensity == pytest.approx(0.1)


def test_thresholds_have_defaults() -> None:
    assert ThrottleConfig().upper == 4 * 3_200_000
    ThrottleConfig(lower_threshold=0).check()


@pytest.mark.parametrize(
    "change",
    [
        {"lower_threshold": -1},
        {"upper_threshold": 1000},
        {"tx_size_lower_limit": 0},
        {"tx_size_lower_limit": 30_000},
        {"block_size_lower_limit": 0},
        {"block_size_lower_limit": 200_000},
        {"pid": PIDConfig(kp=-1.0)},
        {"pid": PIDConfig(output_max=2.0)},
        {"pid": PIDConfig(sample_time=0.0)},
    ],
)
def test_refuses_what_makes_no_sense(change: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        replace(CONFIG, **change).check()  # type: ignore[arg-type]
