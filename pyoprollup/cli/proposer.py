"""``pyoprollup proposer``: puts output roots on L1, as dispute games."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoprollup.cli.log_options import LogOptions
from pyoprollup.cli.options import choice, option, service_command
from pyoprollup.cli.service_options import (
    L1Options,
    MetricsOptions,
    RollupRpcOptions,
    ServerOptions,
    TxOptions,
    address,
    read_l1_chain,
)
from pyoprollup.cli.services import run_service, service_log
from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import Address

if TYPE_CHECKING:
    from pyoprollup.services import Waiting

__all__ = ["PROPOSER_OPTIONS", "ProposerOptions", "proposer_command"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposerOptions:
    """What is proposed, and when. The defaults are op-proposer's."""

    factory: Address = option(
        "--game-factory-address", "The factory of dispute games on L1.", metavar="ADDRESS", parse=address
    )
    proposal_interval: float = option(
        "--proposal-interval", "Time between proposals.", metavar="SECONDS", unit="s"
    )
    game_type: int = option("--game-type", "Type of the games.", default=0, metavar="N")
    poll_interval: float = option(
        "--poll-interval", "Time between looks whether it is time.", default=6.0, metavar="SECONDS", unit="s"
    )
    proposal_source: str = option(
        "--proposal-source",
        "Which head is proposed: finalized or safe.",
        default="finalized",
        metavar="HEAD",
        parse=choice("finalized", "safe"),
    )
    allow_non_finalized: bool = option(
        "--allow-non-finalized/--no-allow-non-finalized",
        "Propose safe blocks; the same as --proposal-source safe.",
        default=False,
    )
    wait_node_sync: bool = option(
        "--wait-node-sync/--no-wait-node-sync", "Begin when the node has derived all of L1.", default=False
    )
    stopped: bool = option("--stopped/--no-stopped", "Wait for admin_startProposer.", default=False)

    def check(self) -> None:
        """Raise :class:`ConfigError` unless the options make sense together."""
        if self.proposal_interval <= 0:
            raise ConfigError(f"proposal_interval: must be above 0, not {self.proposal_interval}")


PROPOSER_OPTIONS = (
    L1Options,
    RollupRpcOptions,
    ProposerOptions,
    TxOptions,
    ServerOptions,
    MetricsOptions,
    LogOptions,
)
"""The classes of its options."""


@service_command("proposer", *PROPOSER_OPTIONS)
def proposer_command(
    l1: L1Options,
    node: RollupRpcOptions,
    options: ProposerOptions,
    txs: TxOptions,
    server: ServerOptions,
    metrics: MetricsOptions,
    logs: LogOptions,
) -> None:
    """Run a proposer: it creates a dispute game for the newest block that may be proposed, now and then.

    Stops at SIGINT or SIGTERM.
    """
    from pyoprollup.proposer import ProposalHead, ProposerConfig
    from pyoprollup.services import ProposerService, ProposerServiceConfig
    from pyoprollup.services.sending import Account

    key = txs.key()
    nodes = node.endpoints()
    safe = options.allow_non_finalized or options.proposal_source == "safe"
    proposer = ProposerConfig(
        game_factory_address=options.factory,
        proposal_interval=options.proposal_interval,
        game_type=options.game_type,
        proposal_source=ProposalHead.SAFE if safe else ProposalHead.FINALIZED,
        poll_interval=options.poll_interval,
        wait_node_sync=options.wait_node_sync,
        active_sequencer_check_duration=node.active_sequencer_check,
        network_timeout=node.network_timeout,
    )
    log = service_log(logs)

    def build(waiting: Waiting) -> ProposerService:
        rollup = waiting.until("rollup", nodes.config)
        config = ProposerServiceConfig(
            rollup=rollup,
            l1=l1.endpoints(rounds=1),
            nodes=nodes,
            account=Account(key=key, config=txs.tx_config(rollup.l1_chain_id)),
            proposer=proposer,
            stopped=options.stopped,
            l1_chain=read_l1_chain(l1.l1_chain_config),
        )
        return ProposerService(config, server.observability(metrics), log)

    run_service(build, log, "proposer")
