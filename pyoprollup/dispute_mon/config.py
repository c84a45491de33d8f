"""The settings of the monitor of games."""

from __future__ import annotations

from dataclasses import dataclass, field

from pyoprollup.dispute_mon.types import HonestActors
from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import ZERO_ADDRESS, Address

__all__ = ["DEFAULT_GAME_WINDOW", "DEFAULT_MAX_CONCURRENCY", "DEFAULT_MONITOR_INTERVAL", "DisputeMonConfig"]

DEFAULT_GAME_WINDOW = 28 * 24 * 3600.0
"""Seconds: the longest game of 16 days, a withdrawal's delay of 7, and 5 more in which nobody has come."""
DEFAULT_MONITOR_INTERVAL = 30.0
DEFAULT_MAX_CONCURRENCY = 5


@dataclass(frozen=True, slots=True)
class DisputeMonConfig:
    """Times in seconds. ``game_window`` is how far back games are looked at.

    ``max_concurrency`` is how many games are read at a time.
    """

    game_factory_address: Address
    honest_actors: HonestActors = frozenset()
    ignored_games: frozenset[Address] = field(default_factory=frozenset)
    monitor_interval: float = DEFAULT_MONITOR_INTERVAL
    game_window: float = DEFAULT_GAME_WINDOW
    max_concurrency: int = DEFAULT_MAX_CONCURRENCY

    def check(self) -> None:
        """Raise :class:`ConfigError` unless the settings make sense."""
        if self.game_factory_address == ZERO_ADDRESS:
            raise ConfigError("game_factory_address: must not be zero")
        if self.max_concurrency < 1:
            raise ConfigError(f"max_concurrency: must be at least 1, not {self.max_concurrency}")
        for name in ("monitor_interval", "game_window"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name}: must be above 0, not {getattr(self, name)}")
