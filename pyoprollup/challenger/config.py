"""Settings of a challenger."""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.challenger.game_types import GameType
from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import Address

__all__ = ["ChallengerConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengerConfig:
    """What a challenger does. Times in seconds."""

    game_factory_address: Address
    game_types: tuple[GameType, ...] = (GameType.CANNON_KONA,)
    """Which games it plays. Others that are known it still closes, and claims the bonds of."""
    game_allowlist: tuple[Address, ...] = ()
    """If not empty, all other games are ignored."""
    game_window: int = 28 * 24 * 3600
    """Age up to which games are looked at."""
    max_concurrency: int = 2
    """Games that are looked at at the same time."""
    max_pending_tx: int = 10
    """Transactions on their way at the same time; 0 for any number."""
    poll_interval: float = 12.0
    """Between looks for a new L1 block."""
    min_update_interval: int = 0
    """Time of L1 that must have passed before all games are looked at again."""
    selective_claim_resolution: bool = False
    """Whether only claims are resolved whose bonds come to us."""
    additional_bond_claimants: tuple[Address, ...] = ()
    """Accounts other than our own for which bonds are claimed."""
    allow_invalid_prestate: bool = False
    response_delay: int = 0
    """For which an answer is held back."""
    response_delay_after: int = 0
    """Answers in a game after which they are held back."""

    def check(self) -> None:
        """Raise :class:`ConfigError` unless the settings make sense."""
        if not self.game_types:
            raise ConfigError("game_types: no type of game is given")
        for name in ("max_concurrency", "poll_interval", "game_window"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name}: must be more than 0, not {getattr(self, name)}")
        for name in ("max_pending_tx", "min_update_interval", "response_delay", "response_delay_after"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name}: must not be negative, as {getattr(self, name)} is")
