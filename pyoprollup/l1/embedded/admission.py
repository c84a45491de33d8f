"""What a transaction must be to enter the mempool: what every pool asks, and its blobs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pyoprollup.errors import DecodeError
from pyoprollup.eth import kzg
from pyoprollup.eth.transactions import (
    BLOB_TX_TYPE,
    Transaction,
    decode_transaction,
    tx_hash,
)
from pyoprollup.execution.pool.admission import Pooled, Terms, check_transaction
from pyoprollup.execution.pool.errors import PoolError, PoolFault
from pyoprollup.l1.embedded.config import EmbeddedL1Config
from pyoprollup.l1.embedded.executor import is_supported
from pyoprollup.l1.embedded.fees import GAS_PER_BLOB

__all__ = ["PooledTransaction", "admit"]

_MAX_SIZE, _MAX_BLOB_TX_SIZE = 128 * 1024, 1024 * 1024
_CELL_PROOFS = 128


@dataclass(frozen=True, slots=True)
class PooledTransaction(Pooled):
    """A transaction in the mempool. ``raw`` is canonical: without its blobs."""

    blobs: tuple[bytes, ...]

    @property
    def is_blob(self) -> bool:
        """Whether it is of the kind that carries blobs."""
        return self.tx.type == BLOB_TX_TYPE


def admit(
    config: EmbeddedL1Config, raw: bytes, sequence: int, blobs: tuple[bytes, ...] | None = None
) -> PooledTransaction:
    """The transaction in ``raw``; raises :class:`PoolError`.

    A blob transaction is in network form, and its blobs are checked, unless they come as ``blobs`` from
    somewhere that has checked them.
    """
    tx = _decode(config, raw)
    account = check_transaction(
        Terms(config.rules, config.chain_id, config.gas_limit, config.price_limit), tx
    )
    if tx.type == BLOB_TX_TYPE and tx.blob_fee_cap < 1:
        raise PoolError(PoolFault.TIP_TOO_LOW, "blob fee cap 0, minimum needed 1")
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
        cost=tx.gas * tx.gas_price + tx.value + blob_gas * tx.blob_fee_cap,
        blobs=blobs or (),
        sequence=sequence,
    )


def _decode(config: EmbeddedL1Config, raw: bytes) -> Transaction:
    limit = _MAX_BLOB_TX_SIZE + config.blob_params.max * GAS_PER_BLOB if raw[:1] == b"\x03" else _MAX_SIZE
    if len(raw) > limit:
        raise PoolError(PoolFault.OVERSIZED, f"transaction size {len(raw)}, limit {limit}")
    try:
        tx = decode_transaction(raw)
    except DecodeError as exc:
        raise PoolError(PoolFault.MALFORMED, str(exc)) from exc
    if not isinstance(tx, Transaction) or not is_supported(config.rules, tx):
        raise PoolError(PoolFault.TYPE_NOT_SUPPORTED, f"type {raw[0]:#04x}")
    return tx


def _check_hashes(config: EmbeddedL1Config, tx: Transaction) -> None:
    count, most = len(tx.blob_versioned_hashes), config.blob_params.max
    if not count:
        raise PoolError(PoolFault.BLOBLESS)
    if count > most:
        raise PoolError(PoolFault.TOO_MANY_BLOBS, f"have {count}, permitted {most}")


def _checked_blobs(tx: Transaction) -> tuple[bytes, ...]:
    """The blobs of a transaction in network form, which are what its hashes say."""
    sidecar, hashes = tx.sidecar, tx.blob_versioned_hashes
    if sidecar is None:
        raise PoolError(PoolFault.INVALID_BLOBS, "missing sidecar in blob transaction")
    if sidecar.version:
        raise PoolError(PoolFault.INVALID_BLOBS, "unexpected sidecar version: cell proofs are of Osaka")
    if not len(sidecar.blobs) == len(sidecar.commitments) == len(sidecar.proofs) == len(hashes):
        raise PoolError(
            PoolFault.INVALID_BLOBS,
            f"invalid number of {len(sidecar.blobs)} blobs compared to {len(hashes)} blob hashes",
        )
    for index, (commitment, expected) in enumerate(zip(sidecar.commitments, hashes, strict=True)):
        if kzg.versioned_hash(commitment) != expected:
            raise PoolError(
                PoolFault.INVALID_BLOBS, f"blob {index}: computed hash does not match the transaction's"
            )
    try:
        kzg.verify_blob_proofs(sidecar.blobs, sidecar.commitments, sidecar.proofs)
    except kzg.KzgError as exc:
        raise PoolError(PoolFault.INVALID_BLOBS, f"invalid blob proof: {exc}") from exc
    return sidecar.blobs
