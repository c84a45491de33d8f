"""Blob packing, against a plain rendering of the specification; KZG."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.errors import DecodeError
from pyoprollup.eth import kzg
from pyoprollup.eth.blobs import BLOB_SIZE, MAX_BLOB_DATA_SIZE, BlobError, blob_from_data, blob_to_data


def plain_encode(data: bytes) -> bytes:
    """Bit by bit: 31 whole bytes an element, and six bits in front."""
    stream = iter(len(data).to_bytes(4, "big") + data)
    elements = []
    while len(elements) < 4096:
        body: list[list[int]] = []
        extra: list[int] = []
        for i in range(4):
            body.append([next(stream, 0) for _ in range(31)])
            if i < 3:
                extra.append(next(stream, 0))
        x, y, z = extra
        heads = [x % 64, y % 16 + (x >> 6 << 4), z % 64, (y >> 4) + (z >> 6 << 4)]
        elements += [bytes([head, *rest]) for head, rest in zip(heads, body, strict=True)]
    return b"".join(elements)


SIZES = [1, 26, 27, 28, 122, 123, 124, 250, 251, 1000, MAX_BLOB_DATA_SIZE - 1, MAX_BLOB_DATA_SIZE]


@pytest.mark.parametrize("size", SIZES)
def test_equals_the_plain_rendering(size: int) -> None:
    data = random.Random(size).randbytes(size)
    blob = blob_from_data(data)
    assert blob == plain_encode(data)
    assert blob_to_data(blob) == data


def test_no_data_is_an_empty_blob() -> None:
    assert blob_from_data(b"") == bytes(BLOB_SIZE)
    assert blob_to_data(bytes(BLOB_SIZE)) == b""


@given(st.binary(max_size=400))
@settings(max_examples=60)
def test_round_trip(data: bytes) -> None:
    assert blob_to_data(blob_from_data(data)) == data


def test_too_much_data() -> None:
    with pytest.raises(BlobError):
        blob_from_data(bytes(MAX_BLOB_DATA_SIZE + 1))


@pytest.mark.parametrize("size", [0, BLOB_SIZE - 1, BLOB_SIZE + 1])
def test_wrong_size(size: int) -> None:
    with pytest.raises(BlobError):
        blob_to_data(bytes(size))


def with_byte(blob: bytes, position: int, value: int) -> bytes:
    return blob[:position] + bytes([value]) + blob[position + 1 :]


@pytest.mark.parametrize(
    ("position", "value"),
    [
        (1, 1),  # version
        (2, 2),  # length 131,272
        (32, 0x40),  # top bits of element 1
        (96, 0x80),
        (128, 0x40),  # and of element 0 of the second round
        (255, 1),  # tail of the last round
        (256, 1),  # the round after it
        (BLOB_SIZE - 1, 1),
    ],
)
def test_each_check(position: int, value: int) -> None:
    blob = blob_from_data(b"\x07" * 200)  # two rounds
    with pytest.raises(BlobError):
        blob_to_data(with_byte(blob, position, value))


def test_top_bits_of_the_first_element_do_not_matter() -> None:
    blob = blob_from_data(b"\x07" * 200)
    assert blob_to_data(with_byte(blob, 0, blob[0] | 0xC0)) == b"\x07" * 200


@given(st.data())
@settings(max_examples=200)
def test_mutations_raise_only_blob_errors(draw: st.DataObject) -> None:
    blob = blob_from_data(draw.draw(st.binary(max_size=300)))
    for _ in range(draw.draw(st.integers(1, 3))):
        blob = with_byte(blob, draw.draw(st.integers(0, 400)), draw.draw(st.integers(0, 255)))
    try:
        data = blob_to_data(blob)
    except BlobError:
        return
    assert blob_from_data(data)[1:] == blob[1:]


# --- KZG


def test_kzg() -> None:
    blob = blob_from_data(b"some data")
    commitment = kzg.blob_commitment(blob)
    proof = kzg.blob_proof(blob, commitment)
    kzg.verify_blob_proof(blob, commitment, proof)
    kzg.verify_blob_proofs([blob] * 2, [commitment] * 2, [proof] * 2)
    assert kzg.versioned_hash(commitment)[0] == 1
    zero = b"\xc0" + bytes(47)
    assert kzg.blob_commitment(bytes(BLOB_SIZE)) == zero
    failing = [
        (blob, zero, proof),
        (blob, commitment, zero),
        (blob, bytes(48), proof),
        (blob, commitment[1:], proof),
        (blob[1:], commitment, proof),
        (b"\xff" * BLOB_SIZE, commitment, proof),
    ]
    for case in failing:
        with pytest.raises(kzg.KzgError):
            kzg.verify_blob_proof(*case)
        with pytest.raises(kzg.KzgError):
            kzg.verify_blob_proofs(*([part] for part in case))
    with pytest.raises(kzg.KzgError):
        kzg.verify_blob_proofs([blob], [commitment], [])
    for bad in (b"", b"\xff" * BLOB_SIZE):
        with pytest.raises(kzg.KzgError):
            kzg.blob_commitment(bad)
        with pytest.raises(kzg.KzgError):
            kzg.cell_proofs(bad)
    with pytest.raises(kzg.KzgError):
        kzg.blob_proof(blob, b"")


def test_versioned_hash_of_the_empty_blob() -> None:
    expected = "010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014"
    assert kzg.versioned_hash(b"\xc0" + bytes(47)).hex() == expected
    assert issubclass(kzg.KzgError, DecodeError)
