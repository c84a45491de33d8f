"""The checks that a rollup configuration has to pass before a node runs with it.

They are the reference's, with its later forks added. Nothing here looks at a chain; whether the
configuration is the one of a given L1 and L2 is for the node to find out.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, to_hex
from pyoprollup.rollup.fork import Fork

if TYPE_CHECKING:
    from pyoprollup.rollup.config import RollupConfig

__all__ = ["check_config"]


def check_config(config: RollupConfig) -> None:
    """Raise :class:`ConfigError`, naming field and value, at the first thing that is wrong."""
    _check_sizes(config)
    _check_genesis(config)
    _check_chains(config)
    if config.alt_da is not None:
        config.alt_da.check()
    _check_fork_order(config)


def _check_sizes(config: RollupConfig) -> None:
    for name in ("block_time", "channel_timeout", "max_sequencer_drift"):
        if getattr(config, name) == 0:
            raise ConfigError(f"{name}: must not be 0")
    if config.seq_window_size < 2:
        raise ConfigError(f"seq_window_size: must be 2 at least, is {config.seq_window_size}")


def _check_genesis(config: RollupConfig) -> None:
    genesis = config.genesis
    if genesis.l1.hash == ZERO_HASH:
        raise ConfigError("genesis.l1.hash: missing")
    if genesis.l2.hash == ZERO_HASH:
        raise ConfigError("genesis.l2.hash: missing")
    if genesis.l1.hash == genesis.l2.hash:
        raise ConfigError(f"genesis.l2.hash: {to_hex(genesis.l2.hash)} is the hash of the L1 block, too")
    if genesis.l2_time == 0:
        raise ConfigError("genesis.l2_time: missing")
    if genesis.system_config.batcher_addr == ZERO_ADDRESS:
        raise ConfigError("genesis.system_config.batcherAddr: missing")
    if genesis.system_config.scalar == ZERO_HASH:
        raise ConfigError("genesis.system_config.scalar: missing")
    if genesis.system_config.gas_limit == 0:
        raise ConfigError("genesis.system_config.gasLimit: missing")


def _check_chains(config: RollupConfig) -> None:
    for name in ("batch_inbox_address", "deposit_contract_address"):
        if getattr(config, name) == ZERO_ADDRESS:
            raise ConfigError(f"{name}: missing")
    for name in ("l1_chain_id", "l2_chain_id"):
        if getattr(config, name) <= 0:
            raise ConfigError(f"{name}: must be positive, is {getattr(config, name)}")
    if config.l1_chain_id == config.l2_chain_id:
        raise ConfigError(f"l2_chain_id: {config.l2_chain_id} is the L1 chain's id, too")


def _check_fork_order(config: RollupConfig) -> None:
    ordered = [fork for fork in Fork if Fork.BEDROCK < fork < Fork.INTEROP]
    for before, fork in pairwise(ordered):
        _check_fork(config, before, fork)
    # The snapshots of Interop that came before Isthmus stand outside the order.
    if config.isthmus_time is not None:
        last = max(fork for fork in ordered if config.fork_time(fork) is not None)
        _check_fork(config, last, Fork.INTEROP)
    if config.lagoon_time is not None and config.interop_time not in (None, config.lagoon_time):
        raise ConfigError(f"lagoon_time: {config.lagoon_time}, but interop_time is {config.interop_time}")


def _check_fork(config: RollupConfig, before: Fork, fork: Fork) -> None:
    time, earliest = config.fork_time(fork), config.fork_time(before)
    if time is None:
        return
    if earliest is None:
        raise ConfigError(f"{fork.config_key}: set to {time}, but {before.config_key} is missing")
    if earliest > time:
        raise ConfigError(f"{fork.config_key}: {time} is before {before.config_key}, {earliest}")
