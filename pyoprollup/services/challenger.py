"""``pyoprollup challenger``: the challenger as a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyoprollup.challenger.build import ChallengerParts, make_challenger
from pyoprollup.challenger.challenger import After
from pyoprollup.challenger.config import ChallengerConfig
from pyoprollup.challenger.game_types import GAME_TYPES, GameType
from pyoprollup.challenger.keccak import KeccakMetrics
from pyoprollup.challenger.service import ChallengerAPI
from pyoprollup.challenger.trace.outputs import L2Headers
from pyoprollup.challenger.trace.super_node import SuperNodeClient
from pyoprollup.errors import ConfigError, DecodeError, Unavailable
from pyoprollup.eth.headers import Header
from pyoprollup.eth.types import hash_from_hex, to_quantity
from pyoprollup.events import Schedule
from pyoprollup.l1.rpc import NewHeads
from pyoprollup.node import Service
from pyoprollup.rollupapi import RollupClient
from pyoprollup.rpc.errors import RpcError
from pyoprollup.rpc.http_client import JsonRpcClient
from pyoprollup.services.sending import SenderConfig, SenderService
from pyoprollup.services.vm_traces import VmSettings, make_traces
from pyoprollup.services.worker_threads import ThreadWorkers
from pyoprollup.telemetry.challenger import challenger_metrics

__all__ = ["ChallengerService", "ChallengerServiceConfig", "HttpL2Headers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengerServiceConfig(SenderConfig):
    """What a challenger is run with. ``vms`` are those of the types of games that have one.

    ``l2`` is an execution client of L2, ``datadir`` the folder for the files of games. All sources of
    ``super_root_rpcs`` are asked about games about super roots, of which each must know all chains.
    """

    challenger: ChallengerConfig
    l2: str
    datadir: Path
    vms: Mapping[GameType, VmSettings] = field(default_factory=dict)
    l2_timeout: float = 30.0
    super_root_rpcs: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise :class:`ConfigError` unless the settings make sense together."""
        self.challenger.check()
        self.account.config.check()
        if not self.l2:
            raise ConfigError("l2_eth_rpc: no execution client of L2 is given")
        for game_type in self.challenger.game_types:
            if GAME_TYPES[game_type].super_roots and not self.super_root_rpcs:
                name = GAME_TYPES[game_type].name
                raise ConfigError(f"superroot_rpc: is needed for {name} games")
        for game_type, vm in self.vms.items():
            vm.check(game_type.name.lower())


class HttpL2Headers(L2Headers):
    """Headers from an execution client, each checked against its own hash."""

    def __init__(self, rpc: JsonRpcClient) -> None:
        self._rpc = rpc

    def header_by_number(self, number: int) -> Header:
        """Raises :class:`Unavailable`, also if there is no such block yet."""
        try:
            value = self._rpc.call("eth_getBlockByNumber", to_quantity(number), False)
            if value is None:
                raise Unavailable(f"L2 has no block {number}")
            header = Header.from_json(value)
            told = hash_from_hex(value.get("hash"), "hash")
        except RpcError as exc:
            raise Unavailable(str(exc)) from exc
        except DecodeError as exc:
            raise Unavailable(f"L2's block {number}: {exc}") from exc
        if header.number != number or header.hash() != told:
            raise Unavailable(f"L2's block {number}: the answer is another block, or not of its hash")
        return header


class ChallengerService(SenderService[ChallengerServiceConfig]):
    """The service. What it keeps are files of traces, which are made anew when they are lost."""

    name = "challenger-service"
    role = "challenger"

    def _build(self, stack: ExitStack) -> None:
        config, tell = self.config, self.tell
        self._open_account(stack)
        nodes = [
            stack.enter_context(RollupClient.dial(url, config.nodes.timeout)) for url in config.nodes.urls
        ]
        super_nodes = [SuperNodeClient.dial(url, config.nodes.timeout) for url in config.super_root_rpcs]
        for source in super_nodes:
            stack.callback(source.close)
        l2 = stack.enter_context(JsonRpcClient(config.l2, timeout=config.l2_timeout))
        workers: ThreadWorkers[After] = ThreadWorkers(
            config.challenger.max_concurrency, self._wake_up, "challenger"
        )
        stack.callback(workers.close)
        headers = HttpL2Headers(l2)
        traces = make_traces(
            config.challenger.game_types, config.vms, headers, config.datadir, self._is_stopping, tell
        )
        preimages = KeccakMetrics()
        self.challenger = make_challenger(
            ChallengerParts(
                config=config.challenger,
                l1=self.l1,
                inputs=self.l1,
                manager=self.manager,
                nodes=nodes,
                headers=headers,
                seq_window_size=config.rollup.seq_window_size,
                l2_chain_id=config.rollup.l2_chain_id,
                traces=traces,
                workers=workers,
                datadir=config.datadir,
                now=self._clock,
                tell=tell,
                preimage_metrics=preimages,
                super_nodes=super_nodes,
            )
        )
        self.challenger.paused = config.stopped
        self.service = Service(Schedule({"challenger": self.challenger}), self._clock, "challenger")
        if config.l1.websocket:
            notices = NewHeads(config.l1.websocket, self._on_notice, tell=tell)
            notices.start()
            stack.callback(notices.close)
        self.exporter.add(challenger_metrics(self.challenger.metrics, preimages))

    def _is_stopping(self) -> bool:
        """Whether runs of a VM are to be ended: the thread of the core has."""
        return not self.service.health.running

    def _wake_up(self) -> None:
        """A worker has a result: the thread of the core need not wait for its time."""
        self.service.post(lambda: None)

    def _on_notice(self) -> None:
        self.service.post(self.challenger.wake)

    def _admin_methods(self) -> Mapping[str, Callable[..., Any]]:
        return ChallengerAPI(self.challenger).methods()
