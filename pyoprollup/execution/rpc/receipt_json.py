"""Receipts and logs in the form that op-geth shows.

Specification: Ethereum JSON-RPC specification, eth_getTransactionReceipt; protocol/exec-engine.md, fees.
"""

from __future__ import annotations

from typing import Any

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.receipts import Log, Receipt
from pyoprollup.eth.transactions import contract_address
from pyoprollup.eth.types import Hash32, to_hex, to_quantity
from pyoprollup.execution.rpc.block_json import effective_gas_price
from pyoprollup.execution.rpc.chain_view import Block, BlockView

__all__ = ["log_json", "receipts_json"]


def receipts_json(view: BlockView, block: Block) -> list[dict[str, Any]]:
    """All receipts of a block; raises ``JsonRpcError`` if they are not there."""
    more = view.receipt_fields(block)
    shown = []
    first_log, gas_before = 0, 0
    for index, receipt in enumerate(view.receipts(block)):
        obj = _receipt(block, index, receipt, receipt.cumulative_gas_used - gas_before, first_log)
        shown.append(obj | more(index))
        first_log += len(receipt.logs)
        gas_before = receipt.cumulative_gas_used
    return shown


def _receipt(block: Block, index: int, receipt: Receipt, gas_used: int, first_log: int) -> dict[str, Any]:
    tx, tx_hash = block.transactions[index], keccak256(block.raw_transactions[index])
    logs = enumerate(receipt.logs, first_log)
    obj: dict[str, Any] = {
        "blockHash": to_hex(block.hash),
        "blockNumber": to_quantity(block.header.number),
        "transactionHash": to_hex(tx_hash),
        "transactionIndex": to_quantity(index),
        "from": to_hex(block.senders[index]),
        "to": None if tx.to is None else to_hex(tx.to),
        "gasUsed": to_quantity(gas_used),
        "cumulativeGasUsed": to_quantity(receipt.cumulative_gas_used),
        "contractAddress": None,
        "logs": [log_json(block, index, tx_hash, log, log_index) for log_index, log in logs],
        "logsBloom": to_hex(receipt.bloom),
        "type": to_quantity(receipt.type),
        "effectiveGasPrice": to_quantity(effective_gas_price(tx, block.header)),
    }
    if receipt.post_state is not None:
        obj["root"] = to_hex(receipt.post_state)
    else:
        obj["status"] = to_quantity(receipt.status)
    nonce = receipt.deposit_nonce or 0
    if isinstance(tx, DepositTransaction):
        if receipt.deposit_nonce is not None:
            obj["depositNonce"] = to_quantity(receipt.deposit_nonce)
            if receipt.deposit_receipt_version is not None:
                obj["depositReceiptVersion"] = to_quantity(receipt.deposit_receipt_version)
    else:
        nonce = tx.nonce
    if tx.to is None:
        obj["contractAddress"] = to_hex(contract_address(block.senders[index], nonce))
    return obj


def log_json(block: Block, tx_index: int, tx_hash: Hash32, log: Log, log_index: int) -> dict[str, Any]:
    """A log; ``log_index`` counts through the block."""
    return {
        "address": to_hex(log.address),
        "topics": [to_hex(topic) for topic in log.topics],
        "data": to_hex(log.data),
        "blockNumber": to_quantity(block.header.number),
        "transactionHash": to_hex(tx_hash),
        "transactionIndex": to_quantity(tx_index),
        "blockHash": to_hex(block.hash),
        "blockTimestamp": to_quantity(block.header.time),
        "logIndex": to_quantity(log_index),
        "removed": False,
    }
