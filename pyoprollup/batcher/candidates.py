"""Transactions to the batch inbox."""

from __future__ import annotations

from pyoprollup.batcher.tx_data import FrameData, FrameID, TxData
from pyoprollup.derive.params import DERIVATION_VERSION_ALT_DA
from pyoprollup.eth.types import Address
from pyoprollup.txmgr.ports import TxCandidate

__all__ = [
    "alt_da_tx_candidate",
    "blob_tx_candidate",
    "calldata_tx_candidate",
    "cancel_candidate",
    "intrinsic_gas",
]

_TX_GAS = 21_000
_ZERO_BYTE_GAS, _BYTE_GAS = 4, 16
_FLOOR_TOKEN_GAS, _TOKENS_PER_BYTE = 10, 4

_EMPTY = TxData((FrameData(FrameID(bytes(16), 0), b""),), as_blob=True)


def intrinsic_gas(data: bytes) -> int:
    """Gas of a transaction that runs no code: what its data costs, with the floor of EIP-7623."""
    zeros = data.count(0)
    others = len(data) - zeros
    usual = zeros * _ZERO_BYTE_GAS + others * _BYTE_GAS
    floor = (zeros + others * _TOKENS_PER_BYTE) * _FLOOR_TOKEN_GAS
    return _TX_GAS + max(usual, floor)


def calldata_tx_candidate(inbox: Address, data: bytes) -> TxCandidate:
    """A transaction with this calldata."""
    return TxCandidate(inbox, data, gas_limit=intrinsic_gas(data))


def blob_tx_candidate(inbox: Address, data: TxData) -> TxCandidate:
    """A blob transaction with a blob for each frame; raises :class:`~pyoprollup.eth.blobs.BlobError`."""
    return TxCandidate(inbox, blobs=data.blobs(), gas_limit=_TX_GAS)


def alt_da_tx_candidate(inbox: Address, commitment: bytes) -> TxCandidate:
    """A transaction with the commitment to data that is kept elsewhere."""
    return calldata_tx_candidate(inbox, bytes([DERIVATION_VERSION_ALT_DA]) + commitment)


def cancel_candidate(inbox: Address, blob_refused: bool) -> TxCandidate:
    """An empty transaction to replace the one that is stuck in the pool.

    The pool refused a blob transaction because of one without blobs, or the other way round, and it
    takes a replacement only of the stuck one's kind.
    """
    return calldata_tx_candidate(inbox, b"") if blob_refused else blob_tx_candidate(inbox, _EMPTY)
