from __future__ import annotations

import json
from typing import Any

import pytest

from pyoprollup.batcher import ThrottleConfig, ThrottleController, Throttler
from pyoprollup.batcher.service import BatcherAPI
from pyoprollup.rpc.jsonrpc import Dispatcher
from tests.batching import BatchedRollup


class Client:
    def __init__(self, rollup: BatchedRollup) -> None:
        self._dispatcher = Dispatcher(BatcherAPI(rollup.batcher).methods())

    def __call__(self, method: str, *params: Any) -> Any:
        request = {"jsonrpc": "2.0", "id": 1, "method": f"admin_{method}", "params": params}
        answer = json.loads(self._dispatcher.answer(json.dumps(request).encode()))
        return answer.get("result", "error" in answer and answer["error"]["message"])


def test_starts_stops_and_flushes() -> None:
    rollup = BatchedRollup()
    call = Client(rollup)
    assert "not running" in call("stopBatcher")
    assert "not running" in call("flushBatcher")
    assert call("startBatcher") is None and rollup.batcher.is_running
    assert "already running" in call("startBatcher")
    rollup.run(1)
    assert call("flushBatcher") is None
    rollup.step()
    assert rollup.batcher.metrics.txs_sent == 1
    assert call("stopBatcher") is None and not rollup.batcher.is_running


def test_shows_and_replaces_the_throttle_controller() -> None:
    rollup = BatchedRollup()
    call = Client(rollup)
    assert call("getThrottleController") == "throttling is not set up"
    throttler = Throttler(ThrottleController(ThrottleConfig(1000)), [])
    rollup.batcher.throttler = throttler
    throttler.controller.update(2500, 0.0)
    assert call("getThrottleController") == {
        "type": "quadratic",
        "lower_threshold": 1000,
        "upper_threshold": 4000,
        "current_load": 2500,
        "intensity": 0.25,
        "max_tx_size": 20_000 - 4962,
        "max_block_size": 98_000,
    }
    assert call("setThrottleController", "pid", {"kp": 1, "sample_time": 3.0}) is None
    assert (throttler.controller.config.pid.kp, throttler.controller.config.pid.ki) == (1.0, 0.01)
    assert call("setThrottleController", "linear") is None
    assert call("getThrottleController")["type"] == "linear"
    throttler.controller.update(2500, 0.0)
    assert call("resetThrottleController") is None
    assert call("getThrottleController")["intensity"] == 0


@pytest.mark.parametrize(
    "params",
    [
        ["cubic"],
        [5],
        ["pid", 7],
        ["pid", {"kq": 1}],
        ["pid", {"kp": "1"}],
        ["pid", {"kp": True}],
        ["pid", {"kp": -1}],
    ],
)
def test_refuses_controllers_that_are_none(params: list[Any]) -> None:
    rollup = BatchedRollup()
    rollup.batcher.throttler = Throttler(ThrottleController(ThrottleConfig(1000)), [])
    before = rollup.batcher.throttler.controller
    assert isinstance(Client(rollup)("setThrottleController", *params), str)
    assert rollup.batcher.throttler.controller is before
