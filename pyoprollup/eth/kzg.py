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
    "VERSIONED_HASH_VERSION_KZG",
    "KzgError",
    "blob_commitment",
    "blob_proof",
    "cell_proofs",
    "verify_blob_proof",
    "verify_blob_proofs",
    "verify_point_proof",
    "versioned_hash",
]

VERSIONED_HASH_VERSION_KZG = b"\x01"


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
