"""Options of ``pyoprollup program``: the claim, and where pre-images come from.

Aliases are op-program's flags.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoprollup.cli.games_options import hash_option
from pyoprollup.cli.inputs import config_of
from pyoprollup.cli.options import choice, option
from pyoprollup.cli.service_options import listed
from pyoprollup.errors import ConfigError, NotFound
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import Hash32
from pyoprollup.replay.recording import read_json

if TYPE_CHECKING:
    from pyoprollup.l1.rpc import L1Client
    from pyoprollup.program.host.host import Host
    from pyoprollup.program.host.local import Claim, CustomChain
    from pyoprollup.program.host.sources import HostSources
    from pyoprollup.rollup import RollupConfig

__all__ = ["ClaimOptions", "HostOptions", "open_host"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOptions:
    """What is claimed, and of which chains."""

    l1_head: Hash32 | None = option(
        "--l1-head",
        "Hash of the L1 block with which L1 ends; without it, L1's head.",
        default=None,
        metavar="HASH",
        parse=hash_option,
        alias="--l1.head",
    )
    l2_head: Hash32 | None = option(
        "--l2-head",
        "Hash of the L2 block that is agreed on.",
        default=None,
        metavar="HASH",
        parse=hash_option,
        alias="--l2.head",
    )
    agreed: int | None = option(
        "--agreed", "Its number, where its hash is not given.", default=None, metavar="N"
    )
    l2_output_root: Hash32 | None = option(
        "--l2-output-root",
        "Output root of the block that is agreed on; without it, what the node says.",
        default=None,
        metavar="HASH",
        parse=hash_option,
        alias="--l2.outputroot",
    )
    l2_claim: Hash32 | None = option(
        "--l2-claim",
        "The output root that is claimed; without it, what the node says.",
        default=None,
        metavar="HASH",
        parse=hash_option,
        alias="--l2.claim",
    )
    l2_block_number: int | None = option(
        "--l2-block-number",
        "Number of the block that it is claimed of; of a devnet, the safe head if none is given.",
        default=None,
        metavar="N",
        alias="--l2.blocknumber",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOptions:
    """Where pre-images come from: a devnet's folder, nodes, or a folder of them alone."""

    devnet: Path | None = option(
        "--devnet", "The folder of a devnet, which does not run now.", default=None, metavar="FOLDER"
    )
    l1: tuple[str, ...] = option("--l1", "JSON-RPC of L1.", default=(), metavar="URL")
    l1_beacon: tuple[str, ...] = option(
        "--l1-beacon", "Beacon API of L1.", default=(), metavar="URL", alias="--l1.beacon"
    )
    l2: tuple[str, ...] = option(
        "--l2", "JSON-RPC of an execution client of L2, with its debug methods.", default=(), metavar="URL"
    )
    network: str | None = option(
        "--network", "The rollup, by name or chain id.", default=None, metavar="NAME"
    )
    rollup_config: Path | None = option(
        "--rollup-config",
        "The rollup by its rollup.json, which the program is then given.",
        default=None,
        metavar="FILE",
        alias="--rollup.config",
    )
    l1_chain_config: Path | None = option(
        "--l1-chain-config",
        "Chain configuration of L1 in go-ethereum's form, for a rollup that is given by its file.",
        default=None,
        metavar="FILE",
        alias="--l1.chainconfig",
    )
    datadir: Path | None = option(
        "--datadir",
        "Folder to keep pre-images in; without one they are kept in memory.",
        default=None,
        metavar="FOLDER",
    )
    data_format: str = option(
        "--data-format",
        "Form of a new folder: file or directory.",
        default="directory",
        metavar="FORM",
        parse=choice("file", "directory"),
        alias="--data.format",
    )
    timeout: float = option(
        "--network-timeout", "Limit for a call of a node.", default=10.0, metavar="SECONDS", unit="s"
    )

    def require_consistent(self) -> None:
        """Raise :class:`ConfigError` for what does not go together."""
        if self.devnet is not None and (self.l1 or self.l2):
            raise ConfigError("devnet: is in the place of nodes")
        if bool(self.l1) != bool(self.l2):
            raise ConfigError(f"{'l2' if self.l1 else 'l1'}: is needed as well")


@contextmanager
def open_host(claim: ClaimOptions, options: HostOptions) -> Iterator[tuple[Host, Claim]]:
    """The host that the options describe, and the claim in full. Raises :class:`ConfigError`."""
    options.require_consistent()
    if options.devnet is not None:
        with _devnet_host(options.devnet, claim, options) as made:
            yield made
    elif options.l1:
        with _node_host(claim, options) as made:
            yield made
    else:
        yield _offline_host(claim, options)


@contextmanager
def _devnet_host(folder: Path, claim: ClaimOptions, options: HostOptions) -> Iterator[tuple[Host, Claim]]:
    from pyoprollup.devnet.programs import devnet_in_folder

    with devnet_in_folder(folder) as devnet:
        agreed, claimed = claim.agreed, claim.l2_block_number
        if claim.l2_head is not None:
            agreed = devnet.sources.l2.header(claim.l2_head).number
        try:
            made = devnet.claim(
                devnet.config.genesis.l2.number if agreed is None else agreed,
                devnet.safe_number if claimed is None else claimed,
                claim.l2_claim,
                claim.l1_head,
            )
        except NotFound as exc:
            raise ConfigError(f"l2_block_number: {exc}") from exc
        yield _host(made, options, devnet.sources), made


@contextmanager
def _node_host(claim: ClaimOptions, options: HostOptions) -> Iterator[tuple[Host, Claim]]:
    from pyoprollup.program.host.local import Claim
    from pyoprollup.services.endpoints import L1Endpoints
    from pyoprollup.services.program_host import open_program_nodes

    config, chain = _chain(options)
    endpoints = L1Endpoints(
        urls=listed(options.l1), beacons=listed(options.l1_beacon), timeout=options.timeout
    )
    with open_program_nodes(config, endpoints, listed(options.l2), lambda _happening: None) as nodes:
        number = _given("l2_block_number", claim.l2_block_number)
        head = claim.l2_head or _l2_hash(nodes.l2, _given("agreed", claim.agreed))
        made = Claim(
            claim.l1_head or nodes.l1.l1_block_ref_by_label(BlockLabel.UNSAFE).hash,
            head,
            claim.l2_output_root or nodes.sources.l2.output(head).root(),
            claim.l2_claim or nodes.sources.l2.output(_l2_hash(nodes.l2, number)).root(),
            number,
            chain,
        )
        yield _host(made, options, nodes.sources), made


def _l2_hash(client: L1Client, number: int) -> Hash32:
    return client.header_by_number(number).info.hash


def _offline_host(claim: ClaimOptions, options: HostOptions) -> tuple[Host, Claim]:
    from pyoprollup.program.host.local import Claim

    if options.datadir is None:
        raise ConfigError("datadir: is needed without nodes and without a devnet")
    _, chain = _chain(options)
    made = Claim(
        _given("l1_head", claim.l1_head),
        claim.l2_head or Hash32(bytes(32)),
        _given("l2_output_root", claim.l2_output_root),
        _given("l2_claim", claim.l2_claim),
        _given("l2_block_number", claim.l2_block_number),
        chain,
    )
    return _host(made, options, None), made


def _given(name: str, value: Any) -> Any:
    if value is None:
        raise ConfigError(f"{name}: is needed without a devnet")
    return value


def _chain(options: HostOptions) -> tuple[RollupConfig, int | CustomChain]:
    from pyoprollup.program.host.local import CustomChain

    if options.network is None and options.rollup_config is None:
        raise ConfigError("network: is needed, or a rollup configuration")
    config = config_of(options.network, options.rollup_config, "")
    if options.rollup_config is None:
        return config, config.l2_chain_id
    if options.l1_chain_config is None:
        raise ConfigError("l1_chain_config: is needed with a rollup configuration")
    value = read_json(options.l1_chain_config)
    wrapped = value.get("config") if isinstance(value, dict) else None
    return config, CustomChain(config, wrapped if isinstance(wrapped, dict) else value)


def _host(claim: Claim, options: HostOptions, sources: HostSources | None) -> Host:
    from pyoprollup.program.host.host import Host
    from pyoprollup.program.host.local import local_preimages
    from pyoprollup.program.host.prefetcher import Prefetcher
    from pyoprollup.program.host.stores import open_store

    store = open_store(options.datadir, options.data_format)
    prefetcher = None if sources is None else Prefetcher(store, sources, claim.l2_head)
    return Host(local_preimages(claim), store, prefetcher)
