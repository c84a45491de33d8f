"""``pyoprollup proposer``: the proposer as a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from pyoprollup.events import Schedule
from pyoprollup.node import Service
from pyoprollup.proposer import L2OutputSubmitter, ProposerAPI, ProposerConfig, RollupProposalSource
from pyoprollup.services.sending import SenderConfig, SenderService
from pyoprollup.telemetry.prometheus import proposer_metrics

__all__ = ["ProposerService", "ProposerServiceConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposerServiceConfig(SenderConfig):
    """What a proposer is run with."""

    proposer: ProposerConfig

    def check(self) -> None:
        """Raise :class:`ConfigError` unless the settings make sense together."""
        self.proposer.check()
        self.account.config.check()


class ProposerService(SenderService[ProposerServiceConfig]):
    """The service. Keeps nothing over a restart: what was proposed, L1 tells."""

    name = "proposer-service"
    role = "proposer"

    def _build(self, stack: ExitStack) -> None:
        config = self.config
        source = RollupProposalSource(self._open(stack))
        self.proposer = L2OutputSubmitter(
            config.proposer, self.l1, source, self.manager, self._clock, self.tell
        )
        if not config.stopped:
            self.proposer.start_l2_output_submitting()
        self.service = Service(Schedule({"proposer": self.proposer}), self._clock, "proposer")
        self.exporter.add(proposer_metrics(self.proposer.metrics))

    def _admin_methods(self) -> Mapping[str, Callable[..., Any]]:
        return ProposerAPI(self.proposer).methods()
