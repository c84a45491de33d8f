"""The JSON-RPC of a devnet's nodes, which may be killed and begin anew behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pyoprollup.devnet.rollup_node import RollupNode
from pyoprollup.execution.rpc import engine_methods
from pyoprollup.node import CoreBackend
from pyoprollup.rollupapi import AdminAPI, NodeAPI
from pyoprollup.rpc.errors import JsonRpcError
from pyoprollup.rpc.jsonrpc import PUBLIC_LIMITS, Dispatcher

if TYPE_CHECKING:
    from pyoprollup.devnet.devnet import Devnet

__all__ = ["CurrentDispatcher", "execution_methods", "rollup_methods"]

Methods = Mapping[str, Callable[..., Any]]


def execution_methods(devnet: Devnet, node: RollupNode) -> Methods:
    """The methods of a node's execution client. Verifiers pass transactions on to the sequencer, and ask it
    for what its pool knows of them."""
    config = devnet.genesis.l2_genesis["config"]
    tables = engine_methods(devnet.config, node.engine, node.store, pool=node.pool, chain_config=config)
    names = set(tables.public) | {name for name in tables.authenticated if name.startswith("miner_")}
    methods = {name: tables.authenticated[name] for name in names}
    if node.pool is None:
        return {**methods, **_with_the_pool_of(devnet, methods)}
    return methods


def _with_the_pool_of(devnet: Devnet, methods: Methods) -> Methods:
    """What differs with the sequencer's pool, of the sequencer of now: it may begin anew."""

    current = _CurrentMethods(devnet, "sequencer", execution_methods)

    def ask(name: str, *params: Any) -> Any:
        return current()[name](*params)

    def nonce(account: Any, which: Any) -> Any:
        name = "eth_getTransactionCount"
        return ask(name, account, which) if which == "pending" else methods[name](account, which)

    def transaction(tx_hash: Any) -> Any:
        name = "eth_getTransactionByHash"
        found = methods[name](tx_hash)
        waiting = ask(name, tx_hash) if found is None else None
        # In a block that this node does not have yet it is neither waiting nor there.
        return waiting if waiting is not None and waiting["blockHash"] is None else found

    return {
        "eth_sendRawTransaction": lambda raw: ask("eth_sendRawTransaction", raw),
        "eth_getTransactionCount": nonce,
        "eth_getTransactionByHash": transaction,
    }


def rollup_methods(devnet: Devnet, node: RollupNode) -> Methods:
    """``optimism_*`` and ``admin_*`` of a node."""
    backend = CoreBackend(node.core, node.output, devnet.clock, safe_heads=node.safe_heads)
    return {**NodeAPI(backend).methods(), **AdminAPI(backend).methods()}


class _CurrentMethods:
    """The methods of the node that has a name now. They are made once for each node."""

    def __init__(self, devnet: Devnet, name: str, make: Callable[[Devnet, RollupNode], Methods]) -> None:
        self._devnet, self._name, self._make = devnet, name, make
        self._node: RollupNode | None = None
        self._methods: Methods = {}

    def __call__(self) -> Methods:
        node = self._devnet.nodes[self._name]
        if node is not self._node:
            self._node, self._methods = node, self._make(self._devnet, node)
        return self._methods


class CurrentDispatcher:
    """A dispatcher for the node that has a name now."""

    def __init__(
        self,
        devnet: Devnet,
        name: str,
        make: Callable[[Devnet, RollupNode], Methods],
        on_defect: Callable[[str, Exception], None],
    ) -> None:
        self.limits = PUBLIC_LIMITS
        self._current_methods = _CurrentMethods(devnet, name, make)
        self._on_defect = on_defect
        self._methods: Methods = {}
        self._dispatcher = Dispatcher({})

    def answer(self, request: bytes) -> bytes:
        """The answer to a request."""
        return self._current().answer(request)

    def refusal(self, request: bytes, error: JsonRpcError) -> bytes:
        """The answer to a request that is not carried out."""
        return self._dispatcher.refusal(request, error)

    def _current(self) -> Dispatcher:
        methods = self._current_methods()
        if methods is not self._methods:
            self._methods = methods
            self._dispatcher = Dispatcher(methods, self.limits, self._on_defect)
        return self._dispatcher
