"""KZG commitments to blobs (EIP-4844), by ckzg.

The trusted setup of the Ethereum ceremony is the file that py-evm, a dependency, ships; no code of
py-evm is imported. It is loaded at first use, which takes a second or two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import distribution
from typing import Any

import ckzg

from pyoprollup.errors import DecodeError
from pyoprollup.eth.types import Hash32

__all__ = [
    "FIELD_ELEMENTS_PER_BLOB",
    "VERSIONED_HASH_VERSION_KZG",
    "KzgError",
    "blob_commitment",
    "blob_proof",
    "cell_proofs",
    "point_proof",
    "roots_of_unity",
    "verify_blob_proof",
    "verify_blob_proofs",
    "verify_point_proof",
    "versioned_hash",
]

VERSIONED_HASH_VERSION_KZG = b"\x01"
FIELD_ELEMENTS_PER_BLOB = 4096

_BLS_MODULUS = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
_PRIMITIVE_ROOT = 7


class KzgError(DecodeError):
    """A blob, commitment or proof is malformed, or a proof does not hold."""


def versioned_hash(commitment: bytes) -> Hash32:
    """The hash by which a transaction refers to a blob: ``0x01``, then the tail of a SHA-256."""
    return Hash32(VERSIONED_HASH_VERSION_KZG + sha256(commitment).digest()[1:])


def blob_commitment(blob: bytes) -> bytes:
    """The 48-byte commitment to a blob (about 60 ms).

    Raises :class:`KzgError` if the blob has the wrong size or a field element out of range.
    """
    commitment: bytes = _call(ckzg.blob_to_kzg_commitment, blob)
    return commitment


def blob_proof(blob: bytes, commitment: bytes) -> bytes:
    """The 48-byte proof that ``commitment`` belongs to ``blob``; raises :class:`KzgError`."""
    proof: bytes = _call(ckzg.compute_blob_kzg_proof, blob, commitment)
    return proof


def cell_proofs(blob: bytes) -> tuple[bytes, ...]:
    """The 128 cell proofs (EIP-7594) of a blob; raises :class:`KzgError`."""
    _, proofs = _call(ckzg.compute_cells_and_kzg_proofs, blob)
    return tuple(proofs)


def verify_blob_proof(blob: bytes, commitment: bytes, proof: bytes) -> None:
    """Raise :class:`KzgError` unless ``proof`` shows that ``commitment`` belongs to ``blob``."""
    if not _call(ckzg.verify_blob_kzg_proof, blob, commitment, proof):
        raise KzgError("the KZG proof of a blob does not hold")


def verify_blob_proofs(blobs: Sequence[bytes], commitments: Sequence[bytes], proofs: Sequence[bytes]) -> None:
    """:func:`verify_blob_proof` for several blobs at once, which is cheaper."""
    if not len(blobs) == len(commitments) == len(proofs):
        raise KzgError(f"{len(blobs)} blobs, {len(commitments)} commitments and {len(proofs)} proofs")
    joined = (b"".join(part) for part in (blobs, commitments, proofs))
    if not _call(ckzg.verify_blob_kzg_proof_batch, *joined):
        raise KzgError("a KZG proof of several blobs does not hold")


def verify_point_proof(commitment: bytes, z: bytes, y: bytes, proof: bytes) -> None:
    """Raise :class:`KzgError` unless ``proof`` shows that the polynomial has the value ``y`` at ``z``."""
    if not _call(ckzg.verify_kzg_proof, commitment, z, y, proof):
        raise KzgError("the KZG proof of a point does not hold")


def point_proof(blob: bytes, z: bytes) -> tuple[bytes, bytes]:
    """The value of a blob's polynomial at the point ``z`` (32 bytes each), and the 48-byte proof of it.

    Raises :class:`KzgError` if the blob or the point is malformed.
    """
    proof, y = _call(ckzg.compute_kzg_proof, blob, z)
    return y, proof


@lru_cache(maxsize=1)
def roots_of_unity() -> tuple[bytes, ...]:
    """The points (32 bytes, big-endian) at which a blob's polynomial has its field elements as values.

    They are the 4096 roots of unity, element ``i`` at the root whose exponent is ``i`` with its twelve bits
    reversed (EIP-4844, consensus specification: bit-reversal permutation).
    """
    bits = FIELD_ELEMENTS_PER_BLOB.bit_length() - 1
    root = pow(_PRIMITIVE_ROOT, (_BLS_MODULUS - 1) // FIELD_ELEMENTS_PER_BLOB, _BLS_MODULUS)
    powers = [1]
    for _ in range(FIELD_ELEMENTS_PER_BLOB - 1):
        powers.append(powers[-1] * root % _BLS_MODULUS)
    reverse = [int(f"{index:0{bits}b}"[::-1], 2) for index in range(FIELD_ELEMENTS_PER_BLOB)]
    return tuple([powers[exponent].to_bytes(32, "big") for exponent in reverse])


def _call(function: Callable[..., Any], *args: bytes) -> Any:
    try:
        return function(*args, _trusted_setup())
    except (ValueError, RuntimeError) as exc:  # wrong sizes, and points or field elements out of range
        raise KzgError(str(exc)) from exc


@lru_cache(maxsize=1)
def _trusted_setup() -> Any:
    path = distribution("py-evm").locate_file("eth/_utils/kzg_trusted_setup.txt")
    # No precomputed tables: they only speed up cell proofs.
    return ckzg.load_trusted_setup(str(path), 0)
