"""``eth_*``: what transactions should pay, and what they paid.

Specification: Ethereum JSON-RPC specification, eth_feeHistory. The suggested tip is op-geth's: a small
constant while blocks have room, and above the last block's median when they have not.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.headers import Header
from pyoprollup.eth.transactions import Transaction
from pyoprollup.eth.types import quantity_from_hex, to_quantity
from pyoprollup.execution.rpc.block_json import effective_gas_price
from pyoprollup.execution.rpc.chain_view import Block, BlockView
from pyoprollup.execution.rpc.deadline import CallLimits
from pyoprollup.rpc.errors import SERVER_ERROR, JsonRpcError

__all__ = ["MAX_HISTORY", "MIN_SUGGESTED_TIP", "FeeMethods"]

MAX_HISTORY = 1024
"""Blocks that a fee history goes back at most."""
MIN_SUGGESTED_TIP = 1_000_000
MAX_SUGGESTED_TIP = 500 * 10**9
_MAX_PERCENTILES = 100


class FeeMethods:
    """The methods over ``view``. ``least_tip`` is what is suggested while there is room, in wei."""

    def __init__(
        self, view: BlockView, limits: CallLimits | None = None, least_tip: int = MIN_SUGGESTED_TIP
    ) -> None:
        self._view = view
        self._limits = limits or CallLimits()
        self._least_tip = least_tip

    def methods(self) -> dict[str, Callable[..., Any]]:
        """The methods by name."""
        return {
            "eth_blobBaseFee": self._blob_base_fee,
            "eth_feeHistory": self._history,
            "eth_gasPrice": self._gas_price,
            "eth_maxPriorityFeePerGas": lambda: to_quantity(self._tip()),
        }

    def _blob_base_fee(self) -> str | None:
        fee = self._view.blob_base_fee(self._view.head())
        return None if fee is None else to_quantity(fee)

    def _gas_price(self) -> str:
        return to_quantity(self._tip() + (self._view.head().base_fee or 0))

    def _tip(self) -> int:
        block = self._view.block(self._view.chain.heads.unsafe)
        if block is None:
            return self._least_tip
        largest = max(self._gas_used(block), default=0)
        tip = self._least_tip
        if largest <= block.header.gas_limit < block.header.gas_used + largest:
            tips = sorted(_tip_of(tx, block.header) for tx in block.transactions)
            median = tips[len(tips) // 2]
            tip = max(tip, median + median // 10)
        return min(tip, MAX_SUGGESTED_TIP)

    def _gas_used(self, block: Block) -> list[int]:
        """By transaction."""
        totals = [0, *(receipt.cumulative_gas_used for receipt in self._view.receipts(block))]
        return [after - before for before, after in pairwise(totals)]

    def _history(self, count: Any, newest: Any, percentiles: Any = None) -> dict[str, Any]:
        wanted = _block_count(count)
        points = _percentiles(percentiles)
        number = self._newest(newest)
        wanted = min(wanted, MAX_HISTORY, number + 1 - self._view.first)
        if wanted <= 0:
            return {"oldestBlock": "0x0", "gasUsedRatio": None}
        deadline = self._limits.deadline()
        headers = [self._canonical(height) for height in range(number + 1 - wanted, number + 1)]
        fees = [header.base_fee or 0 for header in headers] + [self._view.next_base_fee(headers[-1])]
        result: dict[str, Any] = {
            "oldestBlock": to_quantity(headers[0].number),
            "baseFeePerGas": [to_quantity(fee) for fee in fees],
            "gasUsedRatio": [header.gas_used / header.gas_limit for header in headers],
            "baseFeePerBlobGas": [self._blob_fee(header) for header in [*headers, headers[-1]]],
            "blobGasUsedRatio": [self._view.blob_gas_used_ratio(header) for header in headers],
        }
        if points:
            result["reward"] = rewards = []
            for header in headers:
                deadline()
                rewards.append([to_quantity(tip) for tip in self._rewards(header, points)])
        return result

    def _newest(self, which: Any) -> int:
        head = self._view.head().number
        if isinstance(which, str) and which[:2] == "0x":
            number = quantity_from_hex(which, "block number", 63)
            if number > head:
                text = f"request beyond head block: requested {number}, head {head}"
                raise JsonRpcError(SERVER_ERROR, text)
            return number
        block_hash = self._view.hash_of_number(which)
        header = None if block_hash is None else self._view.chain.header(block_hash)
        return head if header is None else header.number

    def _canonical(self, number: int) -> Header:
        block_hash = self._view.chain.canonical_hash(number)
        header = None if block_hash is None else self._view.chain.header(block_hash)
        if header is None:
            raise JsonRpcError(SERVER_ERROR, f"block {number} not found")
        return header

    def _blob_fee(self, header: Header) -> str:
        return to_quantity(self._view.blob_base_fee(header) or 0)

    def _rewards(self, header: Header, percentiles: list[float]) -> list[int]:
        """Tips at these percentiles of the gas that was used."""
        block = self._view.block(header.hash())
        if block is None:
            raise JsonRpcError(SERVER_ERROR, f"block {header.number} not found")
        used = self._gas_used(block)
        if not used:
            return [0] * len(percentiles)
        tips = [_tip_of(tx, block.header) for tx in block.transactions]
        ranked = sorted(zip(tips, used, strict=True), key=lambda pair: pair[0])
        rewards = []
        index, gas = 0, ranked[0][1]
        for percentile in percentiles:
            threshold = int(header.gas_used * percentile / 100)
            while gas < threshold and index < len(ranked) - 1:
                index += 1
                gas += ranked[index][1]
            rewards.append(ranked[index][0])
        return rewards


def _tip_of(tx: Transaction | DepositTransaction, header: Header) -> int:
    """What the block's producer got for a unit of gas."""
    if isinstance(tx, DepositTransaction):
        return 0
    return effective_gas_price(tx, header) - (header.base_fee or 0)


def _block_count(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    return quantity_from_hex(value, "block count", 64)


def _percentiles(value: Any) -> list[float]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise DecodeError("percentiles: expected a list")
    if len(value) > _MAX_PERCENTILES:
        raise JsonRpcError(
            SERVER_ERROR, f"invalid reward percentile: over the query limit {_MAX_PERCENTILES}"
        )
    points: list[float] = []
    for item in value:
        if isinstance(item, bool) or not isinstance(item, int | float) or not 0 <= item <= 100:
            raise JsonRpcError(SERVER_ERROR, f"invalid reward percentile: {str(item)[:40]}")
        if points and item <= points[-1]:
            raise JsonRpcError(SERVER_ERROR, f"invalid reward percentile: {points[-1]} >= {item}")
        points.append(item)
    return points
