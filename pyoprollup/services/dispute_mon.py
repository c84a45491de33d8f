"""``pyoprollup dispute-mon``: the monitor of games as a service, or for one look."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pyoprollup import __version__
from pyoprollup.bindings import load_contract
from pyoprollup.challenger.trace.super_node import SuperNodeClient
from pyoprollup.dispute_mon import (
    DisputeMonConfig,
    GameExtractor,
    GameMonitor,
    Sources,
)
from pyoprollup.errors import ConfigError, DecodeError, Unavailable
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import ZERO_ADDRESS, Address
from pyoprollup.events import News, Schedule, Tell
from pyoprollup.l1.rpc import L1Client
from pyoprollup.node import Service
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.l1_chain_config import L1ChainConfig
from pyoprollup.rollupapi import RollupClient
from pyoprollup.services.endpoints import L1Endpoints
from pyoprollup.services.running import Observability, RunningService
from pyoprollup.services.waiting import Waiting
from pyoprollup.services.watchdog import Readiness
from pyoprollup.sources.l1 import CallFailed
from pyoprollup.telemetry.dispute_mon import dispute_mon_metrics
from pyoprollup.telemetry.prometheus import MetricsExporter

__all__ = ["DisputeMonService", "DisputeMonServiceConfig", "find_game_factory", "open_monitor"]

T = TypeVar("T")
U = TypeVar("U")

_ANY = Address(b"\x01" * 20)
"""Stands for a factory that is not known yet."""
_LONGEST_LOOK = 900.0
"""Seconds after which one look at all games is a fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeMonServiceConfig:
    """What a monitor is run with.

    All nodes of ``rollup_rpcs`` are asked, and all sources of ``super_root_rpcs``; ``timeout`` in seconds for
    each call. If the factory in ``monitor`` is the zero address, it is the one that the rollup's portal uses.
    """

    rollup: RollupConfig
    l1: L1Endpoints
    monitor: DisputeMonConfig
    rollup_rpcs: tuple[str, ...] = ()
    super_root_rpcs: tuple[str, ...] = ()
    timeout: float = 10.0
    l1_chain: L1ChainConfig | None = None

    def check(self) -> None:
        """Raise :class:`ConfigError` unless the settings make sense together."""
        if not self.rollup_rpcs and not self.super_root_rpcs:
            raise ConfigError("rollup_rpc: neither a rollup node nor a source of super roots is given")
        factory = self.monitor.game_factory_address
        known = self.monitor if factory != ZERO_ADDRESS else replace(self.monitor, game_factory_address=_ANY)
        known.check()


def find_game_factory(l1: L1Client, portal: Address) -> Address:
    """The factory whose games a rollup's portal takes.

    Raises :class:`ConfigError` if the portal is older than dispute games, or is none.
    """
    try:
        factory: Address = (
            load_contract("OptimismPortal2")
            .at(portal, l1)
            .read("disputeGameFactory", block=BlockLabel.UNSAFE)
        )
    except (CallFailed, DecodeError) as exc:
        raise ConfigError(f"game_factory_address: the portal of the rollup tells none: {exc}") from exc
    if factory == ZERO_ADDRESS:
        raise ConfigError("game_factory_address: the portal of the rollup has none")
    return factory


def open_monitor(
    config: DisputeMonServiceConfig,
    stack: ExitStack,
    clock: Callable[[], float],
    tell: Tell,
    waiting: Waiting | None = None,
) -> GameMonitor:
    """A monitor with its clients; what must be closed goes onto ``stack``.

    With ``waiting`` an L1 that is not there yet is waited for, else that raises ``Unavailable``. Nodes may
    come later in either case, but one of another chain is refused.
    """
    config.check()
    l1 = stack.enter_context(config.l1.client(config.rollup, config.l1_chain, tell))
    until: Callable[[str, Callable[[], Any]], Any] = _now if waiting is None else waiting.until
    until("l1", l1.check)
    nodes = [stack.enter_context(RollupClient.dial(url, config.timeout)) for url in config.rollup_rpcs]
    super_roots = [SuperNodeClient.dial(url, config.timeout) for url in config.super_root_rpcs]
    for source in super_roots:
        stack.callback(source.close)
    _check_nodes(nodes, config.rollup, tell)
    factory = config.monitor.game_factory_address
    if factory == ZERO_ADDRESS:
        portal = config.rollup.deposit_contract_address
        factory = until("game-factory", lambda: find_game_factory(l1, portal))
    monitor = replace(config.monitor, game_factory_address=factory)
    monitor.check()
    executor = ThreadPoolExecutor(monitor.max_concurrency, thread_name_prefix="dispute-mon")
    stack.callback(executor.shutdown, wait=True, cancel_futures=True)

    def workers(function: Callable[[T], U], items: Iterable[T], /) -> Iterable[U]:
        return executor.map(function, items)

    sources = Sources(nodes, super_roots)
    extractor = GameExtractor(l1, factory, sources, monitor.ignored_games, workers)
    return GameMonitor(monitor, l1, extractor, clock, tell)


def _now(_what: str, call: Callable[[], T]) -> T:
    return call()


def _check_nodes(nodes: Iterable[RollupClient], rollup: RollupConfig, tell: Tell) -> None:
    news = News("dispute-mon", tell)
    for node in nodes:
        try:
            node.check_chain(rollup, "rollup_rpc")
        except Unavailable as exc:
            news.failed("node-unavailable", exc, node=node.name)


class DisputeMonService(RunningService):
    """The service. Keeps nothing over a restart."""

    name = "dispute-mon-service"

    def __init__(
        self,
        config: DisputeMonServiceConfig,
        seen: Observability,
        tell: Tell,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        config.check()
        super().__init__(seen, tell, MetricsExporter("op_dispute", "mon"))
        self.config = config
        self._clock = clock

    def _build(self, stack: ExitStack) -> None:
        self.monitor = open_monitor(self.config, stack, self._clock, self.tell, self.waiting)
        self.service = Service(Schedule({"dispute-mon": self.monitor}), self._clock, "dispute-mon")
        self.exporter.add(dispute_mon_metrics(self.monitor))
        self.exporter.add(self._info)

    def _methods(self) -> Mapping[str, Callable[..., Any]]:
        return {}

    def readiness(self) -> Readiness:
        """Whether games are looked at: the last look came to something, and none hangs."""
        health = self.service.health
        if not health.running:
            return Readiness(False, (f"the service has ended: {health.error}",))
        busy = 0.0 if health.busy_since is None else self._clock() - health.busy_since
        if busy > _LONGEST_LOOK:
            return Readiness(False, (f"one look takes since {busy:.0f} s: a call of L1 or of a node hangs",))
        if self.monitor.error:
            return Readiness(False, (f"the last look came to nothing: {self.monitor.error}",))
        report = self.monitor.report
        if report is None:
            return Readiness(False, ("nothing was looked at yet",))
        extraction = report.extraction
        notes = [f"{len(extraction.games)} games at L1 block {extraction.block.number}"]
        if extraction.failed:
            notes.append(f"{len(extraction.failed)} games could not be read")
        if extraction.waiting:
            notes.append(f"{len(extraction.waiting)} games wait for nodes to come far enough")
        return Readiness(True, notes=tuple(notes))

    def _info(self) -> Iterator[tuple[str, str, str, float, Mapping[str, str]]]:
        yield "gauge", "info", "Version of the monitor", 1.0, {"version": f"v{__version__}"}
