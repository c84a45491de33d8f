"""How strongly to throttle block building while unsafe data waits for L1.

A controller turns the load, in estimated bytes on L1, into an intensity from 0 to 1; the intensity
becomes limits for the size of a transaction and of a block.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from pyoprollup.errors import ConfigError

__all__ = [
    "PIDConfig",
    "ThrottleConfig",
    "ThrottleController",
    "ThrottleControllerType",
    "ThrottleParams",
]


class ThrottleControllerType(StrEnum):
    """How intensity grows with the load."""

    STEP = "step"
    LINEAR = "linear"
    QUADRATIC = "quadratic"
    PID = "pid"


@dataclass(frozen=True, slots=True)
class PIDConfig:
    """Gains and caps of the PID controller; ``sample_time`` in seconds."""

    kp: float = 0.33
    ki: float = 0.01
    kd: float = 0.05
    integral_max: float = 1000.0
    output_max: float = 1.0
    sample_time: float = 2.0

    def check(self) -> None:
        if min(self.kp, self.ki, self.kd) < 0:
            raise ConfigError("the gains of a PID controller must not be negative")
        if self.integral_max <= 0 or self.sample_time <= 0 or not 0 < self.output_max <= 1:
            raise ConfigError("the caps and the sample time of a PID controller must be positive")


@dataclass(frozen=True, slots=True)
class ThrottleConfig:
    """Loads and limits in bytes. Below ``lower_threshold`` nothing is throttled; 0 turns it off."""

    lower_threshold: int = 3_200_000
    upper_threshold: int = 0
    """Full intensity from here on; 0: four times the lower threshold."""
    tx_size_upper_limit: int = 20_000
    tx_size_lower_limit: int = 150
    block_size_upper_limit: int = 130_000
    block_size_lower_limit: int = 2_000
    controller: ThrottleControllerType = ThrottleControllerType.QUADRATIC
    pid: PIDConfig = field(default_factory=PIDConfig)

    @property
    def upper(self) -> int:
        return self.upper_threshold or 4 * self.lower_threshold

    def check(self) -> None:
        """Raise :class:`ConfigError` unless the limits are in order."""
        if self.lower_threshold < 0 or (self.lower_threshold and self.upper <= self.lower_threshold):
            raise ConfigError(f"upper_threshold {self.upper} must exceed {self.lower_threshold}")
        if not 0 < self.tx_size_lower_limit <= self.tx_size_upper_limit:
            raise ConfigError("tx_size_lower_limit must be positive and at most tx_size_upper_limit")
        if not 0 < self.block_size_lower_limit <= self.block_size_upper_limit:
            raise ConfigError("block_size_lower_limit must be positive and at most block_size_upper_limit")
        self.pid.check()


class ThrottleParams(NamedTuple):
    """Limits in bytes, and the intensity behind them. ``max_tx_size`` 0 means no limit."""

    max_tx_size: int
    max_block_size: int
    intensity: float


class _Step:
    def __init__(self, config: ThrottleConfig) -> None:
        self._config = config

    def update(self, load: int, now: float) -> float:  # noqa: ARG002
        return 1.0 if load > self._config.lower_threshold else 0.0


class _Polynomial:
    """Grows between the thresholds, with a power of the way between them."""

    def __init__(self, config: ThrottleConfig, power: int) -> None:
        self._config = config
        self._power = power

    def update(self, load: int, now: float) -> float:  # noqa: ARG002
        return min(_excess(self._config, load), 1.0) ** self._power


class _PID:
    """Also heeds how long the load has been too high and whether it still grows."""

    def __init__(self, config: ThrottleConfig) -> None:
        self._config = config
        self._integral = self._last_error = self._output = 0.0
        self._sampled_at: float | None = None

    def update(self, load: int, now: float) -> float:
        pid = self._config.pid
        error = _excess(self._config, load)
        if self._sampled_at is None:
            passed = pid.sample_time
        else:
            passed = now - self._sampled_at
            if passed < pid.sample_time:
                return self._output
        if error:
            self._integral = min(self._integral + error * passed, pid.integral_max)
        else:
            self._integral = 0.0
        slope = (error - self._last_error) / passed if self._sampled_at is not None else 0.0
        output = pid.kp * error + pid.ki * self._integral + pid.kd * slope
        self._output = min(max(output, 0.0), pid.output_max) if error else 0.0
        self._last_error, self._sampled_at = error, now
        return self._output


def _excess(config: ThrottleConfig, load: int) -> float:
    """How far the load is above the lower threshold, 1 being the upper."""
    return max(0.0, (load - config.lower_threshold) / (config.upper - config.lower_threshold))


class ThrottleController:
    """Limits for a load; remembers what it has seen if the strategy does."""

    def __init__(self, config: ThrottleConfig) -> None:
        config.check()
        self.config = config
        self._strategy = _strategy(config)
        self.params = self._limits(0.0)
        """The limits for the load of the last update."""
        self.load = 0

    @property
    def is_throttling(self) -> bool:
        return self.params.intensity > 0

    def update(self, load: int, now: float) -> ThrottleParams:
        """The limits for this load at this time (seconds)."""
        self.load = load
        self.params = self._limits(self._strategy.update(load, now))
        return self.params

    def _limits(self, intensity: float) -> ThrottleParams:
        config = self.config
        if intensity <= 0:
            return ThrottleParams(0, config.block_size_upper_limit, 0.0)
        tx_range = config.tx_size_upper_limit - config.tx_size_lower_limit
        block_range = config.block_size_upper_limit - config.block_size_lower_limit
        return ThrottleParams(
            config.tx_size_upper_limit - int(intensity * tx_range),
            config.block_size_upper_limit - int(intensity * block_range),
            intensity,
        )


def _strategy(config: ThrottleConfig) -> _Step | _Polynomial | _PID:
    match config.controller:
        case ThrottleControllerType.STEP:
            return _Step(config)
        case ThrottleControllerType.LINEAR:
            return _Polynomial(config, 1)
        case ThrottleControllerType.QUADRATIC:
            return _Polynomial(config, 2)
        case ThrottleControllerType.PID:
            return _PID(config)
