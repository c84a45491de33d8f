"""The VMs of games: programs, their servers, and where pre-states come from. Flags are op-challenger's.

What both VMs have in common has a flag without a VM's name as well, which counts where theirs is missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoprollup.cli.options import option
from pyoprollup.cli.service_options import listed
from pyoprollup.errors import ConfigError

if TYPE_CHECKING:
    from pyoprollup.challenger.game_types import GameType
    from pyoprollup.services.vm_traces import VmSettings

__all__ = ["VmOptions"]


def _file(flag: str, help: str) -> Any:
    return option(flag, help, default="", metavar="FILE")


def _files(flag: str, help: str) -> Any:
    return option(flag, help, default=(), metavar="FILE")


@dataclass(frozen=True, slots=True, kw_only=True)
class VmOptions:
    """What decides about single steps, for each type of game that has a VM.

    Games of type super-cannon-kona have the program and the flags of cannon-kona, for several chains.
    """

    l1_beacon: str = option(
        "--l1-beacon", "Beacon API of L1, for the VM's server.", default="", metavar="URL"
    )
    network: tuple[str, ...] = option(
        "--network", "The rollup, by name or chain id, for the VM's server.", default=(), metavar="NAME"
    )
    depset_config: str = _file("--depset-config", "Dependency set of several chains, for the VM's server.")
    cannon_depset_config: str = _file("--cannon-depset-config", "The same for type cannon.")
    cannon_kona_depset_config: str = _file("--cannon-kona-depset-config", "The same for type cannon-kona.")
    cannon_bin: str = _file("--cannon-bin", "The VM of both types: an executable with cannon's command line.")
    cannon_server: str = _file("--cannon-server", "Server of pre-images for type cannon: op-program.")
    cannon_kona_server: str = _file("--cannon-kona-server", "The same for type cannon-kona: kona-host.")
    cannon_prestate: str = _file("--cannon-prestate", "The program's first state, for type cannon.")
    cannon_kona_prestate: str = _file("--cannon-kona-prestate", "The same for type cannon-kona.")
    prestates_url: str = option(
        "--prestates-url",
        "Where first states are, as HASH.bin.gz, HASH.json.gz or HASH.json.",
        default="",
        metavar="URL",
    )
    cannon_prestates_url: str = option(
        "--cannon-prestates-url", "The same for type cannon.", default="", metavar="URL"
    )
    cannon_kona_prestates_url: str = option(
        "--cannon-kona-prestates-url", "The same for type cannon-kona.", default="", metavar="URL"
    )
    rollup_config: tuple[str, ...] = _files("--rollup-config", "Rollup configuration for the VM's server.")
    cannon_rollup_config: tuple[str, ...] = _files("--cannon-rollup-config", "The same for type cannon.")
    cannon_kona_rollup_config: tuple[str, ...] = _files(
        "--cannon-kona-rollup-config", "The same for type cannon-kona."
    )
    l2_genesis: tuple[str, ...] = _files("--l2-genesis", "Genesis file of L2 for the VM's server.")
    cannon_l2_genesis: tuple[str, ...] = _files("--cannon-l2-genesis", "The same for type cannon.")
    cannon_kona_l2_genesis: tuple[str, ...] = _files(
        "--cannon-kona-l2-genesis", "The same for type cannon-kona."
    )
    l1_genesis: str = _file("--l1-genesis", "Genesis file of an L1 that is not known, for the VM's server.")
    cannon_l1_genesis: str = _file("--cannon-l1-genesis", "The same for type cannon.")
    cannon_kona_l1_genesis: str = _file("--cannon-kona-l1-genesis", "The same for type cannon-kona.")
    cannon_l2_custom: bool = option(
        "--cannon-l2-custom/--no-cannon-l2-custom",
        "L2 is a chain whose configuration the program reads as a pre-image, for type cannon.",
        default=False,
    )
    cannon_kona_l2_custom: bool = option(
        "--cannon-kona-l2-custom/--no-cannon-kona-l2-custom", "The same for type cannon-kona.", default=False
    )
    l2_experimental: str = option(
        "--l2-experimental-eth-rpc",
        "Execution client of L2 that makes witnesses, for type cannon.",
        default="",
        metavar="URL",
    )
    cannon_snapshot_freq: int = option(
        "--cannon-snapshot-freq", "Steps between snapshots.", default=1_000_000_000, metavar="N"
    )
    cannon_info_freq: int = option(
        "--cannon-info-freq", "Steps between lines about the progress.", default=10_000_000, metavar="N"
    )
    vm_time_limit: float = option(
        "--vm-time-limit", "Limit for a run of the VM.", default=14_400.0, metavar="SECONDS", unit="s"
    )

    def settings(
        self, game_types: Iterable[GameType], l1: str, l2s: tuple[str, ...]
    ) -> dict[GameType, VmSettings]:
        """The VMs of those types that have one; raises :class:`ConfigError` where something is missing."""
        from pyoprollup.services.vm_traces import VM_GAME_TYPES

        found = {each: self._settings(each, l1, l2s) for each in game_types if each in VM_GAME_TYPES}
        for game_type, settings in found.items():
            settings.check(game_type.name.lower())
        return found

    def _settings(self, game_type: GameType, l1: str, l2s: tuple[str, ...]) -> VmSettings:
        from pyoprollup.challenger.game_types import GAME_TYPES
        from pyoprollup.challenger.trace.vm import VmConfig
        from pyoprollup.services.vm_traces import VmSettings

        name = game_type.name.lower()
        flags = name.removeprefix("super_")

        def own(field: str, *, shared: bool = True) -> Any:
            return getattr(self, f"{flags}_{field}") or (getattr(self, field) if shared else None)

        if not self.network and not own("rollup_config"):
            raise ConfigError(f"network: is needed for {name}, or a rollup configuration")
        several = GAME_TYPES[game_type].super_roots
        if several and not self.network and not own("depset_config"):
            raise ConfigError(f"depset_config: is needed for {name} without a network")
        prestate = own("prestate", shared=False)
        return VmSettings(
            vm=VmConfig(
                vm_bin=self.cannon_bin,
                server=own("server", shared=False),
                snapshot_freq=self.cannon_snapshot_freq,
                info_freq=self.cannon_info_freq,
                time_limit=self.vm_time_limit,
                l1=l1,
                l1_beacon=self.l1_beacon,
                l2s=l2s if several else l2s[:1],
                l2_experimental=self.l2_experimental,
                networks=listed(self.network),
                l2_custom=own("l2_custom", shared=False),
                rollup_config_paths=listed(own("rollup_config")),
                l1_genesis_path=own("l1_genesis"),
                l2_genesis_paths=listed(own("l2_genesis")),
                depset_config_path=own("depset_config"),
            ),
            prestate=Path(prestate) if prestate else None,
            prestates_url=own("prestates_url"),
        )
