"""``pyoprollup challenger``: plays dispute games, so that no wrong root stands and no right one falls."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyoprollup.cli.log_options import LogOptions
from pyoprollup.cli.options import option, service_command
from pyoprollup.cli.service_options import (
    L1Options,
    MetricsOptions,
    RollupRpcOptions,
    ServerOptions,
    TxOptions,
    address,
    addresses,
    first,
    l2_of_games,
    listed,
    read_l1_chain,
    super_roots_of_games,
)
from pyoprollup.cli.services import run_service, service_log
from pyoprollup.cli.vm_options import VmOptions
from pyoprollup.eth.types import Address

if TYPE_CHECKING:
    from pyoprollup.challenger.config import ChallengerConfig
    from pyoprollup.services import Waiting
    from pyoprollup.services.challenger import ChallengerService

__all__ = ["CHALLENGER_OPTIONS", "ChallengerOptions", "challenger_command"]

_CPUS = os.cpu_count() or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengerOptions:
    """Which games are played, and how. The defaults are op-challenger's."""

    factory: Address = option(
        "--game-factory-address", "The factory of dispute games on L1.", metavar="ADDRESS", parse=address
    )
    datadir: Path = option("--datadir", "Folder for the files of games.", metavar="FOLDER")
    l2: tuple[str, ...] = l2_of_games()
    super_root_rpc: tuple[str, ...] = super_roots_of_games(
        "JSON-RPC of a source of super roots, for games about them. It must know all chains. Several are all"
        " asked."
    )
    game_types: tuple[str, ...] = option(
        "--game-types",
        "Types of games to play, by name. Others that are known are still closed, and their bonds claimed.",
        default=("cannon-kona",),
        metavar="NAME",
    )
    game_allowlist: tuple[str, ...] = option(
        "--game-allowlist", "The only games to look at.", default=(), metavar="ADDRESS"
    )
    game_window: float = option(
        "--game-window",
        "Age up to which games are looked at: with the time in which bonds are claimed.",
        default=2_419_200.0,
        metavar="SECONDS",
        unit="s",
    )
    max_concurrency: int = option(
        "--max-concurrency",
        "Games that are looked at at a time; 0: one for each CPU.",
        default=0,
        metavar="N",
    )
    max_pending_tx: int = option(
        "--max-pending-tx", "Transactions on their way at a time; 0: no limit.", default=10, metavar="N"
    )
    poll_interval: float = option(
        "--http-poll-interval",
        "Time between looks for a new L1 block, if no WebSocket tells of it.",
        default=12.0,
        metavar="SECONDS",
        unit="s",
    )
    min_update_interval: float = option(
        "--min-update-interval",
        "Time of L1 between looks at all games.",
        default=0.0,
        metavar="SECONDS",
        unit="s",
    )
    claimants: tuple[str, ...] = option(
        "--additional-bond-claimants",
        "Accounts besides our own for which bonds are claimed.",
        default=(),
        metavar="ADDRESS",
    )
    selective: bool = option(
        "--selective-claim-resolution/--no-selective-claim-resolution",
        "Resolve claims only if the bond comes to one of our accounts, and no games.",
        default=False,
    )
    allow_invalid_prestate: bool = option(
        "--unsafe-allow-invalid-prestate/--no-unsafe-allow-invalid-prestate",
        "Play games that begin from another pre-state than ours. Bonds will be lost.",
        default=False,
    )
    response_delay: float = option(
        "--response-delay",
        "Hold answers back, unless our clock is in its extension.",
        default=0.0,
        metavar="SECONDS",
        unit="s",
    )
    response_delay_after: int = option(
        "--response-delay-after", "Answers in a game before they are held back.", default=0, metavar="N"
    )
    stopped: bool = option("--stopped/--no-stopped", "Wait for admin_startChallenger.", default=False)

    def config(self) -> ChallengerConfig:
        """The challenger's settings; raises :class:`ConfigError`."""
        from pyoprollup.challenger.config import ChallengerConfig
        from pyoprollup.challenger.game_types import parse_game_type

        config = ChallengerConfig(
            game_factory_address=self.factory,
            game_types=tuple(map(parse_game_type, listed(self.game_types))),
            game_allowlist=addresses("game_allowlist", self.game_allowlist),
            game_window=round(self.game_window),
            max_concurrency=self.max_concurrency or _CPUS,
            max_pending_tx=self.max_pending_tx,
            poll_interval=self.poll_interval,
            min_update_interval=round(self.min_update_interval),
            selective_claim_resolution=self.selective,
            additional_bond_claimants=addresses("claimants", self.claimants),
            allow_invalid_prestate=self.allow_invalid_prestate,
            response_delay=round(self.response_delay),
            response_delay_after=self.response_delay_after,
        )
        config.check()
        return config


CHALLENGER_OPTIONS = (
    L1Options,
    RollupRpcOptions,
    ChallengerOptions,
    VmOptions,
    TxOptions,
    ServerOptions,
    MetricsOptions,
    LogOptions,
)
"""The classes of its options."""


@service_command("challenger", *CHALLENGER_OPTIONS)
def challenger_command(
    l1: L1Options,
    node: RollupRpcOptions,
    options: ChallengerOptions,
    vms: VmOptions,
    txs: TxOptions,
    server: ServerOptions,
    metrics: MetricsOptions,
    logs: LogOptions,
) -> None:
    """Run a challenger: it plays the dispute games of a factory, and gets the bonds of the finished ones.

    Of several rollup nodes all are asked, and those that are in sync have to agree.

    Stops at SIGINT or SIGTERM.
    """
    from pyoprollup.services.challenger import ChallengerService, ChallengerServiceConfig
    from pyoprollup.services.sending import Account

    key = txs.key()
    nodes = node.endpoints()
    challenger = options.config()
    vm_settings = vms.settings(challenger.game_types, first("l1", l1.l1), listed(options.l2))
    log = service_log(logs)

    def build(waiting: Waiting) -> ChallengerService:
        rollup = waiting.until("rollup", nodes.config)
        config = ChallengerServiceConfig(
            rollup=rollup,
            l1=l1.endpoints(rounds=1),
            nodes=nodes,
            account=Account(key=key, config=txs.tx_config(rollup.l1_chain_id)),
            challenger=challenger,
            l2=first("l2_eth_rpc", options.l2),
            datadir=options.datadir,
            vms=vm_settings,
            super_root_rpcs=listed(options.super_root_rpc),
            stopped=options.stopped,
            l1_chain=read_l1_chain(l1.l1_chain_config),
        )
        return ChallengerService(config, server.observability(metrics), log)

    run_service(build, log, "challenger")
