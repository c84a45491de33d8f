"""``pyoprollup batcher``: the batch submitter as a service."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from pyoprollup.batcher import (
    BatcherConfig,
    BatchSubmitter,
    ChannelConfig,
    ChannelManager,
    DynamicEthChannelConfig,
    StaticChannelConfig,
)
from pyoprollup.batcher.channel_config_provider import ChannelConfigProvider
from pyoprollup.batcher.errors import ThrottlingUnsupported
from pyoprollup.batcher.service import BatcherAPI
from pyoprollup.batcher.throttle_rules import ThrottleConfig, ThrottleController
from pyoprollup.batcher.throttler import Throttler
from pyoprollup.driver import EngineL2Source
from pyoprollup.engine.client import HttpEngine
from pyoprollup.errors import ConfigError, NotFound, Unavailable
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.types import to_quantity
from pyoprollup.events import Schedule
from pyoprollup.node import Service
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollupapi import RollupClient
from pyoprollup.rpc.errors import METHOD_NOT_FOUND, JsonRpcError, RpcError
from pyoprollup.rpc.http_client import JsonRpcClient
from pyoprollup.services.sending import SenderConfig, SenderService
from pyoprollup.telemetry.prometheus import batcher_metrics
from pyoprollup.txmgr import SimpleTxManager

__all__ = ["BatcherService", "BatcherServiceConfig", "EngineThrottle", "L2Endpoints"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatcherServiceConfig(SenderConfig):
    """What a batcher is run with. Times in seconds."""

    l2_urls: tuple[str, ...]
    """Execution clients, each of the rollup node in the same place of ``nodes``."""
    batcher: BatcherConfig = field(default_factory=BatcherConfig)
    channel: ChannelConfig
    data_availability: str = "calldata"
    """``calldata``, ``blobs`` or ``auto``."""
    max_l1_tx_size: int = 120_000
    throttle: ThrottleConfig = field(default_factory=ThrottleConfig)
    throttling_urls: tuple[str, ...] = ()
    """Further execution clients that are told to throttle."""
    l2_timeout: float = 10.0

    def check(self) -> None:
        """Raise :class:`ConfigError` unless the settings make sense together."""
        if len(self.l2_urls) != len(self.nodes.urls):
            raise ConfigError(f"l2: {len(self.l2_urls)} endpoints, but {len(self.nodes.urls)} rollup nodes")
        if self.data_availability not in ("calldata", "blobs", "auto"):
            raise ConfigError(f"data_availability_type: {self.data_availability!r} is not known")
        for made in self.channel_configs():
            made.check()
        self.throttle.check()

    def channel_configs(self) -> tuple[ChannelConfig, ...]:
        """For calldata, for blobs, or for both in this order."""
        calldata = self.channel.for_calldata(self.max_l1_tx_size)
        by_kind = {"calldata": (calldata,), "blobs": (self.channel.for_blobs(),)}
        return by_kind.get(self.data_availability, (calldata, self.channel.for_blobs()))

    def provider(self, manager: SimpleTxManager) -> ChannelConfigProvider:
        """What decides how a channel is made."""
        configs = self.channel_configs()
        if len(configs) == 1:
            return StaticChannelConfig(configs[0])
        return DynamicEthChannelConfig(manager.suggest_gas_price_caps, configs[1], configs[0])


class L2Endpoints:
    """Blocks of the execution client that belongs to the rollup node in use."""

    def __init__(self, rollup: RollupConfig, engines: Mapping[str, HttpEngine]) -> None:
        self._sources = {url: EngineL2Source(rollup, engine) for url, engine in engines.items()}
        self._current = next(iter(self._sources.values()))

    def use(self, node: RollupClient) -> None:
        """From now on that of this rollup node."""
        self._current = self._sources[node.name]

    def payload_by_number(self, number: int) -> ExecutionPayload:
        """The canonical block of this number; raises ``Unavailable``, also if it is not there yet."""
        try:
            return self._current.payload_by_number(number)
        except NotFound as exc:
            raise Unavailable(str(exc)) from exc


class EngineThrottle:
    """An execution client that can be throttled: implements ``ThrottlingEndpoint``."""

    def __init__(self, rpc: JsonRpcClient) -> None:
        self._rpc = rpc

    def set_max_da_size(self, max_tx_size: int, max_block_size: int) -> bool:
        try:
            return bool(
                self._rpc.call("miner_setMaxDASize", to_quantity(max_tx_size), to_quantity(max_block_size))
            )
        except JsonRpcError as exc:
            if exc.code == METHOD_NOT_FOUND:
                raise ThrottlingUnsupported(
                    "miner_setMaxDASize is not available: switch it on (of our engine by --http-api), or"
                    " throttling off by --throttle-unsafe-da-bytes-lower-threshold 0"
                ) from exc
            raise Unavailable(str(exc)) from exc
        except RpcError as exc:
            raise Unavailable(str(exc)) from exc


class BatcherService(SenderService[BatcherServiceConfig]):
    """The service. Keeps nothing over a restart: what is not on L1 yet, the node tells."""

    name = "batcher-service"
    role = "batcher"

    def _build(self, stack: ExitStack) -> None:
        config, tell = self.config, self.tell
        engines = {
            node: stack.enter_context(HttpEngine(config.rollup, url, timeout=config.l2_timeout))
            for node, url in zip(config.nodes.urls, config.l2_urls, strict=True)
        }
        l2 = L2Endpoints(config.rollup, engines)
        self.node = self._open(stack, l2.use)
        channels = ChannelManager(
            config.rollup, config.provider(self.manager), lambda: secrets.token_bytes(16)
        )
        self.batcher = BatchSubmitter(
            *(config.rollup, config.batcher, self.node, l2, self.l1, self.manager, channels, self._clock),
            throttler=self._throttler(stack, engines),
            tell=tell,
        )
        if not config.stopped:
            self.batcher.start_batch_submitting()
        self.service = Service(Schedule({"batcher": self.batcher}), self._clock, "batcher")
        self.exporter.add(batcher_metrics(self.batcher.metrics))
        self.exporter.add(self._up)

    def _throttler(self, stack: ExitStack, engines: Mapping[str, HttpEngine]) -> Throttler | None:
        config = self.config
        if not config.throttle.lower_threshold:
            return None
        more = [
            stack.enter_context(JsonRpcClient(url, timeout=config.l2_timeout))
            for url in config.throttling_urls
        ]
        endpoints = [EngineThrottle(rpc) for rpc in (*(engine.client for engine in engines.values()), *more)]
        return Throttler(ThrottleController(config.throttle), endpoints, self.tell)

    def _admin_methods(self) -> Mapping[str, Callable[..., Any]]:
        return BatcherAPI(self.batcher).methods()

    def _up(self) -> Iterator[tuple[str, str, str, float, Mapping[str, str]]]:
        yield "gauge", "up", "1 if the batcher is running", float(self.batcher.is_running), {}
