"""Checks of a transaction before it enters the pool, independent of the pool's contents.

These are the checks of the reference's pool, in its order: first those that need no state, then those
of the sender's account. They are stricter than consensus where that keeps spam out.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.errors import DecodeError
from pyoprollup.eth.signer import sender
from pyoprollup.eth.transactions import (
    BLOB_TX_TYPE,
    DYNAMIC_FEE_TX_TYPE,
    SET_CODE_TX_TYPE,
    Transaction,
    decode_transaction,
    tx_hash,
)
from pyoprollup.eth.types import U64_MAX, Address, Hash32, number_text
from pyoprollup.evm.intrinsic import MAX_INITCODE_SIZE, floor_gas, has_initcode_limit, intrinsic_gas
from pyoprollup.evm.l1_cost import estimated_size
from pyoprollup.evm.set_code import authorities
from pyoprollup.execution.pool.config import SLOT_SIZE, PoolConfig
from pyoprollup.execution.pool.errors import PoolError, PoolFault
from pyoprollup.execution.pool.head import PoolHead

__all__ = ["PooledTransaction", "admit", "check_account"]

_L1_INFO_GAS = 70_000
"""Gas that every block keeps for the L1 attributes transaction."""


@dataclass(frozen=True, slots=True)
class PooledTransaction:
    """A transaction that has passed the checks which need no state. Amounts in wei, sizes in bytes."""

    raw: bytes
    hash: Hash32
    tx: Transaction
    sender: Address
    fee_cap: int
    tip_cap: int
    cost: int
    """The most that it can take from its sender."""
    da_size: int
    """Estimated size on L1."""
    authorities: tuple[Address, ...]
    """Accounts that its authorizations are signed by (EIP-7702)."""
    time: float
    sequence: int
    """The order of arrival."""

    @property
    def nonce(self) -> int:
        return self.tx.nonce

    @property
    def slots(self) -> int:
        """How much of the pool it takes."""
        return -(-len(self.raw) // SLOT_SIZE)

    def tip(self, base_fee: int) -> int:
        """What the block's producer gets for a unit of gas; negative if the fee cap is too low."""
        return min(self.tip_cap, self.fee_cap - base_fee)


def admit(config: PoolConfig, head: PoolHead, raw: bytes, time: float, sequence: int) -> PooledTransaction:
    """The transaction with these EIP-2718 bytes; raises :class:`PoolError`."""
    tx = _decode(head, raw)
    if len(raw) > config.max_tx_size:
        raise PoolError(PoolFault.OVERSIZED, f"{len(raw)} bytes, limit {config.max_tx_size}")
    _check_gas(head, tx)
    fee_cap, tip_cap = tx.gas_price, tx.gas_tip_cap if tx.type >= DYNAMIC_FEE_TX_TYPE else tx.gas_price
    _check_fees(config, fee_cap, tip_cap)
    try:
        account = sender(tx, head.chain_id)
    except DecodeError as exc:
        raise PoolError(PoolFault.SIGNATURE, str(exc)) from exc
    if tx.nonce >= U64_MAX:
        raise PoolError(PoolFault.NONCE_MAX)
    if tx.type == SET_CODE_TX_TYPE and not tx.authorization_list:
        raise PoolError(PoolFault.EMPTY_AUTHORIZATIONS)
    return PooledTransaction(
        raw=raw,
        hash=tx_hash(raw),
        tx=tx,
        sender=account,
        fee_cap=fee_cap,
        tip_cap=tip_cap,
        cost=tx.gas * fee_cap + tx.value + head.rollup_fees(raw, tx.gas),
        da_size=estimated_size(raw),
        authorities=authorities(tx.authorization_list),
        time=time,
        sequence=sequence,
    )


def _decode(head: PoolHead, raw: bytes) -> Transaction:
    try:
        tx = decode_transaction(raw)
    except DecodeError as exc:
        raise PoolError(PoolFault.MALFORMED, str(exc)) from exc
    # Deposits come from L1 only, and blobs have no place on L2.
    if not isinstance(tx, Transaction) or tx.type == BLOB_TX_TYPE:
        raise PoolError(PoolFault.TYPE_NOT_SUPPORTED, f"type {raw[0]:#04x}")
    if tx.type == SET_CODE_TX_TYPE and not head.rules.set_code_transactions:
        raise PoolError(PoolFault.TYPE_NOT_SUPPORTED, f"type {raw[0]:#04x} before Isthmus")
    return tx


def _check_gas(head: PoolHead, tx: Transaction) -> None:
    evm, is_create = head.rules.evm, tx.to is None
    if is_create and has_initcode_limit(evm) and len(tx.data) > MAX_INITCODE_SIZE:
        raise PoolError(PoolFault.INITCODE_TOO_LARGE, f"{len(tx.data)} bytes, limit {MAX_INITCODE_SIZE}")
    if evm.tx_gas_cap is not None and tx.gas > evm.tx_gas_cap:
        raise PoolError(PoolFault.GAS_ABOVE_CAP, f"cap: {evm.tx_gas_cap}, tx: {tx.gas}")
    available = max(head.gas_limit - _L1_INFO_GAS, 0)
    if tx.gas > available:
        raise PoolError(PoolFault.GAS_LIMIT, f"{tx.gas}, limit {available}")
    intrinsic = intrinsic_gas(evm, tx.data, is_create, tx.access_list, len(tx.authorization_list))
    if tx.gas < intrinsic:
        raise PoolError(PoolFault.INTRINSIC_GAS, f"gas {tx.gas}, minimum needed {intrinsic}")
    floor = floor_gas(evm, tx.data)
    if tx.gas < floor:
        raise PoolError(PoolFault.FLOOR_GAS, f"gas {tx.gas}, minimum needed {floor}")


def _check_fees(config: PoolConfig, fee_cap: int, tip_cap: int) -> None:
    if fee_cap >> 256:
        raise PoolError(PoolFault.FEE_TOO_LARGE)
    if tip_cap >> 256:
        raise PoolError(PoolFault.TIP_TOO_LARGE)
    if tip_cap > fee_cap:
        raise PoolError(PoolFault.TIP_ABOVE_FEE_CAP, f"{tip_cap} > {fee_cap}")
    if tip_cap < config.price_limit:
        raise PoolError(PoolFault.TIP_TOO_LOW, f"gas tip cap {tip_cap}, minimum needed {config.price_limit}")


def check_account(head: PoolHead, pooled: PooledTransaction, spent: int) -> None:
    """Whether the sender can send it and pay for it.

    ``spent`` is what the sender's other transactions in the pool cost. Raises :class:`PoolError`.
    """
    nonce = head.nonce(pooled.sender)
    if pooled.nonce < nonce:
        raise PoolError(PoolFault.NONCE_TOO_LOW, f"next nonce {nonce}, tx nonce {pooled.nonce}")
    balance = head.balance(pooled.sender)
    if balance < spent + pooled.cost:
        detail = f"balance {balance}, queued cost {spent}, tx cost {number_text(pooled.cost)}"
        raise PoolError(PoolFault.INSUFFICIENT_FUNDS, detail)
