"""What a transaction must be to enter a pool, whatever else is in there.

These are the checks of the reference's pool, in its order: first those that need no state, then those
of the sender's account. They are stricter than consensus where that keeps spam out. The embedded L1's pool
makes the same checks, on terms of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
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
from pyoprollup.evm.fees import estimated_size
from pyoprollup.evm.gas import MAX_INITCODE_SIZE, floor_gas, has_initcode_limit, intrinsic_gas
from pyoprollup.evm.set_code import authorities
from pyoprollup.execution.pool.config import SLOT_SIZE, PoolConfig
from pyoprollup.execution.pool.errors import PoolError, PoolFault
from pyoprollup.execution.pool.head import StateHead
from pyoprollup.rollup.rules import Rules

__all__ = [
    "Pooled",
    "PooledTransaction",
    "Terms",
    "admit",
    "check_account",
    "check_transaction",
    "tip_cap",
    "underpriced",
]

_L1_INFO_GAS = 70_000
"""Gas that every block keeps for the L1 attributes transaction."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """A transaction that has passed the checks which need no state. Amounts in wei."""

    raw: bytes
    hash: Hash32
    tx: Transaction
    sender: Address
    cost: int
    """The most that it can take from its sender."""
    sequence: int
    """The order of arrival."""

    @property
    def nonce(self) -> int:
        return self.tx.nonce

    @property
    def fee_cap(self) -> int:
        return self.tx.gas_price

    @property
    def tip_cap(self) -> int:
        return tip_cap(self.tx)

    def tip(self, base_fee: int) -> int:
        """What the block's producer gets for a unit of gas; negative if the fee cap is too low."""
        return min(self.tip_cap, self.fee_cap - base_fee)


@dataclass(frozen=True, slots=True)
class PooledTransaction(Pooled):
    """A transaction in a pool of L2. Sizes in bytes."""

    da_size: int
    """Estimated size on L1."""
    authorities: tuple[Address, ...]
    """Accounts that its authorizations are signed by (EIP-7702)."""
    time: float

    @property
    def slots(self) -> int:
        """How much of the pool it takes."""
        return -(-len(self.raw) // SLOT_SIZE)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a pool asks of every transaction."""

    rules: Rules
    chain_id: int
    gas_limit: int
    """What a block has for transactions of the pool."""
    price_limit: int
    """Least tip, in wei."""


def tip_cap(tx: Transaction) -> int:
    """The most that ``tx`` gives the block's producer for a unit of gas, in wei."""
    return tx.gas_tip_cap if tx.type >= DYNAMIC_FEE_TX_TYPE else tx.gas_price


def check_transaction(terms: Terms, tx: Transaction) -> Address:
    """What all pools check, but for the state; returns the sender. Raises :class:`PoolError`."""
    _check_gas(terms, tx)
    _check_fees(terms, tx.gas_price, tip_cap(tx))
    try:
        account = sender(tx, terms.chain_id)
    except DecodeError as exc:
        raise PoolError(PoolFault.SIGNATURE, str(exc)) from exc
    if tx.nonce >= U64_MAX:
        raise PoolError(PoolFault.NONCE_MAX)
    if tx.type == SET_CODE_TX_TYPE and not tx.authorization_list:
        raise PoolError(PoolFault.EMPTY_AUTHORIZATIONS)
    return account


def admit(config: PoolConfig, head: StateHead, raw: bytes, time: float, sequence: int) -> PooledTransaction:
    """The transaction with these EIP-2718 bytes; raises :class:`PoolError`."""
    tx = _decode(head, raw)
    if len(raw) > config.max_tx_size:
        raise PoolError(PoolFault.OVERSIZED, f"{len(raw)} bytes, limit {config.max_tx_size}")
    available = max(head.gas_limit - _L1_INFO_GAS, 0)
    account = check_transaction(Terms(head.rules, head.chain_id, available, config.price_limit), tx)
    return PooledTransaction(
        raw=raw,
        hash=tx_hash(raw),
        tx=tx,
        sender=account,
        cost=tx.gas * tx.gas_price + tx.value + head.rollup_fees(raw, tx.gas),
        da_size=estimated_size(raw),
        authorities=authorities(tx.authorization_list),
        time=time,
        sequence=sequence,
    )


def _decode(head: StateHead, raw: bytes) -> Transaction:
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


def _check_gas(terms: Terms, tx: Transaction) -> None:
    evm, is_create = terms.rules.evm, tx.to is None
    if is_create and has_initcode_limit(evm) and len(tx.data) > MAX_INITCODE_SIZE:
        raise PoolError(PoolFault.INITCODE_TOO_LARGE, f"{len(tx.data)} bytes, limit {MAX_INITCODE_SIZE}")
    if evm.tx_gas_cap is not None and tx.gas > evm.tx_gas_cap:
        raise PoolError(PoolFault.GAS_ABOVE_CAP, f"cap: {evm.tx_gas_cap}, tx: {tx.gas}")
    if tx.gas > terms.gas_limit:
        raise PoolError(PoolFault.GAS_LIMIT, f"{tx.gas}, limit {terms.gas_limit}")
    intrinsic = intrinsic_gas(evm, tx.data, is_create, tx.access_list, len(tx.authorization_list))
    if tx.gas < intrinsic:
        raise PoolError(PoolFault.INTRINSIC_GAS, f"gas {tx.gas}, minimum needed {intrinsic}")
    floor = floor_gas(evm, tx.data)
    if tx.gas < floor:
        raise PoolError(PoolFault.FLOOR_GAS, f"gas {tx.gas}, minimum needed {floor}")


def _check_fees(terms: Terms, fee_cap: int, tip: int) -> None:
    if fee_cap >> 256:
        raise PoolError(PoolFault.FEE_TOO_LARGE)
    if tip >> 256:
        raise PoolError(PoolFault.TIP_TOO_LARGE)
    if tip > fee_cap:
        raise PoolError(PoolFault.TIP_ABOVE_FEE_CAP, f"{tip} > {fee_cap}")
    if tip < terms.price_limit:
        raise PoolError(PoolFault.TIP_TOO_LOW, f"gas tip cap {tip}, minimum needed {terms.price_limit}")


def check_account(nonce: int, balance: int, pooled: Pooled, spent: int) -> None:
    """Whether the sender, with this nonce and balance, can send it and pay for it.

    ``spent`` is what the sender's other transactions in the pool cost. Raises :class:`PoolError`.
    """
    if pooled.nonce < nonce:
        raise PoolError(PoolFault.NONCE_TOO_LOW, f"next nonce {nonce}, tx nonce {pooled.nonce}")
    if balance < spent + pooled.cost:
        detail = f"balance {balance}, queued cost {spent}, tx cost {number_text(pooled.cost)}"
        raise PoolError(PoolFault.INSUFFICIENT_FUNDS, detail)


def underpriced(fees: Iterable[tuple[str, int, int]], bump: int) -> tuple[str, int, int] | None:
    """The first fee (what it is called, the new one, the old one) that is not ``bump`` per cent more.

    Rounded down, as geth does; other pools ask for more than this boundary.
    """
    for name, new, old in fees:
        if new <= old or new < (100 + bump) * old // 100:
            return name, new, old
    return None
