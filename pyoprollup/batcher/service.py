"""The batcher's ``admin_*`` methods: start, stop, flush, and what the throttling does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from pyoprollup.batcher.driver import BatchSubmitter
from pyoprollup.batcher.errors import BatcherError
from pyoprollup.batcher.throttle_rules import PIDConfig, ThrottleController, ThrottleControllerType
from pyoprollup.batcher.throttler import Throttler
from pyoprollup.errors import DecodeError

__all__ = ["BatcherAPI"]


class BatcherAPI:
    """Controls a batcher from outside. :meth:`methods` are for a JSON-RPC server; their errors are those
    of the library."""

    def __init__(self, batcher: BatchSubmitter) -> None:
        self._batcher = batcher

    def methods(self) -> dict[str, Callable[..., Any]]:
        """The methods by name."""
        return {
            "admin_startBatcher": self.start_batcher,
            "admin_stopBatcher": self.stop_batcher,
            "admin_flushBatcher": self.flush_batcher,
            "admin_getThrottleController": self.get_throttle_controller,
            "admin_setThrottleController": self.set_throttle_controller,
            "admin_resetThrottleController": self.reset_throttle_controller,
        }

    def start_batcher(self) -> None:
        self._batcher.start_batch_submitting()

    def stop_batcher(self) -> None:
        self._batcher.stop_batch_submitting()

    def flush_batcher(self) -> None:
        self._batcher.flush()

    def get_throttle_controller(self) -> dict[str, Any]:
        """The kind of controller, its thresholds, and what it does now."""
        controller = self._throttler().controller
        config, params = controller.config, controller.params
        return {
            "type": config.controller.value,
            "lower_threshold": config.lower_threshold,
            "upper_threshold": config.upper,
            "current_load": controller.load,
            "intensity": params.intensity,
            "max_tx_size": params.max_tx_size,
            "max_block_size": params.max_block_size,
        }

    def set_throttle_controller(self, kind: Any, pid: Any = None) -> None:
        """Replace the controller; ``pid`` is for that kind. Raises :class:`DecodeError`."""
        throttler = self._throttler()
        try:
            controller_type = ThrottleControllerType(kind)
        except ValueError:
            raise DecodeError(f"throttle controller {kind!r} is not known") from None
        config = replace(throttler.controller.config, controller=controller_type)
        if pid is not None:
            config = replace(config, pid=_pid_config(pid))
        throttler.controller = ThrottleController(config)

    def reset_throttle_controller(self) -> None:
        """The controller forgets what it has seen."""
        throttler = self._throttler()
        throttler.controller = ThrottleController(throttler.controller.config)

    def _throttler(self) -> Throttler:
        if self._batcher.throttler is None:
            raise BatcherError("throttling is not set up")
        return self._batcher.throttler


def _pid_config(value: Any) -> PIDConfig:
    """A configuration from JSON, with its field names; what is missing keeps its default."""
    if not isinstance(value, dict):
        raise DecodeError("the PID configuration is not an object")
    known = {field.name for field in fields(PIDConfig)}
    for name, number in value.items():
        if name not in known or isinstance(number, bool) or not isinstance(number, int | float):
            raise DecodeError(f"PID configuration: {name} is unknown or no number")
    return PIDConfig(**{name: float(number) for name, number in value.items()})
