"""Settings of a VM that is an executable: its own, and those of its program's server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pyoprollup.errors import ConfigError
from pyoprollup.rollup.registry import load_chain

__all__ = [
    "DEFAULT_INFO_FREQ",
    "DEFAULT_SNAPSHOT_FREQ",
    "DEFAULT_TIME_LIMIT",
    "VmConfig",
    "chain_id_of",
]

DEFAULT_SNAPSHOT_FREQ = 1_000_000_000
DEFAULT_INFO_FREQ = 10_000_000
DEFAULT_TIME_LIMIT = 4 * 3600.0
"""Seconds for one run. Some billions of steps take some minutes."""


@dataclass(frozen=True, slots=True)
class VmConfig:
    """How a VM is run.

    ``vm_bin`` and ``server`` are executables. Frequencies are in steps; ``time_limit`` is in seconds, after
    which a run is ended. ``l2s``, ``networks``, ``rollup_config_paths`` and ``l2_genesis_paths`` have one
    entry for each chain.
    """

    vm_bin: str
    server: str = ""
    snapshot_freq: int = DEFAULT_SNAPSHOT_FREQ
    info_freq: int = DEFAULT_INFO_FREQ
    debug_info: bool = False
    binary_snapshots: bool = True
    time_limit: float = DEFAULT_TIME_LIMIT
    l1: str = ""
    l1_beacon: str = ""
    l2s: tuple[str, ...] = ()
    l2_experimental: str = ""
    networks: tuple[str, ...] = ()
    l2_custom: bool = False
    rollup_config_paths: tuple[str, ...] = ()
    l1_genesis_path: str = ""
    l2_genesis_paths: tuple[str, ...] = ()
    depset_config_path: str = ""

    def check(self, *, require_server: bool = True) -> None:
        """Raise :class:`ConfigError` for what cannot work: executables that are not there, no chain."""
        _check_executable("VM", self.vm_bin)
        if require_server:
            _check_executable("server", self.server)
        for name, number in (
            ("snapshot_freq", self.snapshot_freq),
            ("info_freq", self.info_freq),
            ("time_limit", self.time_limit),
        ):
            if not number > 0:
                raise ConfigError(f"{name}: must be more than zero, not {number}")
        if self.networks:
            for network in self.networks:
                chain_id_of(network)
            return
        if not self.rollup_config_paths:
            raise ConfigError("networks, rollup_config_paths: one of them is needed")
        if not self.l2_genesis_paths:
            raise ConfigError("networks, l2_genesis_paths: one of them is needed")


def _check_executable(name: str, path: str) -> None:
    if not path:
        raise ConfigError(f"{name}: no executable is named")
    if not Path(path).is_file():
        raise ConfigError(f"{name}: {path} is not there")


def chain_id_of(network: str) -> int:
    """The chain id of a network: by its name in the registry, or the number itself.

    Raises :class:`ConfigError` for an unknown name.
    """
    if network.isascii() and network.isdigit():
        return int(network)
    return load_chain(network).l2_chain_id
