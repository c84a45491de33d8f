"""The part of a blob transaction that L1 blocks do not keep."""

from __future__ import annotations

from collections.abc import Sequence

from pyoprollup.eth.blob_sidecar import BlobSidecar
from pyoprollup.eth.kzg import blob_commitment, blob_proof, cell_proofs, versioned_hash
from pyoprollup.eth.types import Hash32

__all__ = ["make_sidecar"]


def make_sidecar(
    blobs: Sequence[bytes], with_cell_proofs: bool = False
) -> tuple[BlobSidecar, tuple[Hash32, ...]]:
    """Commitments and proofs for ``blobs``, and the hashes by which a transaction refers to them.

    Takes about 0.1 s a blob, with cell proofs longer. Raises :class:`~pyoprollup.eth.kzg.KzgError` for
    blobs that are none.
    """
    commitments = tuple([blob_commitment(blob) for blob in blobs])
    hashes = tuple([versioned_hash(commitment) for commitment in commitments])
    if with_cell_proofs:
        proofs = tuple([proof for blob in blobs for proof in cell_proofs(blob)])
        return BlobSidecar(tuple(blobs), commitments, proofs, version=1), hashes
    pairs = zip(blobs, commitments, strict=True)
    return BlobSidecar(tuple(blobs), commitments, tuple([blob_proof(*pair) for pair in pairs])), hashes
