"""Executing one transaction of an L1 block. Specification: EIP-4844.

There are no fees for L1 data here, base fee and blob fee are burned, and there are blobs.
"""

from __future__ import annotations

from dataclasses import replace

from pyoprollup.errors import DecodeError
from pyoprollup.eth.kzg import VERSIONED_HASH_VERSION_KZG
from pyoprollup.eth.receipts import Log, Receipt
from pyoprollup.eth.transactions import BLOB_TX_TYPE, SET_CODE_TX_TYPE, Transaction, decode_transaction
from pyoprollup.eth.types import Address
from pyoprollup.evm.errors import InvalidTransaction, TxFault
from pyoprollup.evm.transaction import NO_FEES, Fees, execute
from pyoprollup.l1.embedded.environment import L1Environment
from pyoprollup.l1.embedded.fees import GAS_PER_BLOB
from pyoprollup.rollup.rules import Rules

__all__ = ["BlobsDoNotFit", "execute_l1_transaction", "is_supported"]


class BlobsDoNotFit(InvalidTransaction):
    """A blob transaction that is valid, but not in this block: too many blobs, or too little for them."""


def execute_l1_transaction(env: L1Environment, raw: bytes) -> tuple[Receipt, Address]:
    """Run the transaction with these canonical EIP-2718 bytes, count it into the block; its sender too.

    Raises :class:`InvalidTransaction`, before anything in the state has changed.
    """
    block, tx = env.block, _decode(env, raw)
    block.state.lock_changes()
    receipt, account = execute(block, tx, lambda _: _fees(env, tx))
    receipt = replace(receipt, logs=_numbered(receipt.logs, sum(len(each.logs) for each in block.receipts)))
    env.blob_gas_used += GAS_PER_BLOB * len(tx.blob_versioned_hashes)
    block.include(raw, receipt)
    return receipt, account


def is_supported(rules: Rules, tx: Transaction) -> bool:
    """Whether the fork knows transactions of this type."""
    return tx.type != SET_CODE_TX_TYPE or rules.set_code_transactions


def _decode(env: L1Environment, raw: bytes) -> Transaction:
    try:
        tx = decode_transaction(raw)
    except DecodeError as exc:
        raise InvalidTransaction(TxFault.MALFORMED, str(exc)) from exc
    if not isinstance(tx, Transaction) or not is_supported(env.block.rules, tx):
        raise InvalidTransaction(TxFault.TYPE_NOT_SUPPORTED, f"type {raw[0]:#04x}")
    if tx.sidecar is not None:
        raise InvalidTransaction(TxFault.MALFORMED, "blobs inside of a block")
    return tx


def _fees(env: L1Environment, tx: Transaction) -> Fees:
    """What the blobs of ``tx`` cost, if they fit into the block."""
    if tx.type != BLOB_TX_TYPE:
        return NO_FEES
    hashes = tx.blob_versioned_hashes
    if not hashes or any(item[:1] != VERSIONED_HASH_VERSION_KZG for item in hashes):
        raise InvalidTransaction(TxFault.MALFORMED, "no blobs, or a hash of an unknown version")
    blob_gas = GAS_PER_BLOB * len(hashes)
    if env.blob_gas_used + blob_gas > env.max_blob_gas:
        raise BlobsDoNotFit(TxFault.BLOCK_GAS_LIMIT, f"{len(hashes)} blobs more")
    if tx.blob_fee_cap < env.blob_base_fee:
        detail = f"blob fee cap {tx.blob_fee_cap} < {env.blob_base_fee}"
        raise BlobsDoNotFit(TxFault.FEE_CAP_BELOW_BASE_FEE, detail)
    return Fees(flat=blob_gas * env.blob_base_fee, flat_at_most=blob_gas * tx.blob_fee_cap)


def _numbered(logs: tuple[Log, ...], first: int) -> tuple[Log, ...]:
    return tuple([log._replace(log_index=index) for index, log in enumerate(logs, first)])
