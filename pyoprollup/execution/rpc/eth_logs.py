"""``eth_getLogs``.

Specification: Ethereum JSON-RPC specification. Blocks whose bloom filter rules out a match are skipped; there
is no other index, so that the range of blocks is limited.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.receipts import Log
from pyoprollup.eth.types import Address, Hash32, address_from_hex, hash_from_hex, quantity_from_hex
from pyoprollup.evm.receipts import logs_bloom
from pyoprollup.execution.rpc.chain_view import BlockView
from pyoprollup.execution.rpc.deadline import CallLimits
from pyoprollup.execution.rpc.receipt_json import log_json
from pyoprollup.rpc.errors import INVALID_PARAMS, SERVER_ERROR, JsonRpcError

__all__ = ["LogCriteria", "LogLimits", "LogMethods"]

_MAX_TOPICS, _MAX_ALTERNATIVES = 4, 1000


@dataclass(frozen=True, slots=True)
class LogLimits:
    """What one call may ask for; 0 blocks for any number of them."""

    blocks: int = 10_000
    logs: int = 20_000


@dataclass(frozen=True, slots=True)
class LogCriteria:
    """Which logs; nothing in a set stands for anything."""

    addresses: frozenset[Address]
    topics: tuple[frozenset[Hash32], ...]
    masks: tuple[tuple[int, ...], ...]
    """For each set that is not empty, the bits of a bloom filter that its members set."""

    @classmethod
    def read(cls, value: Any) -> LogCriteria:
        """From the object of the JSON-RPC, other fields aside. Raises :class:`DecodeError`."""
        addresses = value.get("address")
        listed = addresses if isinstance(addresses, list) else [addresses] if addresses is not None else []
        topics = value.get("topics")
        if topics is not None and not isinstance(topics, list):
            raise DecodeError("topics: expected a list")
        topics = topics or []
        if len(topics) > _MAX_TOPICS or len(listed) > _MAX_ALTERNATIVES:
            raise JsonRpcError(INVALID_PARAMS, "exceed max topics or addresses")
        wanted = frozenset(address_from_hex(address, "address") for address in listed)
        by_place = tuple(_alternatives(topic) for topic in topics)
        groups: tuple[frozenset[Any], ...] = (wanted, *by_place)
        return cls(wanted, by_place, tuple(tuple(map(_mask, group)) for group in groups if group))

    def may_match(self, bloom: bytes) -> bool:
        """Whether a block with this filter can have such a log."""
        bits = int.from_bytes(bloom, "big")
        return all(any(bits & mask == mask for mask in masks) for masks in self.masks)

    def matches(self, log: Log) -> bool:
        """Whether this is such a log."""
        if self.addresses and log.address not in self.addresses:
            return False
        if len(self.topics) > len(log.topics):
            return False
        pairs = zip(self.topics, log.topics, strict=False)
        return all(not wanted or topic in wanted for wanted, topic in pairs)


def _alternatives(topic: Any) -> frozenset[Hash32]:
    if topic is None:
        return frozenset()
    listed = topic if isinstance(topic, list) else [topic]
    if len(listed) > _MAX_ALTERNATIVES:
        raise JsonRpcError(INVALID_PARAMS, "exceed max topics")
    if any(item is None for item in listed):
        return frozenset()
    return frozenset(hash_from_hex(item, "topic") for item in listed)


def _mask(item: bytes) -> int:
    return int.from_bytes(logs_bloom([Log(Address(item), (), b"")]), "big")


class LogMethods:
    """The method over ``view``."""

    def __init__(
        self, view: BlockView, limits: LogLimits | None = None, call_limits: CallLimits | None = None
    ) -> None:
        self._view = view
        self._limits = limits or LogLimits()
        self._call_limits = call_limits or CallLimits()

    def methods(self) -> dict[str, Callable[..., Any]]:
        """The methods by name."""
        return {"eth_getLogs": self.logs}

    @property
    def most_blocks(self) -> int:
        """That one call may look at; 0 for any number of them."""
        return self._limits.blocks

    def logs(self, criteria: Any) -> list[dict[str, Any]]:
        """What ``eth_getLogs`` answers to its parameter."""
        obj = QuantityReader(criteria, "filter")
        obj.only("address", "topics", "blockHash", "fromBlock", "toBlock")
        wanted = LogCriteria.read(criteria)
        block_hash = obj.optional("blockHash", obj.hash)
        first, last = criteria.get("fromBlock"), criteria.get("toBlock")
        if block_hash is None:
            hashes: Iterator[Hash32] = self._range(first, last)
        else:
            if first is not None or last is not None:
                raise JsonRpcError(INVALID_PARAMS, "cannot specify both BlockHash and FromBlock/ToBlock")
            if self._view.chain.header(block_hash) is None:
                raise JsonRpcError(SERVER_ERROR, "unknown block")
            hashes = iter((block_hash,))
        found: list[dict[str, Any]] = []
        deadline = self._call_limits.deadline()
        for known in hashes:
            deadline()
            found += self.of_block(known, wanted)
            if len(found) > self._limits.logs:
                raise JsonRpcError(INVALID_PARAMS, f"more than {self._limits.logs} logs; narrow the filter")
        return found

    def _range(self, first: Any, last: Any) -> Iterator[Hash32]:
        """The canonical blocks from ``first`` to ``last``.

        A range that ends beyond the head is refused: a client that got a part of it for the whole would go
        on behind its end, and never see the blocks that were not there yet.
        """
        start, end = self._number(first), self._number(last)
        if start > end:
            raise JsonRpcError(INVALID_PARAMS, "invalid block range params")
        if end - start >= self._limits.blocks > 0:
            raise JsonRpcError(INVALID_PARAMS, f"exceed maximum block range: {self._limits.blocks}")
        if end > self._view.head().number:
            raise JsonRpcError(INVALID_PARAMS, "block range extends beyond current head block")
        for number in range(start, end + 1):
            block_hash = self._view.chain.canonical_hash(number)
            if block_hash is not None:
                yield block_hash

    def _number(self, which: Any) -> int:
        if which == "pending":
            raise JsonRpcError(INVALID_PARAMS, "pending logs are not supported")
        if isinstance(which, str) and which[:2] == "0x":
            return quantity_from_hex(which, "block number", 63)
        block_hash = self._view.hash_of_number("latest" if which is None else which)
        header = None if block_hash is None else self._view.chain.header(block_hash)
        if header is None:
            raise JsonRpcError(SERVER_ERROR, f"{which} header not found")
        return header.number

    def of_block(self, block_hash: Hash32, wanted: LogCriteria) -> Iterator[dict[str, Any]]:
        """The logs of a block, canonical or not; none if it is not known."""
        header = self._view.chain.header(block_hash)
        if header is None or not wanted.may_match(header.logs_bloom):
            return
        block = self._view.block(block_hash)
        if block is None:
            return
        log_index = 0
        for index, receipt in enumerate(self._view.receipts(block)):
            tx_hash = None
            for log in receipt.logs:
                if wanted.matches(log):
                    tx_hash = tx_hash or keccak256(block.raw_transactions[index])
                    yield log_json(block, index, tx_hash, log, log_index)
                log_index += 1
