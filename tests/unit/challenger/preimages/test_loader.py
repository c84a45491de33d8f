from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.challenger.preimages import (
    InvalidPreimage,
    KeyType,
    PreimageLoader,
    PreimagesUnreadable,
    typed_key,
)
from pyoprollup.errors import NotFound, RollupError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.kzg import blob_commitment, point_proof, roots_of_unity, verify_point_proof
from pyoprollup.eth.types import Hash32


class Store(dict[bytes, bytes]):
    """Pre-images in memory."""

    def get(self, key: Hash32) -> bytes:  # type: ignore[override]
        if key not in self:
            raise NotFound(key.hex())
        return self[key]


@cache
def blob() -> tuple[bytes, tuple[bytes, ...]]:
    """Its commitment and elements, no two of which are alike."""
    elements = tuple(b"\0" + keccak256(b"element %d" % index)[1:] for index in range(4096))
    return blob_commitment(b"".join(elements)), elements


def blob_store() -> Store:
    commitment, elements = blob()
    store = Store()
    for root, element in zip(roots_of_unity(), elements, strict=True):
        digest = keccak256(commitment + root)
        store[typed_key(KeyType.BLOB, digest)] = element
        store[typed_key(KeyType.KECCAK256, digest)] = commitment + root
    return store


def key_of(index: int) -> Hash32:
    return typed_key(KeyType.BLOB, keccak256(blob()[0] + roots_of_unity()[index]))


def prefixed(data: bytes) -> bytes:
    return len(data).to_bytes(8, "big") + data


@pytest.mark.parametrize("index", [0, 1, 2, 4095])
def test_field_elements_pass_the_judge(index: int) -> None:
    """The contract asks L1's point evaluation, which knows no indices."""
    commitment, elements = blob()
    data = PreimageLoader(blob_store()).load_preimage(key_of(index), prefixed(elements[index]), 16)
    assert data is not None and data.blob is not None
    assert data.offset == 16 and data.preimage == elements[index] and data.key == key_of(index)
    assert data.blob.commitment == commitment
    verify_point_proof(data.blob.commitment, data.blob.z, data.preimage, data.blob.proof)
    assert typed_key(KeyType.BLOB, keccak256(data.blob.commitment + data.blob.z)) == data.key


def test_roots_are_points_of_the_elements() -> None:
    commitment, elements = blob()
    roots = roots_of_unity()
    assert len(set(roots)) == 4096 and roots[0] == (1).to_bytes(32, "big")
    for index in (0, 1, 77, 2048):
        y, proof = point_proof(b"".join(elements), roots[index])
        assert y == elements[index]
        verify_point_proof(commitment, roots[index], y, proof)


def test_missing_pieces_are_no_answer() -> None:
    _, elements = blob()
    for missing in (typed_key(KeyType.KECCAK256, key_of(3)), key_of(9), key_of(4095)):
        store = blob_store()
        del store[missing]
        with pytest.raises(PreimagesUnreadable):
            PreimageLoader(store).load_preimage(key_of(3), prefixed(elements[3]), 0)


@pytest.mark.parametrize("kind", ["value", "other element", "short element", "short key", "index as point"])
def test_contradictions(kind: str) -> None:
    commitment, elements = blob()
    store, key, value = blob_store(), key_of(3), prefixed(elements[3])
    if kind == "value":
        value = prefixed(elements[4])
    elif kind == "other element":
        store[key_of(8)] = elements[9]
    elif kind == "short element":
        store[key_of(8)] = elements[8][1:]
    elif kind == "short key":
        store[typed_key(KeyType.KECCAK256, key)] = commitment
    else:  # The fault of a program that counts its elements.
        digest = keccak256(commitment + (3).to_bytes(32, "big"))
        key = typed_key(KeyType.BLOB, digest)
        store[key], store[typed_key(KeyType.KECCAK256, digest)] = (
            elements[3],
            commitment + (3).to_bytes(32, "big"),
        )
    with pytest.raises(InvalidPreimage):
        PreimageLoader(store).load_preimage(key, value, 0)


@pytest.mark.parametrize("size", [0, 1, 400])
def test_precompiles_are_given_by_their_input(size: int) -> None:
    call = b"\x08".rjust(20, b"\0") + (34_000).to_bytes(8, "big") + bytes(size)
    digest = keccak256(call)
    key = typed_key(KeyType.PRECOMPILE, digest)
    store = Store({typed_key(KeyType.KECCAK256, digest): call})
    data = PreimageLoader(store).load_preimage(key, prefixed(b"\1" + bytes(32)), 9)
    assert data is not None and data.offset == 9 and data.data == prefixed(call)
    assert data.precompile_address == call[:20]
    assert data.precompile_required_gas == 34_000
    assert data.precompile_input == bytes(size)


def test_precompiles_that_contradict_their_key() -> None:
    for call in (bytes(27), bytes(40)):
        key = typed_key(KeyType.PRECOMPILE, keccak256(bytes(40) if len(call) < 28 else b"other"))
        store = Store({typed_key(KeyType.KECCAK256, key): call})
        with pytest.raises(InvalidPreimage):
            PreimageLoader(store).load_preimage(key, prefixed(b"\1"), 0)
    with pytest.raises(PreimagesUnreadable):
        PreimageLoader(Store()).load_preimage(b"\6" * 32, prefixed(b"\1"), 0)


@given(st.sampled_from([1, 2, 3, 4, 0, 7, 200]), st.binary(max_size=50), st.integers(0, 60))
def test_others_are_given_as_they_are(kind: int, preimage: bytes, offset: int) -> None:
    key = bytes([kind]) + bytes(31)
    data = PreimageLoader(Store()).load_preimage(key, prefixed(preimage), offset)
    assert data is not None
    assert (data.key, data.data, data.offset) == (key, prefixed(preimage), offset)
    assert data.blob is None and data.preimage == preimage and data.is_local == (kind == 1)


def test_steps_that_read_nothing() -> None:
    assert PreimageLoader(Store()).load_preimage(b"", b"", 0) is None


@given(st.binary(min_size=1, max_size=40), st.binary(max_size=40), st.integers(0, 1 << 33))
def test_nonsense_is_refused(key: bytes, value: bytes, offset: int) -> None:
    try:
        data = PreimageLoader(Store()).load_preimage(key, value, offset)
    except RollupError:
        return
    assert data is not None and len(key) == 32 and data.data == prefixed(data.preimage)
