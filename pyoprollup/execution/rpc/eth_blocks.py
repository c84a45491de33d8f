"""``eth_*``: blocks, transactions and receipts.

Specification: Ethereum JSON-RPC specification. What does not exist is ``null``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyoprollup.eth.types import Hash32, hash_from_hex, to_hex, to_quantity
from pyoprollup.execution.rpc.block_json import block_json, pending_json, transaction_json
from pyoprollup.execution.rpc.chain_view import Block, BlockView
from pyoprollup.execution.rpc.params import flag, index_of
from pyoprollup.execution.rpc.pool_reader import PoolReader
from pyoprollup.execution.rpc.receipt_json import receipts_json

__all__ = ["BlockMethods"]


class BlockMethods:
    """The methods over ``view``; ``pool`` knows the transactions that are in no block yet."""

    def __init__(self, view: BlockView, pool: PoolReader | None = None) -> None:
        self._view = view
        self._pool = pool

    def methods(self) -> dict[str, Callable[..., Any]]:
        """The methods by name."""
        by_number, by_hash = self._by_number, self._by_hash
        methods: dict[str, Callable[..., Any]] = {
            "eth_blockNumber": lambda: to_quantity(self._view.head().number),
            "eth_chainId": lambda: to_quantity(self._view.chain_id),
            "eth_syncing": lambda: False,
            "eth_getBlockReceipts": self._block_receipts,
            "eth_getRawTransactionByHash": self._raw_transaction,
            "eth_getTransactionByHash": self._transaction,
            "eth_getTransactionReceipt": self._receipt,
        }
        for name, find in (("ByNumber", by_number), ("ByHash", by_hash)):
            methods[f"eth_getBlock{name}"] = _block_getter(self._view, find)
            methods[f"eth_getHeader{name}"] = _header_getter(find)
            methods[f"eth_getBlockTransactionCount{name}"] = _counter(find)
            methods[f"eth_getUncleCount{name.replace('By', 'ByBlock')}"] = _uncle_counter(find)
            at_index = name.replace("By", "ByBlock") + "AndIndex"
            methods[f"eth_getTransaction{at_index}"] = _transaction_getter(self._view, find)
            methods[f"eth_getRawTransaction{at_index}"] = _raw_getter(find)
        return methods

    def _by_number(self, which: Any) -> Block | None:
        return self._view.block(self._view.hash_of_number(which))

    def _by_hash(self, which: Any) -> Block | None:
        return self._view.block(hash_from_hex(which, "block hash"))

    def _block_receipts(self, which: Any) -> list[dict[str, Any]] | None:
        block = self._view.block(self._view.hash_of(which))
        return None if block is None else self._receipts(block)

    def _receipts(self, block: Block) -> list[dict[str, Any]]:
        return receipts_json(self._view, block)

    def _transaction(self, tx_hash: Any) -> dict[str, Any] | None:
        wanted = hash_from_hex(tx_hash, "transaction hash")
        found = self._view.transaction(wanted)
        if found is not None:
            block, index = found
            return transaction_json(block, index, self._view.receipts(block)[index])
        pooled = None if self._pool is None else self._pool.get(wanted)
        return None if pooled is None else pending_json(pooled.tx, pooled.raw, pooled.sender)

    def _raw_transaction(self, tx_hash: Any) -> str:
        raw = self.raw_transaction(hash_from_hex(tx_hash, "transaction hash"))
        return "0x" if raw is None else to_hex(raw)

    def raw_transaction(self, tx_hash: Hash32) -> bytes | None:
        """A transaction of a canonical block or of the pool."""
        found = self._view.transaction(tx_hash)
        if found is not None:
            return found[0].raw_transactions[found[1]]
        pooled = None if self._pool is None else self._pool.get(tx_hash)
        return None if pooled is None else pooled.raw

    def _receipt(self, tx_hash: Any) -> dict[str, Any] | None:
        found = self._view.transaction(hash_from_hex(tx_hash, "transaction hash"))
        return None if found is None else self._receipts(found[0])[found[1]]


Find = Callable[[Any], Block | None]


def _block_getter(view: BlockView, find: Find) -> Callable[..., Any]:
    def get(which: Any, full: Any) -> dict[str, Any] | None:
        with_transactions, block = flag(full), find(which)
        if block is None:
            return None
        return block_json(block, view.receipts(block) if with_transactions else None)

    return get


def _header_getter(find: Find) -> Callable[..., Any]:
    def get(which: Any) -> dict[str, Any] | None:
        block = find(which)
        return None if block is None else dict(block.header.to_json())

    return get


def _counter(find: Find) -> Callable[..., Any]:
    def count(which: Any) -> str | None:
        block = find(which)
        return None if block is None else to_quantity(len(block.raw_transactions))

    return count


def _uncle_counter(find: Find) -> Callable[..., Any]:
    return lambda which: None if find(which) is None else "0x0"


def _transaction_getter(view: BlockView, find: Find) -> Callable[..., Any]:
    def get(which: Any, index: Any) -> dict[str, Any] | None:
        block, position = find(which), index_of(index)
        if block is None or position >= len(block.raw_transactions):
            return None
        return transaction_json(block, position, view.receipts(block)[position])

    return get


def _raw_getter(find: Find) -> Callable[..., Any]:
    def get(which: Any, index: Any) -> str:
        block, position = find(which), index_of(index)
        if block is None or position >= len(block.raw_transactions):
            return "0x"
        return to_hex(block.raw_transactions[position])

    return get
