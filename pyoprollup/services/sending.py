"""What batcher and proposer have in common: rollup nodes to ask, and an account that sends to L1."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from pyoprollup import __version__
from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.eth.types import to_hex
from pyoprollup.events import Tell
from pyoprollup.l1.rpc import L1Client
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.l1_chain_config import L1ChainConfig
from pyoprollup.rollupapi import RollupClient, dial_rollup
from pyoprollup.rollupapi.provider import RollupOutputs
from pyoprollup.services.endpoints import L1Endpoints
from pyoprollup.services.running import Observability, RunningService
from pyoprollup.services.waiting import Waiting
from pyoprollup.services.watchdog import Readiness
from pyoprollup.telemetry.prometheus import MetricsExporter, tx_metrics
from pyoprollup.txmgr import LocalSigner, SimpleTxManager, TxManagerConfig
from pyoprollup.txmgr.service import SimpleTxmgrAPI

__all__ = ["Account", "RollupEndpoints", "SenderConfig", "SenderService"]

_LONGEST_STEP = 60.0
"""Seconds after which one piece of work is a fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupEndpoints:
    """Rollup nodes, in the order of preference. Times in seconds.

    With several, the one whose sequencer is active is asked, which is looked up every ``check_duration``.
    """

    urls: tuple[str, ...]
    timeout: float = 10.0
    check_duration: float = 120.0

    def __post_init__(self) -> None:
        if not self.urls:
            raise ConfigError("rollup_rpc: no endpoint is given")

    def open(
        self,
        stack: ExitStack,
        now: Callable[[], float],
        tell: Tell,
        on_changed: Callable[[RollupClient], None] = lambda _client: None,
    ) -> RollupOutputs:
        """The node, or the provider of the active one."""
        node = dial_rollup(self.urls, now, self.check_duration, self.timeout, on_changed, tell)
        stack.callback(node.close)
        return node

    def config(self) -> RollupConfig:
        """The rollup's configuration, from the first node that answers; raises ``Unavailable``."""
        failures: list[str] = []
        for url in self.urls:
            try:
                with RollupClient.dial(url, self.timeout) as client:
                    return client.rollup_config()
            except Unavailable as exc:
                failures.append(str(exc))
        raise Unavailable(f"no rollup node tells its configuration: {'; '.join(failures)}")

    def check(self, rollup: RollupConfig, waiting: Waiting) -> None:
        """Every node must be of this rollup: raises :class:`~pyoprollup.rollupapi.WrongRollup`."""
        for url in self.urls:
            with RollupClient.dial(url, self.timeout) as client:
                waiting.until("rollup", partial(client.check_chain, rollup, "rollup_rpc"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account that sends, and how. ``key`` has 32 bytes."""

    key: bytes
    config: TxManagerConfig

    def __repr__(self) -> str:
        return f"Account({to_hex(self.signer.address)})"

    @property
    def signer(self) -> LocalSigner:
        return LocalSigner(self.key, self.config.chain_id)

    def manager(self, l1: L1Client, now: Callable[[], float], tell: Tell) -> SimpleTxManager:
        """Its transaction manager; there must be only one for an account."""
        return SimpleTxManager(self.config, l1, self.signer, now, tell=tell)


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderConfig(ABC):
    """What batcher and proposer are both run with."""

    rollup: RollupConfig
    l1: L1Endpoints
    nodes: RollupEndpoints
    account: Account
    stopped: bool = False
    """Whether it waits to be started over its RPC."""
    l1_chain: L1ChainConfig | None = None

    @abstractmethod
    def check(self) -> None:
        """Raise :class:`ConfigError` unless the settings make sense together."""


C = TypeVar("C", bound=SenderConfig)


class SenderService(RunningService, Generic[C]):
    """A service that sends to L1. ``role`` is in its metrics; ``clock`` gives Unix seconds."""

    role = "sender"

    def __init__(
        self, config: C, seen: Observability, tell: Tell, *, clock: Callable[[], float] = time.time
    ) -> None:
        config.check()
        super().__init__(seen, tell, MetricsExporter(f"op_{self.role}"))
        self.config = config
        self._clock = clock

    def _open(
        self, stack: ExitStack, on_changed: Callable[[RollupClient], None] = lambda _client: None
    ) -> RollupOutputs:
        """Wait for L1 and the rollup nodes; the latter, of which ``on_changed`` is told the one in use."""
        self._open_account(stack)
        return self.config.nodes.open(stack, self._clock, self.tell, on_changed)

    def _open_account(self, stack: ExitStack) -> None:
        """Wait for L1 and the rollup nodes, and make the account that sends."""
        config, tell = self.config, self.tell
        self.l1 = stack.enter_context(config.l1.client(config.rollup, config.l1_chain, tell))
        self.waiting.until("l1", self.l1.check)
        config.nodes.check(config.rollup, self.waiting)
        self.manager = config.account.manager(self.l1, self._clock, tell)
        self.exporter.add(tx_metrics(self.manager.metrics))
        self.exporter.add(self._info)

    @abstractmethod
    def _admin_methods(self) -> Mapping[str, Callable[..., Any]]:
        """Methods for who may start and stop it."""

    def _methods(self) -> Mapping[str, Callable[..., Any]]:
        if not self.seen.admin:
            return {}
        return {**self._admin_methods(), **SimpleTxmgrAPI(self.manager.config).methods()}

    def readiness(self) -> Readiness:
        health = self.service.health
        if not health.running:
            return Readiness(False, (f"the service has ended: {health.error}",))
        busy = 0.0 if health.busy_since is None else self._clock() - health.busy_since
        if busy > _LONGEST_STEP:
            hangs = f"one step takes since {busy:.0f} s: a call of L1 or of the node hangs"
            return Readiness(False, (hangs,))
        return Readiness(True)

    def _info(self) -> Iterator[tuple[str, str, str, float, Mapping[str, str]]]:
        yield "gauge", "info", f"Version of the {self.role}", 1.0, {"version": f"v{__version__}"}
