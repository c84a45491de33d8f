"""Alt-DA commitments on the wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.derive.altda.commitment import (
    Commitment,
    CommitmentError,
    CommitmentType,
    decode_commitment,
    keccak_commitment,
)
from pyoprollup.eth.crypto import keccak256

keccak_commitments = st.builds(
    Commitment, st.just(CommitmentType.KECCAK256), st.binary(min_size=32, max_size=32)
)
generic_commitments = st.builds(
    Commitment, st.just(CommitmentType.GENERIC), st.binary(min_size=1, max_size=80)
)


@given(keccak_commitments | generic_commitments)
def test_round_trip(commitment: Commitment) -> None:
    assert decode_commitment(commitment.encode()) == commitment


@given(st.binary(max_size=40))
def test_arbitrary_bytes(data: bytes) -> None:
    """Decoding is total: a commitment that encodes back to the same bytes, or the declared error."""
    try:
        commitment = decode_commitment(data)
    except CommitmentError:
        return
    assert commitment.encode() == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x00" + bytes(31),
        b"\x00" + bytes(33),
        b"\x01",
        b"\x02" + bytes(32),
        b"\xff" + bytes(32),
    ],
)
def test_malformed(data: bytes) -> None:
    with pytest.raises(CommitmentError):
        decode_commitment(data)


def test_generic_contents_are_opaque() -> None:
    """Not even the DA layer's byte is judged; that is for the DA server to do."""
    assert decode_commitment(b"\x01\xff") == Commitment(CommitmentType.GENERIC, b"\xff")


def test_keccak_commitment() -> None:
    commitment = keccak_commitment(b"input")
    assert commitment.encode() == b"\x00" + keccak256(b"input")
    assert str(commitment) == "0x00" + keccak256(b"input").hex()
    assert commitment.verify(b"input")
    assert not commitment.verify(b"other input")


def test_generic_commitments_verify_nothing() -> None:
    assert Commitment(CommitmentType.GENERIC, b"\x0c\x01").verify(b"whatever the server says")
