from __future__ import annotations

import pytest

from pyoprollup.eth.blobs import BLOB_SIZE, blob_from_data
from pyoprollup.eth.kzg import KzgError, verify_blob_proofs, versioned_hash
from pyoprollup.txmgr import make_sidecar


def test_proofs_hold_and_hashes_belong_to_them() -> None:
    blobs = [blob_from_data(b"one"), blob_from_data(b"two")]
    sidecar, hashes = make_sidecar(blobs)
    assert sidecar.version == 0
    assert sidecar.blobs == tuple(blobs)
    verify_blob_proofs(sidecar.blobs, sidecar.commitments, sidecar.proofs)
    assert hashes == tuple(versioned_hash(commitment) for commitment in sidecar.commitments)
    swapped = sidecar.proofs[::-1]
    with pytest.raises(KzgError):
        verify_blob_proofs(sidecar.blobs, sidecar.commitments, swapped)


def test_refuses_what_is_no_blob() -> None:
    with pytest.raises(KzgError):
        make_sidecar([b"\xff" * BLOB_SIZE])
