"""The lower traces of a challenger's games: which types of games are played, and with which VM."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyoprollup.challenger.game_types import GAME_TYPES, GameType
from pyoprollup.challenger.register import LowerTraces
from pyoprollup.challenger.trace.alphabet_games import AlphabetTraces
from pyoprollup.challenger.trace.cannon_games import CannonTraces, SuperCannonTraces, executable_vm
from pyoprollup.challenger.trace.outputs import L2Headers
from pyoprollup.challenger.trace.permissioned import PermissionedTraces
from pyoprollup.challenger.trace.prestates import (
    MultiPrestateProvider,
    PrestateSource,
    SinglePrestateSource,
)
from pyoprollup.challenger.trace.prestates.fetch import UrlFetcher
from pyoprollup.challenger.trace.prestates.multi import DOWNLOAD_LIMIT
from pyoprollup.challenger.trace.vm import (
    CannonStateConverter,
    KonaExecutor,
    KonaSuperExecutor,
    OpProgramServerExecutor,
    OracleServerExecutor,
    SubprocessRunner,
    VmConfig,
    VmMetrics,
)
from pyoprollup.errors import ConfigError
from pyoprollup.events import Tell

__all__ = ["VM_GAME_TYPES", "VmSettings", "make_traces"]

VM_GAME_TYPES: Mapping[GameType, Callable[[], OracleServerExecutor]] = {
    GameType.CANNON: OpProgramServerExecutor,
    GameType.CANNON_KONA: KonaExecutor,
    GameType.SUPER_CANNON_KONA: KonaSuperExecutor,
}
"""Types with a VM, and how the server of its pre-images is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VmSettings:
    """A VM, and where the first states of its programs are: one file, or any of them below a URL."""

    vm: VmConfig
    prestate: Path | None = None
    prestates_url: str = ""
    metrics: VmMetrics = field(default_factory=VmMetrics)

    def check(self, name: str) -> None:
        """Raise :class:`ConfigError`, naming the type of game."""
        if (self.prestate is None) == (not self.prestates_url):
            raise ConfigError(f"{name}: give a prestate, or a URL of prestates")
        try:
            self.vm.check()
        except ConfigError as exc:
            raise ConfigError(f"{name}: {exc}") from exc


def make_traces(
    game_types: tuple[GameType, ...],
    vms: Mapping[GameType, VmSettings],
    headers: L2Headers,
    datadir: Path,
    stopped: Callable[[], bool],
    tell: Tell,
) -> dict[int, LowerTraces]:
    """The lower traces of the types that are played. ``stopped`` ends what runs when it says so.

    Raises :class:`ConfigError` for a type without a VM that needs one.
    """
    found: dict[int, LowerTraces] = {}
    for game_type in game_types:
        match game_type:
            case GameType.ALPHABET | GameType.FAST:
                found[game_type] = AlphabetTraces()
            case GameType.PERMISSIONED:
                found[game_type] = PermissionedTraces()
            case _ if game_type in vms:
                found[game_type] = _cannon(game_type, vms[game_type], headers, datadir, stopped, tell)
            case _:
                raise ConfigError(f"game_types: {game_type.name.lower()} games are not played")
    return found


def _cannon(
    game_type: GameType,
    settings: VmSettings,
    headers: L2Headers,
    datadir: Path,
    stopped: Callable[[], bool],
    tell: Tell,
) -> LowerTraces:
    runner = SubprocessRunner(stopped)
    converter = CannonStateConverter(settings.vm.vm_bin, runner)
    source: PrestateSource
    if settings.prestate is not None:
        source = SinglePrestateSource(settings.prestate)
    else:
        folder = datadir / f"{game_type.name.lower().replace('_', '-')}-prestates"
        source = MultiPrestateProvider(
            settings.prestates_url, folder, converter, UrlFetcher(DOWNLOAD_LIMIT), tell
        )
    server = VM_GAME_TYPES[game_type]()
    vm = executable_vm(settings.vm, server, runner, time.monotonic, settings.metrics, tell)
    binary = settings.vm.binary_snapshots
    if GAME_TYPES[game_type].super_roots:
        return SuperCannonTraces(source, converter, vm, binary_snapshots=binary, tell=tell)
    return CannonTraces(source, converter, headers, vm, binary_snapshots=binary, tell=tell)
