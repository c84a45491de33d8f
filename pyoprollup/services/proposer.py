"""``pyoprollup proposer``: the proposer as a service."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from pyoprollup import __version__
from pyoprollup.events import Schedule, Tell
from pyoprollup.node import Service
from pyoprollup.proposer import L2OutputSubmitter, ProposerAPI, ProposerConfig, RollupProposalSource
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.l1_chain_config import L1ChainConfig
from pyoprollup.services.endpoints import L1Endpoints
from pyoprollup.services.running import Observability, RunningService
from pyoprollup.services.sending import Account, RollupEndpoints, sender_readiness
from pyoprollup.services.watchdog import Readiness
from pyoprollup.telemetry.prometheus import MetricsExporter, proposer_metrics, tx_metrics
from pyoprollup.txmgr.service import SimpleTxmgrAPI

__all__ = ["ProposerService", "ProposerServiceConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposerServiceConfig:
    """What a proposer is run with."""

    rollup: RollupConfig
    l1: L1Endpoints
    nodes: RollupEndpoints
    account: Account
    proposer: ProposerConfig
    stopped: bool = False
    """Whether it waits to be started over its RPC."""
    l1_chain: L1ChainConfig | None = None

    def check(self) -> None:
        """Raise :class:`ConfigError` unless the settings make sense together."""
        self.proposer.check()
        self.account.config.check()


class ProposerService(RunningService):
    """The service. Keeps nothing over a restart: what was proposed, L1 tells."""

    name = "proposer-service"

    def __init__(
        self,
        config: ProposerServiceConfig,
        seen: Observability,
        tell: Tell,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        config.check()
        super().__init__(seen, tell, MetricsExporter("op_proposer"))
        self.config = config
        self._clock = clock

    def _build(self, stack: ExitStack) -> None:
        config, tell = self.config, self.tell
        self.l1 = stack.enter_context(config.l1.client(config.rollup, config.l1_chain, tell))
        self.waiting.until("l1", self.l1.check)
        config.nodes.check(config.rollup, self.waiting)
        node = config.nodes.open(stack, self._clock, tell)
        self.manager = config.account.manager(self.l1, self._clock, tell)
        self.proposer = L2OutputSubmitter(
            config.proposer, self.l1, RollupProposalSource(node), self.manager, self._clock, tell
        )
        if not config.stopped:
            self.proposer.start_l2_output_submitting()
        self._service = Service(Schedule({"proposer": self.proposer}), self._clock, "proposer")
        self.exporter.add(proposer_metrics(self.proposer.metrics))
        self.exporter.add(tx_metrics(self.manager.metrics))
        self.exporter.add(self._info)

    @property
    def service(self) -> Service:
        return self._service

    def _methods(self) -> Mapping[str, Callable[..., Any]]:
        if not self.seen.admin:
            return {}
        return {**ProposerAPI(self.proposer).methods(), **SimpleTxmgrAPI(self.manager.config).methods()}

    def readiness(self) -> Readiness:
        health = self.service.health
        busy = None if health.busy_since is None else self._clock() - health.busy_since
        return sender_readiness(health.running, health.error, busy, None)

    def _info(self) -> Iterator[tuple[str, str, str, float, Mapping[str, str]]]:
        yield "gauge", "info", "Version of the proposer", 1.0, {"version": f"v{__version__}"}
