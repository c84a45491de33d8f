"""``pyoprollup dispute-mon``: looks at all dispute games, whether each goes as it should."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoprollup.cli.dispute_mon_view import print_report
from pyoprollup.cli.log_options import LogOptions
from pyoprollup.cli.options import option, service_command
from pyoprollup.cli.output import print_json
from pyoprollup.cli.service_options import (
    L1Options,
    MetricsOptions,
    ServerOptions,
    address,
    addresses,
    listed,
    read_l1_chain,
    super_roots_of_games,
)
from pyoprollup.cli.services import run_service, service_log
from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import ZERO_ADDRESS, Address
from pyoprollup.rollup import load_chain

if TYPE_CHECKING:
    from pyoprollup.dispute_mon import Report
    from pyoprollup.events import Tell
    from pyoprollup.rollup.config import RollupConfig
    from pyoprollup.services import DisputeMonServiceConfig, Waiting

__all__ = ["DISPUTE_MON_OPTIONS", "DisputeMonOptions", "dispute_mon_command"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeMonOptions:
    """What is looked at, by whose help, and how often. The defaults are op-dispute-mon's."""

    rollup_rpc: tuple[str, ...] = option(
        "--rollup-rpc",
        "JSON-RPC of a rollup node. Several, repeated or with commas, are all asked, and have to agree.",
        default=(),
        metavar="URL",
    )
    super_root_rpc: tuple[str, ...] = super_roots_of_games(
        "JSON-RPC of a source of super roots, for games about several chains. Several are all asked."
    )
    factory: Address | None = option(
        "--game-factory-address",
        "The factory of dispute games on L1; without it, the one that the rollup's portal uses.",
        default=None,
        metavar="ADDRESS",
        parse=address,
    )
    network: str = option(
        "--network",
        "The rollup, by name or chain id, as in the superchain registry; without it, a rollup node is asked.",
        default="",
        metavar="NAME",
    )
    honest_actors: tuple[str, ...] = option(
        "--honest-actors",
        "Accounts whose claims, bonds and withdrawals are looked at by themselves.",
        default=(),
        metavar="ADDRESS",
    )
    ignored_games: tuple[str, ...] = option(
        "--ignored-games", "Games that are not looked at.", default=(), metavar="ADDRESS"
    )
    monitor_interval: float = option(
        "--monitor-interval", "Time between looks.", default=30.0, metavar="SECONDS", unit="s"
    )
    game_window: float = option(
        "--game-window",
        "How far back games are looked at: with the time in which bonds are claimed.",
        default=2_419_200.0,
        metavar="SECONDS",
        unit="s",
    )
    max_concurrency: int = option(
        "--max-concurrency", "Games that are read at a time.", default=5, metavar="N"
    )
    network_timeout: float = option(
        "--network-timeout", "Limit for a call of a node.", default=10.0, metavar="SECONDS", unit="s"
    )
    once: bool = option("--once/--no-once", "Look once, print what there is, and end.", default=False)
    as_json: bool = option("--json/--no-json", "With --once, print JSON.", default=False)

    def check(self) -> None:
        """Raise :class:`ConfigError` unless the options make sense together."""
        if self.as_json and not self.once:
            raise ConfigError("as_json: is for --once")
        if not listed(self.rollup_rpc) and not listed(self.super_root_rpc):
            raise ConfigError("rollup_rpc: give --rollup-rpc or --superroot-rpc")
        if not listed(self.rollup_rpc) and not self.network:
            raise ConfigError("network: is needed without --rollup-rpc")
        for name in ("honest_actors", "ignored_games"):
            addresses(name, getattr(self, name))


DISPUTE_MON_OPTIONS = (L1Options, DisputeMonOptions, ServerOptions, MetricsOptions, LogOptions)
"""The classes of its options."""


@service_command("dispute-mon", *DISPUTE_MON_OPTIONS)
def dispute_mon_command(
    l1: L1Options,
    options: DisputeMonOptions,
    server: ServerOptions,
    metrics: MetricsOptions,
    logs: LogOptions,
) -> None:
    """Run a monitor of dispute games: who wins, who should, and whether all bonds are where they belong.

    It sends nothing and needs no account. Stops at SIGINT or SIGTERM.
    """
    from pyoprollup.services import DisputeMonService

    log = service_log(logs)
    if options.once:
        _print_once(_config(l1, options, _rollup(options)), log, options.as_json)
        return

    def build(waiting: Waiting) -> DisputeMonService:
        rollup = waiting.until("rollup", lambda: _rollup(options))
        return DisputeMonService(_config(l1, options, rollup), server.observability(metrics), log)

    run_service(build, log, "dispute-mon")


def _rollup(options: DisputeMonOptions) -> RollupConfig:
    """The rollup's configuration: from the registry, or from the first node that answers."""
    from pyoprollup.services.sending import RollupEndpoints

    if options.network:
        return load_chain(options.network)
    return RollupEndpoints(urls=listed(options.rollup_rpc), timeout=options.network_timeout).config()


def _config(l1: L1Options, options: DisputeMonOptions, rollup: RollupConfig) -> DisputeMonServiceConfig:
    from pyoprollup.dispute_mon import DisputeMonConfig, honest_actors
    from pyoprollup.services import DisputeMonServiceConfig

    config = DisputeMonServiceConfig(
        rollup=rollup,
        l1=l1.endpoints(rounds=1),
        monitor=DisputeMonConfig(
            game_factory_address=options.factory or ZERO_ADDRESS,
            honest_actors=honest_actors(*addresses("honest_actors", options.honest_actors)),
            ignored_games=frozenset(addresses("ignored_games", options.ignored_games)),
            monitor_interval=options.monitor_interval,
            game_window=options.game_window,
            max_concurrency=options.max_concurrency,
        ),
        rollup_rpcs=listed(options.rollup_rpc),
        super_root_rpcs=listed(options.super_root_rpc),
        timeout=options.network_timeout,
        l1_chain=read_l1_chain(l1.l1_chain_config),
    )
    config.check()
    return config


def _print_once(config: DisputeMonServiceConfig, log: Tell, as_json: bool) -> None:
    from pyoprollup.dispute_mon import report_json

    report = _look(config, log)
    if as_json:
        print_json(report_json(report))
    else:
        print_report(report)


def _look(config: DisputeMonServiceConfig, log: Tell) -> Report:
    import time
    from contextlib import ExitStack

    from pyoprollup.services.dispute_mon import open_monitor

    with ExitStack() as stack:
        report = open_monitor(config, stack, time.time, log).look(time.time())
    assert report is not None  # The first look has no head to be behind of.
    return report
