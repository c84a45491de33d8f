"""``eth_newFilter`` and its like: what is new since the last time that somebody asked.

Specification: Ethereum JSON-RPC specification, eth_getFilterChanges. A filter is kept as the block that it
has seen last: what came since then, and what a reorg has taken away, is found by going back from the head. So
filters cost nothing while nobody asks. One that nobody has asked for five minutes is forgotten.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth.headers import Header
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.types import Hash32, quantity_from_hex, to_hex
from pyoprollup.execution.rpc.chain_view import BlockView
from pyoprollup.execution.rpc.deadline import CallLimits
from pyoprollup.execution.rpc.eth_logs import LogCriteria, LogMethods
from pyoprollup.rpc.errors import INVALID_PARAMS, SERVER_ERROR, JsonRpcError

__all__ = ["FilterMethods"]

_LIFETIME = 300.0
_MAX_FILTERS = 500
_MAX_CHOICES = 100
"""Addresses and topics that a filter may name: it is kept, unlike what eth_getLogs is told."""


@dataclass(slots=True)
class _Filter:
    """Somebody's filter: of blocks if there are no ``criteria``."""

    seen: Hash32
    """The head when it was asked for the last time."""
    forgotten_at: float
    criteria: dict[str, Any] | None = None
    wanted: LogCriteria | None = None
    first: int = 0
    last: int | None = None
    """Blocks outside are not told of; ``None``: there is no end."""


class FilterMethods:
    """The methods over ``view``. ``now`` gives seconds; ids are to be such that nobody guesses another's."""

    def __init__(
        self,
        view: BlockView,
        logs: LogMethods,
        limits: CallLimits | None = None,
        now: Callable[[], float] = time.monotonic,
        new_id: Callable[[], str] = lambda: f"0x{secrets.token_hex(16)}",
    ) -> None:
        self._view = view
        self._logs = logs
        self._limits = limits or CallLimits()
        self._now = now
        self._new_id = new_id
        self._filters: dict[str, _Filter] = {}

    def methods(self) -> dict[str, Callable[..., Any]]:
        """The methods by name."""
        return {
            "eth_newBlockFilter": self._new_block_filter,
            "eth_newFilter": self._new_filter,
            "eth_getFilterChanges": self._changes,
            "eth_getFilterLogs": self._all_logs,
            "eth_uninstallFilter": self._uninstall,
        }

    # --- filters

    def _new_block_filter(self) -> str:
        return self._add(_Filter(self._head, self._later))

    def _new_filter(self, criteria: Any) -> str:
        obj = QuantityReader(criteria, "filter")
        obj.only("address", "topics", "fromBlock", "toBlock")
        wanted = LogCriteria.read(criteria)
        if len(wanted.addresses) + sum(map(len, wanted.topics)) > _MAX_CHOICES:
            text = f"more than {_MAX_CHOICES} addresses and topics in a filter; use eth_getLogs"
            raise JsonRpcError(INVALID_PARAMS, text)
        first, last = (self._bound(criteria.get(name)) for name in ("fromBlock", "toBlock"))
        if first is not None and last is not None and first > last:
            raise JsonRpcError(INVALID_PARAMS, "invalid block range params")
        return self._add(_Filter(self._head, self._later, dict(criteria), wanted, first or 0, last))

    def _bound(self, which: Any) -> int | None:
        """A block number; ``None`` for the head, whichever it will be."""
        if which is None or which == "latest":
            return None
        if isinstance(which, str) and which[:2] == "0x":
            return quantity_from_hex(which, "block number", 63)
        if which == "pending":
            raise JsonRpcError(INVALID_PARAMS, "pending logs are not supported")
        if which == "earliest":
            return self._view.first
        raise DecodeError(f"a filter is from and to a number, earliest or latest, not {str(which)[:40]!r}")

    def _add(self, made: _Filter) -> str:
        now = self._now()
        self._filters = {name: each for name, each in self._filters.items() if each.forgotten_at > now}
        if len(self._filters) >= _MAX_FILTERS:
            raise JsonRpcError(SERVER_ERROR, f"there are {_MAX_FILTERS} filters already")
        name = self._new_id()
        self._filters[name] = made
        return name

    def _uninstall(self, name: Any) -> bool:
        return isinstance(name, str) and self._filters.pop(name, None) is not None

    def _found(self, name: Any) -> _Filter:
        found = self._filters.get(name) if isinstance(name, str) else None
        if found is None or found.forgotten_at <= self._now():
            raise JsonRpcError(SERVER_ERROR, "filter not found")
        found.forgotten_at = self._later
        return found

    @property
    def _later(self) -> float:
        return self._now() + _LIFETIME

    @property
    def _head(self) -> Hash32:
        return self._view.chain.heads.unsafe

    # --- what they tell

    def _all_logs(self, name: Any) -> list[dict[str, Any]]:
        """All logs that it is for, the old ones as well."""
        found = self._found(name)
        if found.criteria is None:
            raise JsonRpcError(SERVER_ERROR, "filter not found")
        return self._logs.logs(found.criteria)

    def _changes(self, name: Any) -> list[Any]:
        found, head = self._found(name), self._head
        try:
            dropped, added = self._between(found.seen, head)
        except JsonRpcError:
            del self._filters[name]  # It would fail for ever.
            raise
        if found.wanted is None:
            result: list[Any] = [to_hex(block_hash) for block_hash, _ in added]
        else:
            deadline = self._limits.deadline()
            result = []
            for blocks, removed in ((dropped, True), (added, False)):
                for block_hash, header in blocks:
                    deadline()
                    if found.first <= header.number and (found.last is None or header.number <= found.last):
                        logs = self._logs.of_block(block_hash, found.wanted)
                        result += ({**log, "removed": removed} for log in logs)
        found.seen = head
        return result

    def _between(
        self, seen: Hash32, head: Hash32
    ) -> tuple[list[tuple[Hash32, Header]], list[tuple[Hash32, Header]]]:
        """The blocks that a reorg has taken away, newest first, and those that came, oldest first."""
        old, new = self._header(seen), self._header(head)
        dropped: list[tuple[Hash32, Header]] = []
        added: list[tuple[Hash32, Header]] = []
        while seen != head:
            if len(dropped) + len(added) >= self._logs.most_blocks > 0:
                text = f"more than {self._logs.most_blocks} blocks since the last time; make a new filter"
                raise JsonRpcError(SERVER_ERROR, text)
            if new.number >= old.number:
                added.append((head, new))
                head = new.parent_hash
                new = self._header(head)
            else:
                dropped.append((seen, old))
                seen = old.parent_hash
                old = self._header(seen)
        return dropped, added[::-1]

    def _header(self, block_hash: Hash32) -> Header:
        header = self._view.chain.header(block_hash)
        if header is None:
            raise JsonRpcError(SERVER_ERROR, "the chain has changed too much; make a new filter")
        return header
