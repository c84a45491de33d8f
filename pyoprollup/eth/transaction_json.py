"""Transactions as JSON-RPC shows them, read back into their canonical bytes.

Specification: Ethereum JSON-RPC specification, eth_getBlockByNumber with full transactions; deposits as
op-geth shows them.
"""

from __future__ import annotations

from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE, DepositTransaction
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.transactions import (
    ACCESS_LIST_TX_TYPE,
    BLOB_TX_TYPE,
    DYNAMIC_FEE_TX_TYPE,
    LEGACY_TX_TYPE,
    SET_CODE_TX_TYPE,
    AccessTuple,
    Authorization,
    Transaction,
)

__all__ = ["transaction_from_json"]


def transaction_from_json(value: Any) -> Transaction | DepositTransaction:
    """A transaction from its JSON-RPC form, without a sidecar; raises :class:`DecodeError`.

    Fields that do not belong to the type are not looked at: whoever does not trust the sender
    compares the transactions root, or the hash, with one that is known.
    """
    obj = QuantityReader(value, "transaction")
    kind = obj.optional("type", obj.uint64) or LEGACY_TX_TYPE
    if kind == DEPOSIT_TX_TYPE:
        return _deposit(obj)
    if kind > SET_CODE_TX_TYPE:
        raise DecodeError(f"transaction.type: {kind:#x} is not supported")
    is_typed, has_caps = kind != LEGACY_TX_TYPE, kind >= DYNAMIC_FEE_TX_TYPE
    return Transaction(
        type=kind,
        nonce=obj.uint64("nonce"),
        gas_price=obj.uint256("maxFeePerGas" if has_caps else "gasPrice"),
        gas=obj.uint64("gas"),
        to=obj.address("to") if kind >= BLOB_TX_TYPE else obj.optional("to", obj.address),
        value=obj.uint256("value"),
        data=obj.data("input"),
        v=_parity(obj) if is_typed else obj.uint256("v"),
        r=obj.uint256("r"),
        s=obj.uint256("s"),
        chain_id=obj.uint256("chainId") if is_typed else 0,
        gas_tip_cap=obj.uint256("maxPriorityFeePerGas") if has_caps else 0,
        access_list=_access_list(obj) if kind >= ACCESS_LIST_TX_TYPE else (),
        blob_fee_cap=obj.uint256("maxFeePerBlobGas") if kind == BLOB_TX_TYPE else 0,
        blob_versioned_hashes=obj.hash_list("blobVersionedHashes") if kind == BLOB_TX_TYPE else (),
        authorization_list=_authorizations(obj) if kind == SET_CODE_TX_TYPE else (),
    )


def _deposit(obj: QuantityReader) -> DepositTransaction:
    return DepositTransaction(
        source_hash=obj.hash("sourceHash"),
        from_=obj.address("from"),
        to=obj.optional("to", obj.address),
        mint=obj.optional("mint", obj.uint256) or None,
        value=obj.uint256("value"),
        gas=obj.uint64("gas"),
        is_system=obj.optional("isSystemTx", obj.boolean) or False,
        data=obj.data("input"),
    )


def _parity(obj: QuantityReader) -> int:
    """``yParity``, for which older servers only have ``v``."""
    parity = obj.optional("yParity", obj.uint256)
    return obj.uint256("v") if parity is None else parity


def _access_list(obj: QuantityReader) -> tuple[AccessTuple, ...]:
    entries = (QuantityReader(entry, "accessList") for entry in obj.optional("accessList", obj.items) or ())
    return tuple([AccessTuple(entry.address("address"), entry.hash_list("storageKeys")) for entry in entries])


def _authorizations(obj: QuantityReader) -> tuple[Authorization, ...]:
    entries = (QuantityReader(entry, "authorizationList") for entry in obj.items("authorizationList"))
    return tuple([_authorization(entry) for entry in entries])


def _authorization(entry: QuantityReader) -> Authorization:
    parity = entry.optional("yParity", entry.uint64)
    return Authorization(
        entry.uint256("chainId"),
        entry.address("address"),
        entry.uint64("nonce"),
        entry.uint64("v") if parity is None else parity,
        entry.uint256("r"),
        entry.uint256("s"),
    )
