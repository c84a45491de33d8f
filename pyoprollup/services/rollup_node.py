"""``pyoprollup node``: the rollup node as a service, with L1 over the wire and an engine over the Engine API.

Three kinds of threads: the core's, which steps node, fetcher and follower and never waits for L1; workers
that read L1; and the server's. Specification: protocol/rollup-node.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

from pyoprollup import __version__
from pyoprollup.conductor import NoOpConductor, RpcConductor
from pyoprollup.derive import Dropped
from pyoprollup.derive.data_source import batcher_blobs
from pyoprollup.engine import EngineError
from pyoprollup.engine.client import HttpEngine
from pyoprollup.engine.output import output_v0_at_block
from pyoprollup.errors import ConfigError, NotFound, Unavailable
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Hash32, to_hex
from pyoprollup.events import Happening, Level, Schedule, Tell
from pyoprollup.l1.rpc import L1Client, NewHeads
from pyoprollup.node import (
    CoreBackend,
    Fetcher,
    L1Follower,
    NodeCore,
    NodeOptions,
    NoSafeHeads,
    Prefetcher,
    SafeHeadDB,
    SafeHeadReader,
    SequencerParts,
    Service,
)
from pyoprollup.node.sequencer_state import SequencerStateFile
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.l1_chain_config import L1ChainConfig
from pyoprollup.rollup.upgrades import UpgradeBundles
from pyoprollup.rollupapi import AdminAPI, NodeAPI
from pyoprollup.services.endpoints import L1Endpoints, check_l1_chain
from pyoprollup.services.progress import Progress
from pyoprollup.services.running import Observability, RunningService
from pyoprollup.services.watchdog import Observation, Readiness, Watchdog, WatchdogLimits
from pyoprollup.sources import CachedL1, IndexedBlobHash
from pyoprollup.telemetry.prometheus import MetricsExporter, status_metrics

__all__ = ["RollupNodeConfig", "RollupNodeService"]

_RECENT = 60.0
"""Seconds for which an error explains why nothing moves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupNodeConfig:
    """What a node is run with. Times in seconds."""

    rollup: RollupConfig
    l1: L1Endpoints
    engine_url: str
    jwt_secret: bytes
    l1_chain: L1ChainConfig | None = None
    """L1's blob schedule, where the chain is none that is known."""
    bundles: UpgradeBundles | None = None
    node: NodeOptions = field(default_factory=NodeOptions)
    engine_timeout: float = 10.0
    l1_poll_interval: float = 4.0
    epoch_poll_interval: float = 12.0
    """Between looks at L1's safe and finalized blocks."""
    l1_max_concurrency: int = 10
    safe_db: Path | None = None
    """File of the safe-head database; ``None``: none is kept."""
    sequencer: bool = False
    sequencer_stopped: bool = False
    """Whether the sequencer waits to be started, unless its state was kept."""
    sequencer_state: Path | None = None
    max_safe_lag: int = 0
    recover: bool = False
    conductor_url: str | None = None
    conductor_timeout: float = 1.0
    watchdog: WatchdogLimits = field(default_factory=WatchdogLimits)

    def check(self) -> None:
        """Raise :class:`ConfigError` unless the settings make sense together."""
        check_l1_chain(self.rollup, self.l1_chain)
        if self.rollup.alt_da is not None:
            raise ConfigError("rollup: the chain has alt-DA, and the node has no client of DA servers")
        for name in ("l1_poll_interval", "epoch_poll_interval", "engine_timeout", "conductor_timeout"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name}: must be above 0, not {getattr(self, name)}")
        if self.l1_max_concurrency < 1:
            raise ConfigError(f"l1_max_concurrency: at least 1, not {self.l1_max_concurrency}")
        if not self.sequencer and (self.conductor_url or self.recover):
            raise ConfigError("sequencer: must be enabled for a conductor or the recover mode")


class RollupNodeService(RunningService):
    """The service. Endpoints are checked before anything runs: raises :class:`ConfigError` for wrong ones.

    ``clock`` gives Unix seconds, ``set_log_level`` raises ``DecodeError``.
    """

    name = "node"

    def __init__(
        self,
        config: RollupNodeConfig,
        seen: Observability,
        tell: Tell,
        *,
        clock: Callable[[], float] = time.time,
        set_log_level: Callable[[str], None] | None = None,
    ) -> None:
        config.check()
        self._clock = clock
        self._resets = self._errors = self._drops = 0
        self._last_error = (-inf, "")
        exporter = MetricsExporter("op_node")
        super().__init__(seen, self._telling(tell, exporter), exporter)
        self.config = config
        self._set_log_level = set_log_level
        self._watchdog = Watchdog(config.watchdog)
        self._last_drop = ""
        self._last_ready: Readiness | None = None

    def _telling(self, tell: Tell, exporter: MetricsExporter) -> Tell:
        def told(happening: Happening) -> None:
            exporter(happening)
            if happening.event == "reset":
                self._resets += 1
            elif happening.event == "temporary-error" and happening.level >= Level.WARNING:
                self._errors += 1
                self._last_error = (self._clock(), str(happening.details["error"]))
            tell(happening)

        return told

    # --- parts

    def _build(self, stack: ExitStack) -> None:
        config = self.config
        self.l1 = stack.enter_context(config.l1.client(config.rollup, config.l1_chain, self.tell))
        self._check_l1(self.l1)
        blobs = config.l1.blobs(self.l1, self.tell)
        stack.callback(blobs.close)
        self.engine = stack.enter_context(
            HttpEngine(config.rollup, config.engine_url, config.jwt_secret, timeout=config.engine_timeout)
        )
        self._check_engine()
        self.cache = CachedL1()
        self.safe_heads = self._open_safe_heads(stack)
        self.core = self._make_core()
        stack.callback(self.core.close)
        self.service = Service(self._schedule(stack, blobs), self._clock, "node")
        self.exporter.add(status_metrics(self.core.sync_status))
        self.exporter.add(self._counters)

    def _check_l1(self, client: L1Client) -> None:
        for name, why in self.waiting.until("l1", client.check).items():
            self.news.failed("l1-endpoint", Unavailable(why), endpoint=name)

    def _check_engine(self) -> None:
        """The engine must be of this chain; one that does not answer yet is waited for later."""
        genesis = self.config.rollup.genesis.l2
        try:
            found = self.engine.payload_by_number(genesis.number).payload.block_hash
        except (EngineError, NotFound, Unavailable) as exc:
            self.news.failed("engine-unreachable", exc, option="--l2")
            return
        if found != genesis.hash:
            raise ConfigError(
                f"l2: the engine's block {genesis.number} is {to_hex(found)}, the rollup begins with"
                f" {to_hex(genesis.hash)}"
            )

    def _open_safe_heads(self, stack: ExitStack) -> SafeHeadReader:
        if self.config.safe_db is None:
            return NoSafeHeads()
        made = SafeHeadDB(self.config.safe_db, self._canonical_hash, tell=self.tell)
        stack.callback(made.close)
        return made

    def _canonical_hash(self, number: int) -> Hash32:
        return self.core.l2.l2_block_ref_by_number(number).hash

    def _make_core(self) -> NodeCore:
        config = self.config
        state = None if config.sequencer_state is None else SequencerStateFile(config.sequencer_state)
        sequencing = None
        if config.sequencer:
            conductor = (
                NoOpConductor()
                if config.conductor_url is None
                else RpcConductor(config.conductor_url, timeout=config.conductor_timeout)
            )
            sequencing = SequencerParts(conductor, state, config.max_safe_lag)
        core = NodeCore(
            config.rollup,
            self.engine,
            self.cache,
            self.cache,
            now=self._clock,
            options=config.node,
            bundles=config.bundles,
            l1_chain=config.l1_chain,
            sequencing=sequencing,
            safe_heads=self.safe_heads if isinstance(self.safe_heads, SafeHeadDB) else None,
            drops=self._on_drop,
            tell=self.tell,
        )
        if core.sequencer is not None:
            kept = None if state is None else state.started()
            core.sequencer.init(not config.sequencer_stopped if kept is None else kept)
            core.sequencer.set_recover_mode(config.recover)
        return core

    def _schedule(self, stack: ExitStack, blobs: Any) -> Schedule:
        config, core = self.config, self.core

        def post(call: Callable[[], None]) -> None:
            self.service.post(call)

        self._ahead = Prefetcher(self.cache, blobs_of=self._blobs_of)
        self.fetcher = Fetcher(
            *(self.cache, self.l1, blobs),
            post=post,
            wake=core.wake,
            now=self._clock,
            workers=config.l1_max_concurrency,
            ahead=self._ahead,
        )
        stack.callback(self.fetcher.close)
        self.follower = L1Follower(
            *(self.l1, self._on_l1),
            post=post,
            now=self._clock,
            interval=config.l1_poll_interval,
            epoch_interval=config.epoch_poll_interval,
            tell=self.tell,
        )
        stack.callback(self.follower.close)
        if config.l1.websocket:
            notices = NewHeads(config.l1.websocket, lambda: post(self.follower.on_notice), tell=self.tell)
            notices.start()
            stack.callback(notices.close)
        progress = Progress(core.sync_status, self.news)
        return Schedule(
            {"follower": self.follower, "fetcher": self.fetcher, "node": core, "progress": progress}
        )

    def _on_l1(self, head: L1BlockRef, safe: L1BlockRef | None, finalized: L1BlockRef | None) -> None:
        self.cache.on_l1_head()
        self._ahead.on_l1_head(head)
        self.core.on_l1(head, safe, finalized)

    def _blobs_of(self, transactions: Sequence[bytes]) -> Sequence[IndexedBlobHash]:
        """Which blobs derivation will want of an L1 block, by the batcher of now."""
        return batcher_blobs(self.config.rollup, transactions, self.core.pipeline.batcher_address)

    def _on_drop(self, drop: Dropped) -> None:
        self._drops += 1
        self._last_drop = f"{drop.subject}, {drop.reason.value}, at L1 block {drop.origin}"

    # --- how it is

    def _methods(self) -> Mapping[str, Callable[..., Any]]:
        levels = {} if self._set_log_level is None else {"set_log_level": self._set_log_level}
        backend = CoreBackend(
            self.core,
            lambda block_hash: output_v0_at_block(self.config.rollup, self.engine, block_hash),
            self._clock,
            safe_heads=self.safe_heads,
            **levels,
        )
        methods = NodeAPI(backend).methods()
        return {**methods, **AdminAPI(backend).methods()} if self.seen.admin else methods

    def observation(self) -> Observation:
        """How the node is now; from any thread, as nothing in it is changed."""
        health, sequencer = self.service.health, self.core.sequencer
        error, awaited = self.follower.last_error, self.fetcher.waiting()
        return Observation(
            running=health.running,
            error=str(health.error) if health.error else "",
            busy_since=health.busy_since,
            status=self.core.sync_status(),
            sequencing=sequencer is not None and sequencer.active,
            l1_error="" if error is None else str(error),
            awaited=awaited,
            last_error=self._recent_error(),
            resets=self._resets,
            last_drop=self._last_drop,
        )

    def _recent_error(self) -> str:
        at, text = self._last_error
        return text if self._clock() - at <= _RECENT else ""

    def readiness(self) -> Readiness:
        found = self._watchdog.look(self.observation(), self._clock())
        if self._last_ready is None or found.reasons != self._last_ready.reasons:
            before, self._last_ready = self._last_ready, found
            if found.reasons:
                self.news.failed("not-ready", Unavailable("; ".join(found.reasons)))
            elif before is not None:
                self.news("ready")
        return found

    def _counters(self) -> Any:
        yield "gauge", "up", "1 if the node is running", float(self.service.health.running), {}
        yield "gauge", "info", "Version of the node", 1.0, {"version": f"v{__version__}"}
        yield "gauge", "ready", "1 if nothing stands still", float(self.readiness().ready), {}
        yield "counter", "pipeline_resets", "Resets of the derivation pipeline", self._resets, {}
        yield "counter", "derivation_errors", "Errors that ended a step of derivation", self._errors, {}
        yield "counter", "derivation_drops", "Data that derivation passed over", self._drops, {}
        yield "counter", "l1_read_failures", "Reads of L1 that failed", self.fetcher.failures, {}
