"""What a transaction must be to enter the mempool, whatever else is in there.

The rules and their words are those of Ethereum's clients: a transaction manager tells errors apart by them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pyoprollup.errors import DecodeError
from pyoprollup.eth import kzg
from pyoprollup.eth.signer import sender
from pyoprollup.eth.transactions import (
    BLOB_TX_TYPE,
    DYNAMIC_FEE_TX_TYPE,
    SET_CODE_TX_TYPE,
    Transaction,
    decode_transaction,
    tx_hash,
)
from pyoprollup.eth.types import U64_MAX, Address, Hash32
from pyoprollup.evm.gas import MAX_INITCODE_SIZE, floor_gas, intrinsic_gas
from pyoprollup.l1.embedded.config import EmbeddedL1Config
from pyoprollup.l1.embedded.executor import is_supported
from pyoprollup.l1.embedded.fees import GAS_PER_BLOB
from pyoprollup.txmgr.errors import TxPoolError

__all__ = ["PooledTransaction", "admit"]

_MAX_SIZE, _MAX_BLOB_TX_SIZE = 128 * 1024, 1024 * 1024
_CELL_PROOFS = 128


@dataclass(frozen=True, slots=True)
class PooledTransaction:
    """A transaction in the mempool. ``raw`` is canonical: without its blobs. Amounts in wei."""

    raw: bytes
    hash: Hash32
    tx: Transaction
    sender: Address
    fee_cap: int
    tip_cap: int
    cost: int
    """The most that it can take from its sender."""
    blobs: tuple[bytes, ...]
    sequence: int
    """The order of arrival."""

    @property
    def nonce(self) -> int:
        return self.tx.nonce

    @property
    def is_blob(self) -> bool:
        """Whether it is of the kind that carries blobs."""
        return self.tx.type == BLOB_TX_TYPE

    def tip(self, base_fee: int) -> int:
        """What the block's producer gets for a unit of gas; negative if the fee cap is too low."""
        return min(self.tip_cap, self.fee_cap - base_fee)


def admit(
    config: EmbeddedL1Config, raw: bytes, sequence: int, blobs: tuple[bytes, ...] | None = None
) -> PooledTransaction:
    """The transaction in ``raw``; raises :class:`TxPoolError`.

    A blob transaction is in network form, and its blobs are checked, unless they come as ``blobs`` from
    somewhere that has checked them.
    """
    tx = _decode(config, raw)
    _check_gas(config, tx)
    tip_cap = tx.gas_tip_cap if tx.type >= DYNAMIC_FEE_TX_TYPE else tx.gas_price
    _check_fees(config, tx, tip_cap)
    try:
        account = sender(tx, config.chain_id)
    except DecodeError as exc:
        raise TxPoolError(f"invalid sender: {exc}") from exc
    if tx.nonce >= U64_MAX:
        raise TxPoolError("nonce has max value")
    if tx.type == SET_CODE_TX_TYPE and not tx.authorization_list:
        raise TxPoolError("set code tx must have at least one authorization tuple")
    if tx.type == BLOB_TX_TYPE:
        _check_hashes(config, tx)
        if blobs is None:
            blobs = _checked_blobs(tx)
    blob_gas = GAS_PER_BLOB * len(tx.blob_versioned_hashes)
    canonical = replace(tx, sidecar=None)
    return PooledTransaction(
        raw=canonical.encode() if tx.sidecar is not None else raw,
        hash=tx_hash(raw),
        tx=canonical,
        sender=account,
        fee_cap=tx.gas_price,
        tip_cap=tip_cap,
        cost=tx.gas * tx.gas_price + tx.value + blob_gas * tx.blob_fee_cap,
        blobs=blobs or (),
        sequence=sequence,
    )


def _decode(config: EmbeddedL1Config, raw: bytes) -> Transaction:
    limit = _MAX_BLOB_TX_SIZE + config.blob_params.max * GAS_PER_BLOB if raw[:1] == b"\x03" else _MAX_SIZE
    if len(raw) > limit:
        raise TxPoolError(f"oversized data: transaction size {len(raw)}, limit {limit}")
    try:
        tx = decode_transaction(raw)
    except DecodeError as exc:
        raise TxPoolError(f"malformed transaction: {exc}") from exc
    if not isinstance(tx, Transaction) or not is_supported(config.rules, tx):
        raise TxPoolError(f"transaction type not supported: type {raw[0]:#04x}")
    return tx


def _check_gas(config: EmbeddedL1Config, tx: Transaction) -> None:
    rules, is_create = config.rules.evm, tx.to is None
    if is_create and len(tx.data) > MAX_INITCODE_SIZE:
        raise TxPoolError(f"max initcode size exceeded: code size {len(tx.data)}, limit {MAX_INITCODE_SIZE}")
    if tx.gas > config.gas_limit:
        raise TxPoolError("exceeds block gas limit")
    intrinsic = intrinsic_gas(rules, tx.data, is_create, tx.access_list, len(tx.authorization_list))
    if tx.gas < intrinsic:
        raise TxPoolError(f"intrinsic gas too low: gas {tx.gas}, minimum needed {intrinsic}")
    floor = floor_gas(rules, tx.data)
    if tx.gas < floor:
        raise TxPoolError(f"insufficient gas for floor data gas cost: gas {tx.gas}, minimum needed {floor}")


def _check_fees(config: EmbeddedL1Config, tx: Transaction, tip_cap: int) -> None:
    if tx.gas_price >> 256:
        raise TxPoolError("max fee per gas higher than 2^256-1")
    if tip_cap >> 256:
        raise TxPoolError("max priority fee per gas higher than 2^256-1")
    if tip_cap > tx.gas_price:
        raise TxPoolError("max priority fee per gas higher than max fee per gas")
    if tip_cap < config.price_limit:
        text = f"gas tip cap {tip_cap}, minimum needed {config.price_limit}"
        raise TxPoolError(f"transaction gas price below minimum: {text}")
    if tx.type == BLOB_TX_TYPE and tx.blob_fee_cap < 1:
        raise TxPoolError("transaction gas price below minimum: blob fee cap 0, minimum needed 1")


def _check_hashes(config: EmbeddedL1Config, tx: Transaction) -> None:
    count, most = len(tx.blob_versioned_hashes), config.blob_params.max
    if not count:
        raise TxPoolError("blobless blob transaction")
    if count > most:
        raise TxPoolError(f"too many blobs in transaction: have {count}, permitted {most}")


def _checked_blobs(tx: Transaction) -> tuple[bytes, ...]:
    """The blobs of a transaction in network form, which are what its hashes say."""
    sidecar, hashes = tx.sidecar, tx.blob_versioned_hashes
    if sidecar is None:
        raise TxPoolError("missing sidecar in blob transaction")
    if sidecar.version:
        raise TxPoolError("unexpected sidecar version: cell proofs are of Osaka")
    if not len(sidecar.blobs) == len(sidecar.commitments) == len(sidecar.proofs) == len(hashes):
        raise TxPoolError(
            f"invalid number of {len(sidecar.blobs)} blobs compared to {len(hashes)} blob hashes"
        )
    for index, (commitment, expected) in enumerate(zip(sidecar.commitments, hashes, strict=True)):
        if kzg.versioned_hash(commitment) != expected:
            raise TxPoolError(f"blob {index}: computed hash does not match the transaction's")
    try:
        kzg.verify_blob_proofs(sidecar.blobs, sidecar.commitments, sidecar.proofs)
    except kzg.KzgError as exc:
        raise TxPoolError(f"invalid blob proof: {exc}") from exc
    return sidecar.blobs
