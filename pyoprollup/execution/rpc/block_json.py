"""Blocks and transactions in the form that op-geth shows.

Specification: Ethereum JSON-RPC specification, eth_getBlockByNumber and eth_getTransactionByHash.
"""

from __future__ import annotations

from typing import Any

from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE, DepositTransaction
from pyoprollup.eth.headers import Header
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.signer import is_protected
from pyoprollup.eth.transactions import (
    BLOB_TX_TYPE,
    DYNAMIC_FEE_TX_TYPE,
    LEGACY_TX_TYPE,
    SET_CODE_TX_TYPE,
    Authorization,
    Transaction,
)
from pyoprollup.eth.types import Address, to_hex, to_quantity
from pyoprollup.execution.rpc.chain_view import Block

__all__ = ["block_json", "effective_gas_price", "encode_block", "pending_json", "transaction_json"]


def encode_block(block: Block) -> bytes:
    """RLP of the block: header, transactions, uncles, and withdrawals since Canyon."""
    transactions = [raw if raw[0] >= 0xC0 else rlp.encode_bytes(raw) for raw in block.raw_transactions]
    items = [block.header.encode(), rlp.encode_list(transactions), rlp.EMPTY_LIST]
    if block.header.withdrawals_root is not None:
        items.append(rlp.EMPTY_LIST)
    return rlp.encode_list(items)


def block_json(block: Block, receipts: tuple[Receipt, ...] | None) -> dict[str, Any]:
    """A block; with full transactions if there are ``receipts``, otherwise with their hashes.

    The receipts are needed for the nonces of deposits.
    """
    obj: dict[str, Any] = dict(block.header.to_json())
    obj["hash"] = to_hex(block.hash)
    obj["size"] = to_quantity(len(encode_block(block)))
    obj["uncles"] = []
    if receipts is None:
        obj["transactions"] = [to_hex(keccak256(raw)) for raw in block.raw_transactions]
    else:
        indices = range(len(block.transactions))
        obj["transactions"] = [transaction_json(block, index, receipts[index]) for index in indices]
    if block.header.withdrawals_root is not None:
        obj["withdrawals"] = []
    return obj


def effective_gas_price(tx: Transaction | DepositTransaction, header: Header) -> int:
    """What a unit of gas costs in this block, in wei."""
    if isinstance(tx, DepositTransaction):
        return 0
    if tx.type < DYNAMIC_FEE_TX_TYPE:
        return tx.gas_price
    return min(tx.gas_price, tx.gas_tip_cap + (header.base_fee or 0))


def transaction_json(block: Block, index: int, receipt: Receipt) -> dict[str, Any]:
    """A transaction of a block."""
    raw, tx = block.raw_transactions[index], block.transactions[index]
    obj = _common(tx, raw, block.senders[index])
    obj |= {
        "blockHash": to_hex(block.hash),
        "blockNumber": to_quantity(block.header.number),
        "blockTimestamp": to_quantity(block.header.time),
        "transactionIndex": to_quantity(index),
        "gasPrice": to_quantity(effective_gas_price(tx, block.header)),
    }
    if isinstance(tx, DepositTransaction) and receipt.deposit_nonce is not None:
        obj["nonce"] = to_quantity(receipt.deposit_nonce)
        if receipt.deposit_receipt_version is not None:
            obj["depositReceiptVersion"] = to_quantity(receipt.deposit_receipt_version)
    return obj


def pending_json(tx: Transaction, raw: bytes, account: Address) -> dict[str, Any]:
    """A transaction that is in no block yet."""
    obj = _common(tx, raw, account)
    absent = dict.fromkeys(("blockHash", "blockNumber", "blockTimestamp", "transactionIndex"))
    return {**obj, **absent, "gasPrice": to_quantity(tx.gas_price)}


def _common(tx: Transaction | DepositTransaction, raw: bytes, account: Address) -> dict[str, Any]:
    obj: dict[str, Any] = {
        "from": to_hex(account),
        "gas": to_quantity(tx.gas),
        "hash": to_hex(keccak256(raw)),
        "input": to_hex(tx.data),
        "to": None if tx.to is None else to_hex(tx.to),
        "value": to_quantity(tx.value),
    }
    return obj | (_deposit(tx) if isinstance(tx, DepositTransaction) else _signed(tx))


def _deposit(tx: DepositTransaction) -> dict[str, Any]:
    obj: dict[str, Any] = {"type": to_quantity(DEPOSIT_TX_TYPE), "sourceHash": to_hex(tx.source_hash)}
    obj |= dict.fromkeys(("nonce", "v", "r", "s"), "0x0")
    obj["mint"] = to_quantity(tx.mint or 0)
    if tx.is_system:
        obj["isSystemTx"] = True
    return obj


def _signed(tx: Transaction) -> dict[str, Any]:
    obj: dict[str, Any] = {
        "type": to_quantity(tx.type),
        "nonce": to_quantity(tx.nonce),
        "v": to_quantity(tx.v),
        "r": to_quantity(tx.r),
        "s": to_quantity(tx.s),
    }
    if tx.type == LEGACY_TX_TYPE:
        if is_protected(tx.v):
            obj["chainId"] = to_quantity((tx.v - 35) // 2)
        return obj
    obj["chainId"] = to_quantity(tx.chain_id)
    obj["yParity"] = obj["v"]
    obj["accessList"] = [
        {"address": to_hex(entry.address), "storageKeys": [to_hex(key) for key in entry.storage_keys]}
        for entry in tx.access_list
    ]
    if tx.type >= DYNAMIC_FEE_TX_TYPE:
        obj["maxFeePerGas"] = to_quantity(tx.gas_price)
        obj["maxPriorityFeePerGas"] = to_quantity(tx.gas_tip_cap)
    if tx.type == BLOB_TX_TYPE:
        obj["maxFeePerBlobGas"] = to_quantity(tx.blob_fee_cap)
        obj["blobVersionedHashes"] = [to_hex(item) for item in tx.blob_versioned_hashes]
    if tx.type == SET_CODE_TX_TYPE:
        obj["authorizationList"] = [_authorization(item) for item in tx.authorization_list]
    return obj


def _authorization(item: Authorization) -> dict[str, str]:
    return {
        "chainId": to_quantity(item.chain_id),
        "address": to_hex(item.address),
        "nonce": to_quantity(item.nonce),
        "yParity": to_quantity(item.y_parity),
        "r": to_quantity(item.r),
        "s": to_quantity(item.s),
    }
