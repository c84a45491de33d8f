"""A devnet that one can talk to: it lives in the time of the clock, and its parts have their usual ports.

L1 has JSON-RPC and a beacon API, each L2 node the JSON-RPC of its execution client and that of its rollup
node. Everything, calls included, is done in one thread. The port of L1 has a few methods of the devnet's own:

* ``devnet_reorgL1(depth)`` replaces L1's newest blocks and returns the number of the new head;
* ``devnet_restart("sequencer" | "batcher")`` kills a part and begins it anew;
* ``devnet_info()`` tells chain ids, endpoints, addresses and keys.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Self

from pyoprollup.devnet.devnet import Devnet
from pyoprollup.devnet.info import genesis_info
from pyoprollup.devnet.lone_l1 import LoneL1
from pyoprollup.devnet.node_rpc import CurrentDispatcher, execution_methods, rollup_methods
from pyoprollup.errors import DecodeError
from pyoprollup.l1.server import BeaconApp, BeaconMethods, l1_methods
from pyoprollup.node import Service
from pyoprollup.rpc.http_server import LOCAL_HOSTS, RpcApp, RunningServer, serve
from pyoprollup.rpc.jsonrpc import PUBLIC_LIMITS, Dispatcher

__all__ = ["DevnetServer", "Ports"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where to listen; 0 takes any that is free. Verifiers take the ports that follow the sequencer's."""

    host: str = "127.0.0.1"
    l1: int = 8545
    beacon: int = 5052
    l2: int = 9545
    rollup: int = 7545
    hosts: tuple[str, ...] = LOCAL_HOSTS
    """Names that requests may use for the server."""


class DevnetServer:
    """Serves a devnet while the context lasts. ``clock`` gives the time that the devnet lives in."""

    def __init__(
        self,
        devnet: Devnet | LoneL1,
        ports: Ports,
        clock: Callable[[], float] = time.time,
        on_defect: Callable[[str, Exception], None] = lambda _method, _exc: None,
    ) -> None:
        self.devnet = devnet
        self.service = Service(devnet, clock, "devnet")
        self.endpoints: dict[str, str] = {}
        """URLs by name: ``l1``, ``beacon``, and for each node ``NAME`` and ``NAME rollup``."""
        self._ports = ports
        self._on_defect = on_defect
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.service)
            self._serve(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # --- ports

    def _serve(self, stack: ExitStack) -> None:
        devnet, ports = self.devnet, self._ports
        methods = {**l1_methods(devnet.l1), **self._own_methods()}
        self._listen(stack, "l1", ports.l1, Dispatcher(methods, PUBLIC_LIMITS, self._on_defect))
        beacon = BeaconApp(BeaconMethods(devnet.l1), self.service.executor)
        self._add("beacon", stack.enter_context(serve(beacon, ports.host, ports.beacon)))
        if isinstance(devnet, LoneL1):
            return
        for index, name in enumerate(devnet.nodes):
            for suffix, first, make in (
                ("", ports.l2, execution_methods),
                (" rollup", ports.rollup, rollup_methods),
            ):
                dispatcher = CurrentDispatcher(devnet, name, make, self._on_defect)
                self._listen(stack, name + suffix, first + index if first else 0, dispatcher)

    def _listen(
        self, stack: ExitStack, name: str, port: int, dispatcher: Dispatcher | CurrentDispatcher
    ) -> None:
        app = RpcApp(dispatcher, self.service.executor, hosts=self._ports.hosts)
        self._add(name, stack.enter_context(serve(app, self._ports.host, port)))

    def _add(self, name: str, server: RunningServer) -> None:
        self.endpoints[name] = server.url

    # --- methods of the devnet's own

    def info(self) -> dict[str, Any]:
        """What people and scripts have to know to use the devnet."""
        return {**genesis_info(self.devnet.genesis), "endpoints": dict(self.endpoints)}

    def _own_methods(self) -> dict[str, Callable[..., Any]]:
        return {
            "devnet_info": self.info,
            "devnet_reorgL1": self._reorg,
            "devnet_restart": self._restart,
        }

    def _reorg(self, depth: Any) -> int:
        if isinstance(depth, bool) or not isinstance(depth, int):
            raise DecodeError(f"depth: expected a whole number, got {depth!r}")
        return self.devnet.reorg_l1(depth).number

    def _restart(self, what: Any) -> None:
        if what not in ("sequencer", "batcher") or not self.devnet.nodes:
            raise DecodeError(f"expected sequencer or batcher, got {str(what)[:40]!r}")
        self.devnet.restart(what)
