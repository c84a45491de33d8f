"""Executing one transaction of an L1 block. Specification: EIP-1559, EIP-4844, EIP-7623, EIP-7702.

The rules that L1 and L2 share are the engine's; there are no fees for L1 data here, base fee and blob fee are
burned, and there are blobs.
"""

from __future__ import annotations

from pyoprollup.errors import DecodeError
from pyoprollup.eth.kzg import VERSIONED_HASH_VERSION_KZG
from pyoprollup.eth.receipts import Log, Receipt
from pyoprollup.eth.transactions import BLOB_TX_TYPE, SET_CODE_TX_TYPE, Transaction, decode_transaction
from pyoprollup.eth.types import Address
from pyoprollup.evm.errors import InvalidTransaction, TxFault
from pyoprollup.evm.intrinsic import floor_gas
from pyoprollup.evm.message import Call, finish, run
from pyoprollup.evm.receipts import logs_bloom
from pyoprollup.evm.refund import gas_used_after
from pyoprollup.evm.set_code import apply_authorizations
from pyoprollup.evm.validity import check_executable, check_funds, effective_gas_price, sender_of
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
    account = sender_of(block, tx)
    check_executable(block, tx, account)
    blob_gas = _check_blobs(env, tx)
    intrinsic = check_funds(block, tx, account, blob_gas * tx.blob_fee_cap)
    price = effective_gas_price(block, tx)
    state, rules = block.state, block.rules.evm
    state.delta_balance(account, -(tx.gas * price + blob_gas * env.blob_base_fee))
    state.increment_nonce(account)
    refund = apply_authorizations(state, block.chain_id, tx.authorization_list)
    call = Call(
        account,
        tx.to,
        tx.value,
        tx.data,
        tx.gas - intrinsic,
        tx.nonce,
        price,
        tx.access_list,
        refund,
        tx.blob_versioned_hashes,
    )
    outcome = run(state, rules, call)
    gas_used = gas_used_after(tx.gas, outcome, floor_gas(rules, tx.data))
    for receiver, amount in (
        (account, (tx.gas - gas_used) * price),
        (block.coinbase, gas_used * (price - block.base_fee)),
    ):
        if amount:
            state.delta_balance(receiver, amount)
    finish(state, outcome)
    state.clear_transient_storage()
    block.gas_used += gas_used
    env.blob_gas_used += blob_gas
    receipt = Receipt(
        type=tx.type,
        status=int(outcome.success),
        cumulative_gas_used=block.gas_used,
        bloom=logs_bloom(outcome.logs),
        logs=_numbered(outcome.logs, sum(len(each.logs) for each in block.receipts)),
    )
    block.transactions.append(raw)
    block.receipts.append(receipt)
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


def _check_blobs(env: L1Environment, tx: Transaction) -> int:
    """The blob gas of ``tx``."""
    if tx.type != BLOB_TX_TYPE:
        return 0
    hashes = tx.blob_versioned_hashes
    if not hashes or any(item[:1] != VERSIONED_HASH_VERSION_KZG for item in hashes):
        raise InvalidTransaction(TxFault.MALFORMED, "no blobs, or a hash of an unknown version")
    blob_gas = GAS_PER_BLOB * len(hashes)
    if env.blob_gas_used + blob_gas > env.max_blob_gas:
        raise BlobsDoNotFit(TxFault.BLOCK_GAS_LIMIT, f"{len(hashes)} blobs more")
    if tx.blob_fee_cap < env.blob_base_fee:
        detail = f"blob fee cap {tx.blob_fee_cap} < {env.blob_base_fee}"
        raise BlobsDoNotFit(TxFault.FEE_CAP_BELOW_BASE_FEE, detail)
    return blob_gas


def _numbered(logs: tuple[Log, ...], first: int) -> tuple[Log, ...]:
    return tuple([log._replace(log_index=index) for index, log in enumerate(logs, first)])
