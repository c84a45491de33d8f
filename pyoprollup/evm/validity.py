"""Validity of a transaction (not a deposit) at its place in a block.

The checks are those of the reference's state transition, in its order. py-evm lacks several of them
(senders with code, the floor of EIP-7623, the chain id, tips above the fee cap, init code).
"""

from __future__ import annotations

from pyoprollup.errors import DecodeError
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.signer import sender
from pyoprollup.eth.transactions import (
    BLOB_TX_TYPE,
    DYNAMIC_FEE_TX_TYPE,
    SET_CODE_TX_TYPE,
    Transaction,
    decode_transaction,
)
from pyoprollup.eth.types import U64_MAX, Address, number_text
from pyoprollup.evm.environment import BlockEnvironment
from pyoprollup.evm.errors import InvalidTransaction, TxFault
from pyoprollup.evm.gas import MAX_INITCODE_SIZE, floor_gas, has_initcode_limit, intrinsic_gas
from pyoprollup.evm.set_code import delegation_target

__all__ = ["check_executable", "check_funds", "decode", "effective_gas_price", "sender_of"]


def decode(env: BlockEnvironment, raw: bytes) -> Transaction | DepositTransaction:
    """The transaction, of a type that the block's fork knows; raises :class:`InvalidTransaction`."""
    try:
        tx = decode_transaction(raw)
    except DecodeError as exc:
        raise InvalidTransaction(TxFault.MALFORMED, str(exc)) from exc
    if isinstance(tx, Transaction) and (
        tx.type == BLOB_TX_TYPE or (tx.type == SET_CODE_TX_TYPE and not env.rules.set_code_transactions)
    ):
        raise InvalidTransaction(TxFault.TYPE_NOT_SUPPORTED, f"type {tx.type}")
    return tx


def sender_of(env: BlockEnvironment, tx: Transaction) -> Address:
    """The account that signed; raises :class:`InvalidTransaction`."""
    try:
        return sender(tx, env.chain_id)
    except DecodeError as exc:
        raise InvalidTransaction(TxFault.SIGNATURE, str(exc)) from exc


def effective_gas_price(env: BlockEnvironment, tx: Transaction) -> int:
    """What a unit of gas costs the sender, in wei."""
    if tx.type < DYNAMIC_FEE_TX_TYPE:
        return tx.gas_price
    return min(tx.gas_price, env.base_fee + tx.gas_tip_cap)


def check_executable(env: BlockEnvironment, tx: Transaction, account: Address) -> None:
    """Nonce, cap on gas, sender and fees; raises :class:`InvalidTransaction`."""
    _check_nonce(env.state.get_nonce(account), tx.nonce)
    cap = env.rules.evm.tx_gas_cap
    if cap is not None and tx.gas > cap:
        raise InvalidTransaction(TxFault.GAS_ABOVE_CAP, f"{tx.gas} > {cap}")
    code = env.state.get_code(account)
    # Only Isthmus's forks have accounts with delegated code; before, such code could not be deployed.
    if code and not (env.rules.set_code_transactions and delegation_target(code) is not None):
        raise InvalidTransaction(TxFault.SENDER_HAS_CODE, f"0x{account.hex()}")
    if tx.gas_price >> 256 or tx.gas_tip_cap >> 256:
        raise InvalidTransaction(TxFault.FEE_TOO_LARGE, "")
    if tx.type >= DYNAMIC_FEE_TX_TYPE and tx.gas_tip_cap > tx.gas_price:
        raise InvalidTransaction(TxFault.TIP_ABOVE_FEE_CAP, f"{tx.gas_tip_cap} > {tx.gas_price}")
    if tx.gas_price < env.base_fee:
        raise InvalidTransaction(TxFault.FEE_CAP_BELOW_BASE_FEE, f"{tx.gas_price} < {env.base_fee}")
    if tx.type == SET_CODE_TX_TYPE and not tx.authorization_list:
        raise InvalidTransaction(TxFault.EMPTY_AUTHORIZATIONS)


def _check_nonce(have: int, nonce: int) -> None:
    if nonce < have:
        raise InvalidTransaction(TxFault.NONCE_TOO_LOW, f"{nonce}, the account's is {have}")
    if nonce > have:
        raise InvalidTransaction(TxFault.NONCE_TOO_HIGH, f"{nonce}, the account's is {have}")
    if have >= U64_MAX:
        raise InvalidTransaction(TxFault.NONCE_MAX)


def check_funds(env: BlockEnvironment, tx: Transaction, account: Address, fees: int) -> int:
    """Money and gas; ``fees`` is what it pays besides gas at worst. Returns the intrinsic gas.

    Raises :class:`InvalidTransaction`.
    """
    needed = tx.gas * tx.gas_price + tx.value + fees
    balance = env.state.get_balance(account)
    if balance < needed:
        raise InvalidTransaction(
            TxFault.INSUFFICIENT_FUNDS, f"has {balance} wei, needs {number_text(needed)}"
        )
    if tx.gas > env.gas_left:
        raise InvalidTransaction(TxFault.BLOCK_GAS_LIMIT, f"{tx.gas}, {env.gas_left} left")
    rules, is_create = env.rules.evm, tx.to is None
    intrinsic = intrinsic_gas(rules, tx.data, is_create, tx.access_list, len(tx.authorization_list))
    if tx.gas < intrinsic:
        raise InvalidTransaction(TxFault.INTRINSIC_GAS, f"{tx.gas} < {intrinsic}")
    if tx.gas < floor_gas(rules, tx.data):
        raise InvalidTransaction(TxFault.FLOOR_GAS, f"{tx.gas} < {floor_gas(rules, tx.data)}")
    if is_create and has_initcode_limit(rules) and len(tx.data) > MAX_INITCODE_SIZE:
        raise InvalidTransaction(TxFault.INITCODE_TOO_LARGE, f"{len(tx.data)} bytes")
    return intrinsic
