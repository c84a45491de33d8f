"""What an operator may choose about a client of beacon nodes."""

from __future__ import annotations

from dataclasses import dataclass, field

from pyoprollup.errors import ConfigError
from pyoprollup.l1.failover import Patience

__all__ = ["BeaconOptions"]


@dataclass(frozen=True, slots=True)
class BeaconOptions:
    """Options of :class:`~pyoprollup.l1.beacon.BeaconClient`. Times in seconds, sizes in bytes.

    Raises :class:`ConfigError` for values that make no sense.
    """

    timeout: float = 10.0
    """Limit for a request as a whole."""
    timeout_per_blob: float = 2.0
    """What each blob that is asked for adds to it."""
    patience: Patience = field(default_factory=Patience)
    genesis_time: int | None = None
    """When slot 0 began, in Unix seconds, for servers that do not tell."""
    slot_duration: float | None = None
    """Length of a slot, for servers that do not tell."""
    headers: tuple[tuple[str, str], ...] = ()
    """HTTP headers for every request, such as a token."""
    max_answer_size: int = 128 << 20

    def __post_init__(self) -> None:
        if self.slot_duration is not None and self.slot_duration < 0.001:
            raise ConfigError(f"slot_duration: must be above 0, not {self.slot_duration}")
        if self.timeout <= 0 or self.timeout_per_blob < 0 or self.max_answer_size <= 0:
            raise ConfigError(f"beacon: limits must be above 0, not {self}")
