"""Settings of a proposer. Times are in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import ZERO_ADDRESS, Address
from pyoprollup.rollupapi.client import DEFAULT_NETWORK_TIMEOUT
from pyoprollup.rollupapi.provider import DEFAULT_CHECK_DURATION

__all__ = ["ProposalHead", "ProposerConfig"]

_MAX_GAME_TYPE = (1 << 32) - 1


class ProposalHead(StrEnum):
    """Which head of L2 is proposed."""

    FINALIZED = "finalized"
    """Derived from final L1 blocks."""
    SAFE = "safe"
    """Derived from L1, which may still be reorganized; the reference calls it ``allow-non-finalized``."""

    @classmethod
    def of(cls, proposal_source: str | None, allow_non_finalized: bool) -> ProposalHead:
        """What two options say together; raises :class:`ConfigError` if they contradict each other."""
        if proposal_source is None:
            return cls.SAFE if allow_non_finalized else cls.FINALIZED
        try:
            head = cls(proposal_source)
        except ValueError:
            raise ConfigError(
                f"proposal-source: expected safe or finalized, got {proposal_source!r}"
            ) from None
        if allow_non_finalized and head is cls.FINALIZED:
            raise ConfigError("proposal-source: finalized, and allow-non-finalized is set")
        return head


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposerConfig:
    """How to propose. The defaults are op-proposer's, the option's names its flags."""

    game_factory_address: Address
    proposal_interval: float
    """A proposal of our own that is not older than that is recent enough."""
    game_type: int = 0
    proposal_source: ProposalHead = ProposalHead.FINALIZED
    poll_interval: float = 12.0
    """Between two looks whether it is time."""
    wait_node_sync: bool = False
    """Whether to wait at the start until the node has derived all of L1."""
    active_sequencer_check_duration: float = DEFAULT_CHECK_DURATION
    """For several rollup nodes: see :class:`~pyoprollup.rollupapi.ActiveRollupProvider`."""
    network_timeout: float = DEFAULT_NETWORK_TIMEOUT
    """For one call to a rollup node."""

    def check(self) -> None:
        """Raise :class:`ConfigError` unless the settings make sense."""
        if self.game_factory_address == ZERO_ADDRESS:
            raise ConfigError("game-factory-address: must not be zero")
        for name in ("proposal_interval", "poll_interval", "network_timeout"):
            if not getattr(self, name) > 0:
                option = name.replace("_", "-")
                raise ConfigError(f"{option}: must be more than 0, not {getattr(self, name)}")
        if self.active_sequencer_check_duration < 0:
            raise ConfigError("active-sequencer-check-duration: must not be negative")
        if not 0 <= self.game_type <= _MAX_GAME_TYPE:
            raise ConfigError(f"game-type: {self.game_type} does not fit 32 bits")
