"""``pyoprollup node``: a rollup node that follows an L1 and drives an engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pyoprollup.cli.inputs import given_config
from pyoprollup.cli.l1_data import BUNDLE_FLAG, BUNDLE_HELP, BUNDLE_METAVAR, bundles_of
from pyoprollup.cli.log_options import LogOptions
from pyoprollup.cli.options import choice, option, service_command
from pyoprollup.cli.service_options import (
    BeaconOptions,
    L1Options,
    MetricsOptions,
    ServerOptions,
    read_l1_chain,
)
from pyoprollup.cli.services import run_service, service_log
from pyoprollup.errors import ConfigError
from pyoprollup.rollup import RollupConfig
from pyoprollup.rpc.jwt import read_secret

__all__ = ["NODE_OPTIONS", "NodeOptions", "node_command"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeOptions:
    """What the node follows and drives."""

    network: str | None = option(
        "--network", "The chain, by its name or chain id.", default=None, metavar="CHAIN", alias="--chain"
    )
    rollup_config: Path | None = option(
        "--rollup-config",
        "The chain's rollup.json.",
        default=None,
        metavar="FILE",
        alias="--rollup.config",
    )
    upgrade_bundles: tuple[str, ...] = option(BUNDLE_FLAG, BUNDLE_HELP, default=(), metavar=BUNDLE_METAVAR)
    l2: str = option("--l2", "Engine API of the execution client.", metavar="URL")
    jwt_secret: Path = option(
        "--l2-jwt-secret",
        "File of the secret that the engine has, too.",
        metavar="FILE",
        alias="--l2.jwt-secret",
    )
    engine_timeout: float = option(
        "--l2-engine-rpc-timeout",
        "Limit for a call of the engine.",
        default=10.0,
        metavar="SECONDS",
        unit="s",
        alias="--l2.engine-rpc-timeout",
    )
    sync_mode: str = option(
        "--syncmode",
        "Who brings the chain up to date at first: consensus-layer (this node) or execution-layer.",
        default="consensus-layer",
        metavar="MODE",
        parse=choice("consensus-layer", "execution-layer"),
    )
    skip_sync_start_check: bool = option(
        "--l2-skip-sync-start-check/--no-l2-skip-sync-start-check",
        "Believe the engine's safe head at the start.",
        default=False,
        alias="--l2.skip-sync-start-check",
    )
    l1_poll_interval: float = option(
        "--l1-http-poll-interval",
        "Time between looks at L1's head.",
        default=4.0,
        metavar="SECONDS",
        unit="s",
        alias="--l1.http-poll-interval",
    )
    epoch_poll_interval: float = option(
        "--l1-epoch-poll-interval",
        "Time between looks at L1's safe and finalized blocks.",
        default=12.0,
        metavar="SECONDS",
        unit="s",
        alias="--l1.epoch-poll-interval",
    )
    l1_max_concurrency: int = option(
        "--l1-max-concurrency",
        "Reads of L1 at a time.",
        default=10,
        metavar="N",
        alias="--l1.max-concurrency",
    )
    verifier_l1_confs: int = option(
        "--verifier-l1-confs",
        "L1 blocks on top of one that is derived from.",
        default=0,
        metavar="N",
        alias="--verifier.l1-confs",
    )
    finality_lookback: int | None = option(
        "--finality-lookback",
        "L1 blocks that are remembered until they are final.",
        default=None,
        metavar="N",
        alias="--finality.lookback",
    )
    finality_delay: int | None = option(
        "--finality-delay",
        "L1 blocks between attempts to finalize while catching up.",
        default=None,
        metavar="N",
        alias="--finality.delay",
    )
    safedb: Path | None = option(
        "--safedb-path",
        "Keep a safe-head database in this file, for optimism_safeHeadAtL1Block.",
        default=None,
        metavar="FILE",
        alias="--safedb.path",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SequencerOptions:
    """Whether and how the node makes blocks."""

    sequencer: bool = option(
        "--sequencer-enabled/--no-sequencer-enabled",
        "Make blocks.",
        default=False,
        alias="--sequencer.enabled",
    )
    stopped: bool = option(
        "--sequencer-stopped/--no-sequencer-stopped",
        "Wait for admin_startSequencer, unless the state that was kept says otherwise.",
        default=False,
        alias="--sequencer.stopped",
    )
    sequencer_l1_confs: int = option(
        "--sequencer-l1-confs",
        "L1 blocks on top of one that becomes an L1 origin.",
        default=4,
        metavar="N",
        alias="--sequencer.l1-confs",
    )
    max_safe_lag: int = option(
        "--sequencer-max-safe-lag",
        "Make no blocks while the safe head is so many behind; 0: no limit.",
        default=0,
        metavar="N",
        alias="--sequencer.max-safe-lag",
    )
    recover: bool = option(
        "--sequencer-recover/--no-sequencer-recover",
        "Make empty blocks that catch up with L1.",
        default=False,
        alias="--sequencer.recover",
    )
    admin_state: Path | None = option(
        "--rpc-admin-state",
        "File that keeps over restarts whether the sequencer runs.",
        default=None,
        metavar="FILE",
        alias="--rpc.admin-state",
    )
    conductor_rpc: str | None = option(
        "--conductor-rpc",
        "JSON-RPC of the conductor that decides who leads.",
        default=None,
        metavar="URL",
        alias="--conductor.rpc",
    )
    conductor_timeout: float = option(
        "--conductor-rpc-timeout",
        "Limit for a call of the conductor.",
        default=1.0,
        metavar="SECONDS",
        unit="s",
        alias="--conductor.rpc-timeout",
    )


NODE_OPTIONS = (
    NodeOptions,
    L1Options,
    BeaconOptions,
    SequencerOptions,
    ServerOptions,
    MetricsOptions,
    LogOptions,
)
"""The classes of its options."""


@service_command("node", *NODE_OPTIONS)
def node_command(
    options: NodeOptions,
    l1: L1Options,
    beacon: BeaconOptions,
    sequencer: SequencerOptions,
    server: ServerOptions,
    metrics: MetricsOptions,
    logs: LogOptions,
) -> None:
    """Run a rollup node: it follows L1, derives the chain, drives an engine, and may sequence.

    Stops at SIGINT or SIGTERM, within ten seconds; at a second one at once.
    """
    from pyoprollup.engine import SyncMode
    from pyoprollup.node import NodeOptions as CoreOptions
    from pyoprollup.services import RollupNodeConfig, RollupNodeService

    rollup = _rollup(options)
    _check_blobs(rollup, beacon)
    log = service_log(logs)
    config = RollupNodeConfig(
        rollup=rollup,
        l1=l1.endpoints(None if beacon.l1_beacon_ignore else beacon),
        engine_url=options.l2,
        jwt_secret=read_secret(options.jwt_secret),
        l1_chain=read_l1_chain(l1.l1_chain_config),
        bundles=bundles_of(options.upgrade_bundles) if options.upgrade_bundles else None,
        node=CoreOptions(
            sync_mode=SyncMode(options.sync_mode),
            verifier_conf_depth=options.verifier_l1_confs,
            sequencer_conf_depth=sequencer.sequencer_l1_confs,
            skip_sync_start_check=options.skip_sync_start_check,
            finality_lookback=options.finality_lookback,
            finality_delay=options.finality_delay,
        ),
        engine_timeout=options.engine_timeout,
        l1_poll_interval=options.l1_poll_interval,
        epoch_poll_interval=options.epoch_poll_interval,
        l1_max_concurrency=options.l1_max_concurrency,
        safe_db=options.safedb,
        sequencer=sequencer.sequencer,
        sequencer_stopped=sequencer.stopped,
        sequencer_state=sequencer.admin_state,
        max_safe_lag=sequencer.max_safe_lag,
        recover=sequencer.recover,
        conductor_url=sequencer.conductor_rpc,
        conductor_timeout=sequencer.conductor_timeout,
    )
    seen = server.observability(metrics)
    run_service(
        lambda _waiting: RollupNodeService(config, seen, log, set_log_level=log.set_level),
        log,
        f"rollup node of chain {rollup.l2_chain_id}",
    )


def _rollup(options: NodeOptions) -> RollupConfig:
    found = given_config(options.network, options.rollup_config)
    if found is None:
        raise ConfigError("network: give --network or --rollup-config")
    return found


def _check_blobs(rollup: RollupConfig, beacon: BeaconOptions) -> None:
    if beacon.l1_beacon or beacon.l1_beacon_fallbacks or beacon.l1_beacon_ignore:
        return
    if rollup.ecotone_time is not None:
        raise ConfigError("l1_beacon: the chain may have blobs; give --l1-beacon, or --l1-beacon-ignore")
