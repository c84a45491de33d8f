"""The clients of L1 that a service is given."""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.errors import ConfigError
from pyoprollup.events import Tell
from pyoprollup.l1.beacon import BeaconClient, BeaconOptions, NoBeacon
from pyoprollup.l1.failover import Patience
from pyoprollup.l1.rpc import L1Client, L1ClientOptions
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.l1_chain_config import L1_CHAINS, L1ChainConfig

__all__ = ["L1Endpoints", "check_l1_chain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class L1Endpoints:
    """Where L1 is, and how it is asked. URLs are in the order of preference; times in seconds."""

    urls: tuple[str, ...]
    websocket: str = ""
    """Tells of new heads; without it, they are noticed by asking."""
    beacons: tuple[str, ...] = ()
    beacon_fallbacks: tuple[str, ...] = ()
    """Archives, asked when no beacon node has a blob."""
    beacon_headers: tuple[tuple[str, str], ...] = ()
    slot_duration: float | None = None
    """For beacon nodes that do not tell."""
    max_batch_size: int = 20
    rate_limit: float = 0.0
    """Calls a second; 0 for no limit."""
    timeout: float = 10.0
    rounds: int = 3
    """How often all endpoints are asked before a call fails."""

    def client(self, rollup: RollupConfig | None, l1_chain: L1ChainConfig | None, tell: Tell) -> L1Client:
        """A client of L1, of which every endpoint has to serve the rollup's L1, genesis origin included.

        Without a rollup it may be any L1. Raises :class:`ConfigError`.
        """
        options = L1ClientOptions(
            chain_id=None if rollup is None else rollup.l1_chain_id,
            genesis=None if rollup is None else rollup.genesis.l1,
            max_batch_size=self.max_batch_size,
            rate_limit=self.rate_limit,
            timeout=self.timeout,
            patience=Patience(rounds=self.rounds),
            l1_chain=l1_chain,
        )
        return L1Client(self.urls, options, tell=tell)

    def blobs(self, l1: L1Client, tell: Tell) -> BeaconClient | NoBeacon:
        """A client of the beacon nodes, or what stands for it if there are none."""
        if not self.beacons and not self.beacon_fallbacks:
            return NoBeacon(tell)
        options = BeaconOptions(
            timeout=self.timeout, slot_duration=self.slot_duration, headers=self.beacon_headers
        )
        return BeaconClient(self.beacons, self.beacon_fallbacks, options, l1=l1, tell=tell)


def check_l1_chain(rollup: RollupConfig, given: L1ChainConfig | None) -> None:
    """Raise :class:`ConfigError` unless the blob schedule of the L1 chain is known.

    With a wrong one the blob base fee in L2's blocks is wrong, and nothing says so.
    """
    if given is None and rollup.l1_chain_id not in L1_CHAINS:
        raise ConfigError(f"l1_chain_config: the blob schedule of L1 chain {rollup.l1_chain_id} is not known")
    if given is not None and given.chain_id != rollup.l1_chain_id:
        raise ConfigError(
            f"l1_chain_config: of chain {given.chain_id}, the rollup is on {rollup.l1_chain_id}"
        )
