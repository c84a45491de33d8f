"""An embedded L1 with two rich accounts, and transactions for it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from pyoprollup.eth import kzg
from pyoprollup.eth.blob_sidecar import BlobSidecar
from pyoprollup.eth.blobs import blob_from_data
from pyoprollup.eth.crypto import address_of, keccak256
from pyoprollup.eth.signer import sign_transaction
from pyoprollup.eth.transactions import Transaction
from pyoprollup.eth.types import Address
from pyoprollup.evm.genesis import Account
from pyoprollup.l1.embedded import EmbeddedL1, EmbeddedL1Config

KEYS = [keccak256(f"account {number}".encode()) for number in range(3)]
ACCOUNTS = [address_of(key) for key in KEYS]
ETHER = 10**18
GWEI = 10**9
NOBODY = Address(b"\x99" * 20)


def make_l1(alloc: dict[Address, Account] | None = None, **options: Any) -> EmbeddedL1:
    rich = {account: Account(balance=1000 * ETHER) for account in ACCOUNTS[:2]}
    return EmbeddedL1(EmbeddedL1Config(**options), {**rich, **(alloc or {})})


def transaction(nonce: int = 0, key: int = 0, chain_id: int = 900, **fields: Any) -> Transaction:
    """Signed; a transfer of 1 wei unless ``fields`` say more."""
    values: dict[str, Any] = {
        "type": 2,
        "nonce": nonce,
        "gas_price": 100 * GWEI,
        "gas_tip_cap": GWEI,
        "gas": 21_000,
        "to": NOBODY,
        "value": 1,
        "data": b"",
        "chain_id": chain_id,
        **fields,
    }
    if values["type"] < 2:
        values["gas_tip_cap"] = 0
    if values["type"] == 0:
        values["chain_id"] = 0
    return sign_transaction(Transaction(**values), KEYS[key], chain_id)


def raw(nonce: int = 0, key: int = 0, **fields: Any) -> bytes:
    return transaction(nonce, key, **fields).encode()


@cache
def sidecar(*contents: bytes) -> BlobSidecar:
    blobs = tuple(blob_from_data(content) for content in contents)
    commitments = tuple(kzg.blob_commitment(blob) for blob in blobs)
    proofs = tuple(kzg.blob_proof(blob, one) for blob, one in zip(blobs, commitments, strict=True))
    return BlobSidecar(blobs, commitments, proofs)


def blob_raw(nonce: int = 0, key: int = 1, contents: tuple[bytes, ...] = (b"hello",), **fields: Any) -> bytes:
    """A blob transaction in network form."""
    cars = sidecar(*contents)
    hashes = tuple(kzg.versioned_hash(one) for one in cars.commitments)
    values = {"blob_fee_cap": GWEI, "blob_versioned_hashes": hashes, **fields}
    return replace(transaction(nonce, key, type=3, **values), sidecar=cars).encode()
