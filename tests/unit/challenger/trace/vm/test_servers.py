"""The command lines of servers, and the settings that they come from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pyoprollup.challenger.trace.local_inputs import LocalGameInputs
from pyoprollup.challenger.trace.vm import (
    KonaExecutor,
    KonaSuperExecutor,
    OpProgramServerExecutor,
    VmConfig,
)
from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import Hash32, to_hex

INPUTS = LocalGameInputs(
    l1_head=Hash32(b"\x11" * 32),
    l2_claim=Hash32(b"\x44" * 32),
    l2_sequence_number=3333,
    l2_head=Hash32(b"\x22" * 32),
    l2_output_root=Hash32(b"\x33" * 32),
)
SUPER = LocalGameInputs(Hash32(b"\x11" * 32), Hash32(b"\x44" * 32), 3333, agreed_pre_state=b"\x01\xaa")
CONFIG = VmConfig("cannon", "server", l1="http://l1", l1_beacon="http://beacon", l2s=("http://l2",))
DATA = Path("/data")


def options(command: list[str]) -> dict[str, str]:
    """Options and values; an option without one has its own name."""
    found = {}
    for index, word in enumerate(command):
        if word.startswith("--"):
            following = command[index + 1] if index + 1 < len(command) else "--"
            found[word] = word if following.startswith("--") else following
    return found


def test_op_program() -> None:
    config = replace(CONFIG, networks=("op-mainnet",), l2_custom=True, l2_experimental="http://x")
    command = OpProgramServerExecutor("DEBUG").oracle_command(config, DATA, INPUTS)
    assert command[:2] == ["server", "--server"]
    assert options(command) == {
        "--server": "--server",
        "--l1": "http://l1",
        "--l1.beacon": "http://beacon",
        "--l2": "http://l2",
        "--datadir": "/data",
        "--l1.head": to_hex(INPUTS.l1_head),
        "--l2.claim": to_hex(INPUTS.l2_claim),
        "--l2.blocknumber": "3333",
        "--l2.head": to_hex(INPUTS.l2_head),
        "--l2.outputroot": to_hex(INPUTS.l2_output_root),
        "--network": "op-mainnet",
        "--l2.experimental": "http://x",
        "--log.level": "DEBUG",
        "--l2.custom": "--l2.custom",
    }


def test_op_program_for_super_roots_and_own_chains() -> None:
    config = replace(
        CONFIG,
        l2s=("http://a", "http://b"),
        rollup_config_paths=("a.json", "b.json"),
        l2_genesis_paths=("ga", "gb"),
        depset_config_path="deps",
        l1_genesis_path="l1.json",
    )
    found = options(OpProgramServerExecutor().oracle_command(config, DATA, SUPER))
    assert found["--l2"] == "http://a,http://b" and found["--rollup.config"] == "a.json,b.json"
    assert found["--l2.genesis"] == "ga,gb" and found["--depset.config"] == "deps"
    assert found["--l1.chainconfig"] == "l1.json" and found["--l2.agreed-prestate"] == "01aa"
    assert not {"--l2.head", "--l2.outputroot", "--network", "--l2.custom"} & set(found)


def test_kona() -> None:
    config = replace(CONFIG, networks=("op-mainnet",), l1_genesis_path="l1.json")
    command = KonaExecutor().oracle_command(config, DATA, INPUTS)
    assert command[:2] == ["server", "single"]
    assert options(command) == {
        "--l1-node-address": "http://l1",
        "--l1-beacon-address": "http://beacon",
        "--l2-node-address": "http://l2",
        "--l1-head": to_hex(INPUTS.l1_head),
        "--agreed-l2-head-hash": to_hex(INPUTS.l2_head),
        "--agreed-l2-output-root": to_hex(INPUTS.l2_output_root),
        "--claimed-l2-output-root": to_hex(INPUTS.l2_claim),
        "--claimed-l2-block-number": "3333",
        "--server": "--server",
        "--data-dir": "/data",
        "--l2-chain-id": "10",
        "--l1-config-path": "l1.json",
    }
    native = KonaExecutor(native=True).oracle_command(
        replace(CONFIG, rollup_config_paths=("r",)), DATA, INPUTS
    )
    assert options(native)["--rollup-config-path"] == "r" and "--native" in native
    assert not {"--server", "--data-dir", "--l2-chain-id"} & set(native)
    number = KonaExecutor().oracle_command(replace(CONFIG, networks=("901",)), DATA, INPUTS)
    assert options(number)["--l2-chain-id"] == "901"


def test_kona_for_super_roots() -> None:
    config = replace(
        CONFIG, l2s=("http://a", "http://b"), rollup_config_paths=("x", "y"), depset_config_path="d"
    )
    command = KonaSuperExecutor().oracle_command(config, DATA, SUPER)
    assert command[:2] == ["server", "super"]
    assert options(command) == {
        "--l1-node-address": "http://l1",
        "--l1-beacon-address": "http://beacon",
        "--l2-node-addresses": "http://a,http://b",
        "--l1-head": to_hex(SUPER.l1_head),
        "--agreed-l2-pre-state": "01aa",
        "--claimed-l2-post-state": to_hex(SUPER.l2_claim),
        "--claimed-l2-timestamp": "3333",
        "--server": "--server",
        "--data-dir": "/data",
        "--rollup-config-paths": "x,y",
        "--depset-cfg": "d",
    }


def test_what_servers_cannot_be_told() -> None:
    for config in (
        CONFIG,
        replace(CONFIG, networks=("op-mainnet", "base-mainnet")),
        replace(CONFIG, l2s=("a", "b"), networks=("op-mainnet",)),
        replace(CONFIG, rollup_config_paths=("a", "b")),
        replace(CONFIG, networks=("no-such-chain",)),
    ):
        with pytest.raises(ConfigError):
            KonaExecutor().oracle_command(config, DATA, INPUTS)
    with pytest.raises(ConfigError):
        KonaSuperExecutor().oracle_command(CONFIG, DATA, INPUTS)


def test_settings_are_checked(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_text("")
    good = VmConfig(str(binary), str(binary), networks=("op-mainnet", "901"))
    good.check()
    own = replace(good, networks=(), rollup_config_paths=("r",), l2_genesis_paths=("g",))
    own.check()
    replace(good, server="").check(require_server=False)
    for changes, name in (
        ({"vm_bin": ""}, "VM"),
        ({"vm_bin": str(tmp_path / "none")}, "VM"),
        ({"server": ""}, "server"),
        ({"server": str(tmp_path)}, "server"),
        ({"networks": ()}, "rollup_config_paths"),
        ({"networks": ("no-such-chain",)}, "no-such-chain"),
        ({"snapshot_freq": 0}, "snapshot_freq"),
        ({"info_freq": 0}, "info_freq"),
        ({"time_limit": 0.0}, "time_limit"),
    ):
        with pytest.raises(ConfigError, match=name):
            replace(good, **changes).check()  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="l2_genesis_paths"):
        replace(own, l2_genesis_paths=()).check()
