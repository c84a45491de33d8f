"""The command lines of programs' servers, which a VM starts for the pre-images.

Each is made for one dispute: what the program is to be told stands in it.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pyoprollup.challenger.trace.local_inputs import LocalGameInputs
from pyoprollup.challenger.trace.vm.config import VmConfig, chain_id_of
from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import ZERO_HASH, to_hex

__all__ = [
    "KonaExecutor",
    "KonaSuperExecutor",
    "OpProgramServerExecutor",
    "OracleServerExecutor",
]


class OracleServerExecutor(Protocol):
    """Knows the command line of one kind of server."""

    @abstractmethod
    def oracle_command(self, config: VmConfig, data_dir: Path, inputs: LocalGameInputs) -> list[str]:
        """The server and its arguments; it keeps pre-images in ``data_dir``.

        Raises :class:`~pyoprollup.errors.ConfigError` for what it cannot be told.
        """


def _optional(*pairs: tuple[str, str]) -> list[str]:
    """Options that have a value."""
    return [word for name, value in pairs if value for word in (name, value)]


@dataclass(frozen=True, slots=True)
class OpProgramServerExecutor:
    """The fault-proof program in Go. ``log_level`` is one of its words, as ``INFO``."""

    log_level: str = "INFO"

    def oracle_command(self, config: VmConfig, data_dir: Path, inputs: LocalGameInputs) -> list[str]:
        """The server and its arguments."""
        command = [config.server, "--server", "--l1", config.l1, "--l1.beacon", config.l1_beacon]
        command += ["--l2", ",".join(config.l2s), "--datadir", str(data_dir)]
        command += ["--l1.head", to_hex(inputs.l1_head), "--l2.claim", to_hex(inputs.l2_claim)]
        command += ["--l2.blocknumber", str(inputs.l2_sequence_number)]
        command += _optional(
            ("--l2.head", "" if inputs.l2_head == ZERO_HASH else to_hex(inputs.l2_head)),
            ("--l2.outputroot", "" if inputs.l2_output_root == ZERO_HASH else to_hex(inputs.l2_output_root)),
            ("--l2.agreed-prestate", inputs.agreed_pre_state.hex()),
            ("--depset.config", config.depset_config_path),
            ("--network", ",".join(config.networks)),
            ("--rollup.config", ",".join(config.rollup_config_paths)),
            ("--l2.genesis", ",".join(config.l2_genesis_paths)),
            ("--l2.experimental", config.l2_experimental),
        )
        command += ["--log.level", self.log_level]
        if config.l2_custom:
            command.append("--l2.custom")
        return command + _optional(("--l1.chainconfig", config.l1_genesis_path))


def _kona_mode(native: bool, data_dir: Path) -> list[str]:
    return ["--native"] if native else ["--server", "--data-dir", str(data_dir)]


@dataclass(frozen=True, slots=True)
class KonaExecutor:
    """Kona's host, for one chain. ``native`` runs the program without a VM."""

    native: bool = False

    def oracle_command(self, config: VmConfig, data_dir: Path, inputs: LocalGameInputs) -> list[str]:
        """The server and its arguments; see :class:`OracleServerExecutor`."""
        if len(config.l2s) != 1 or len(config.rollup_config_paths) > 1 or len(config.networks) > 1:
            raise ConfigError("l2s: kona's host takes one chain here")
        command = [config.server, "single", "--l1-node-address", config.l1]
        command += ["--l1-beacon-address", config.l1_beacon, "--l2-node-address", config.l2s[0]]
        command += ["--l1-head", to_hex(inputs.l1_head)]
        command += ["--agreed-l2-head-hash", to_hex(inputs.l2_head)]
        command += ["--agreed-l2-output-root", to_hex(inputs.l2_output_root)]
        command += ["--claimed-l2-output-root", to_hex(inputs.l2_claim)]
        command += ["--claimed-l2-block-number", str(inputs.l2_sequence_number)]
        command += _kona_mode(self.native, data_dir)
        if config.rollup_config_paths:
            command += ["--rollup-config-path", config.rollup_config_paths[0]]
        elif config.networks:
            command += ["--l2-chain-id", str(chain_id_of(config.networks[0]))]
        else:
            raise ConfigError("networks, rollup_config_paths: kona's host needs one of them")
        return command + _optional(("--l1-config-path", config.l1_genesis_path))


@dataclass(frozen=True, slots=True)
class KonaSuperExecutor:
    """Kona's host, for super roots."""

    native: bool = False

    def oracle_command(self, config: VmConfig, data_dir: Path, inputs: LocalGameInputs) -> list[str]:
        """The server and its arguments; see :class:`OracleServerExecutor`."""
        if not inputs.agreed_pre_state:
            raise ConfigError("agreed_pre_state: kona's host needs the agreed state of a super root")
        command = [config.server, "super", "--l1-node-address", config.l1]
        command += ["--l1-beacon-address", config.l1_beacon, "--l2-node-addresses", ",".join(config.l2s)]
        command += ["--l1-head", to_hex(inputs.l1_head)]
        command += ["--agreed-l2-pre-state", inputs.agreed_pre_state.hex()]
        command += ["--claimed-l2-post-state", to_hex(inputs.l2_claim)]
        command += ["--claimed-l2-timestamp", str(inputs.l2_sequence_number)]
        command += _kona_mode(self.native, data_dir)
        return command + _optional(
            ("--rollup-config-paths", ",".join(config.rollup_config_paths)),
            ("--l1-config-path", config.l1_genesis_path),
            ("--depset-cfg", config.depset_config_path),
        )
