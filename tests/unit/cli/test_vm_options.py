"""Flags of VMs, and the lower traces that are made by them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pyoprollup.challenger.game_types import GameType
from pyoprollup.challenger.trace.alphabet_games import AlphabetTraces
from pyoprollup.challenger.trace.cannon_games import CannonTraces, SuperCannonTraces
from pyoprollup.challenger.trace.permissioned import PermissionedTraces
from pyoprollup.cli.vm_options import VmOptions
from pyoprollup.errors import ConfigError
from pyoprollup.events import no_news
from pyoprollup.services.vm_traces import VM_GAME_TYPES, VmSettings, make_traces
from tests.disputes import chain as l2

KONA = {
    "cannon_bin": sys.executable,
    "cannon_server": sys.executable,
    "cannon_kona_server": sys.executable,
    "cannon_prestate": "/other.bin.gz",
    "cannon_kona_prestate": "/state.bin.gz",
    "network": ("op-mainnet",),
    "l1_beacon": "http://beacon",
}


L2S = ("http://l2", "http://other-l2")


def settings(game_type: GameType = GameType.CANNON_KONA, **options: object) -> VmSettings:
    return VmOptions(**{**KONA, **options}).settings([game_type], "http://l1", L2S)[game_type]


def test_types_without_a_vm_need_no_flags() -> None:
    others = [each for each in GameType if each not in VM_GAME_TYPES]
    assert VmOptions().settings(others, "http://l1", L2S) == {}


def test_what_is_given_reaches_the_vm() -> None:
    found = settings(cannon_snapshot_freq=7, cannon_info_freq=8, vm_time_limit=9.0)
    vm = found.vm
    assert (vm.vm_bin, vm.server, vm.l1, vm.l2s, vm.l1_beacon) == (
        sys.executable,
        sys.executable,
        "http://l1",
        ("http://l2",),
        "http://beacon",
    )
    assert (vm.snapshot_freq, vm.info_freq, vm.time_limit) == (7, 8, 9.0)
    assert found.prestate == Path("/state.bin.gz") and found.prestates_url == ""


@pytest.mark.parametrize(
    ("missing", "text"),
    [
        ("network", "network: is needed for cannon_kona"),
        ("cannon_kona_prestate", "cannon_kona: give a prestate"),
        ("cannon_bin", "cannon_kona: VM: no executable"),
        ("cannon_kona_server", "cannon_kona: .*: no executable"),
    ],
)
def test_what_is_missing_is_named(missing: str, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        settings(**{missing: () if missing == "network" else ""})


def test_several_chains_have_the_flags_of_cannon_kona() -> None:
    kind = GameType.SUPER_CANNON_KONA
    found = settings(kind, cannon_kona_depset_config="/depset.json")
    assert found.vm.l2s == L2S and found.vm.depset_config_path == "/depset.json"
    assert found.prestate == Path("/state.bin.gz") and found.vm.server == sys.executable
    custom = {"network": (), "rollup_config": ("a.json,b.json",), "l2_genesis": ("c.json", "d.json")}
    vm = settings(kind, **custom, depset_config="/depset.json").vm
    assert vm.rollup_config_paths == ("a.json", "b.json")
    with pytest.raises(ConfigError, match="depset_config: is needed for super_cannon_kona"):
        settings(kind, **custom)


def test_one_prestate_or_many_but_not_both() -> None:
    with pytest.raises(ConfigError, match="a prestate, or a URL"):
        settings(cannon_kona_prestates_url="http://states")
    found = settings(cannon_kona_prestate="", prestates_url="http://states")
    assert found.prestate is None and found.prestates_url == "http://states"


def test_a_flag_of_one_vm_comes_before_that_of_both() -> None:
    found = settings(
        cannon_kona_prestate="", prestates_url="http://all", cannon_kona_prestates_url="http://kona"
    )
    assert found.prestates_url == "http://kona"


# --- the traces


def made(*game_types: GameType, vms: dict[GameType, VmSettings] | None = None) -> dict[int, object]:
    found = make_traces(game_types, vms or {}, l2.Chain(1), Path("/data"), lambda: False, no_news)
    return {int(game_type): type(traces) for game_type, traces in found.items()}


def test_each_type_has_its_own_traces() -> None:
    played = (GameType.CANNON_KONA, GameType.CANNON, GameType.SUPER_CANNON_KONA)
    vms = {each: settings(each) for each in played}
    assert made(*vms, GameType.ALPHABET, GameType.FAST, GameType.PERMISSIONED, vms=vms) == {
        GameType.CANNON_KONA: CannonTraces,
        GameType.CANNON: CannonTraces,
        GameType.SUPER_CANNON_KONA: SuperCannonTraces,
        GameType.ALPHABET: AlphabetTraces,
        GameType.FAST: AlphabetTraces,
        GameType.PERMISSIONED: PermissionedTraces,
    }


def test_many_prestates_are_kept_in_a_folder_of_their_type() -> None:
    vms = {GameType.CANNON_KONA: settings(cannon_kona_prestate="", prestates_url="http://states")}
    assert made(*vms, vms=vms) == {GameType.CANNON_KONA: CannonTraces}


@pytest.mark.parametrize("game_type", [GameType.CANNON, GameType.SUPER_CANNON_KONA])
def test_a_type_without_a_vm_is_not_played(game_type: GameType) -> None:
    with pytest.raises(ConfigError, match="are not played"):
        made(game_type)
