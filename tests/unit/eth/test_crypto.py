"""Keccak-256 and signatures, checked against published values and between the two backends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.errors import DecodeError
from pyoprollup.eth import crypto
from pyoprollup.eth.crypto import (
    SECP256K1_HALF_N,
    SECP256K1_N,
    SignatureError,
    address_of,
    keccak256,
    recover_address,
    recover_public_key,
    sign,
)
from pyoprollup.eth.types import Hash32

KEY = keccak256(b"a key for tests")
HASH = keccak256(b"a message")


def test_keccak_known_values() -> None:
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak256(b"abc").hex() == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"


@given(st.binary(max_size=500))
@settings(max_examples=50)
def test_keccak_equals_eth_hash(data: bytes) -> None:
    from eth_hash.auto import keccak

    assert keccak256(data) == keccak(data)


def test_address_of_the_key_one() -> None:
    assert address_of((1).to_bytes(32, "big")).hex() == "7e5f4552091a69125d5dfcb7b8c2659029395bdf"


@given(st.integers(1, SECP256K1_N - 1), st.binary(min_size=32, max_size=32))
@settings(max_examples=30)
def test_signature_recovers_to_its_signer(key: int, digest: bytes) -> None:
    secret, msg_hash = key.to_bytes(32, "big"), Hash32(digest)
    r, s, y_parity = sign(msg_hash, secret)
    assert s <= SECP256K1_HALF_N
    assert y_parity in (0, 1)
    assert recover_address(msg_hash, r, s, y_parity) == address_of(secret)
    # The mirrored signature (high s) is valid for the curve too.
    assert recover_address(msg_hash, r, SECP256K1_N - s, 1 - y_parity) == address_of(secret)


@pytest.mark.parametrize(
    ("r", "s", "parity"),
    [(0, 1, 0), (1, 0, 0), (SECP256K1_N, 1, 0), (1, SECP256K1_N, 0), (1, 1, 4), (1, 1, -1), (1 << 256, 1, 0)],
)
def test_out_of_range_values_are_rejected(r: int, s: int, parity: int) -> None:
    with pytest.raises(SignatureError):
        recover_public_key(HASH, r, s, parity)


def test_hash_of_wrong_length_is_rejected() -> None:
    with pytest.raises(SignatureError):
        recover_public_key(Hash32(b"short"), 1, 1, 0)


@pytest.mark.parametrize("key", [b"", bytes(32), b"\x01" * 31, SECP256K1_N.to_bytes(32, "big")])
def test_bad_private_keys_are_rejected(key: bytes) -> None:
    with pytest.raises(SignatureError):
        sign(HASH, key)
    with pytest.raises(SignatureError):
        address_of(key)


def test_signature_errors_are_decode_errors() -> None:
    assert issubclass(SignatureError, DecodeError)


def test_the_fallback_backend_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    """libsecp256k1 and eth_keys.backends.native sign and recover alike."""
    expected = sign(HASH, KEY)
    account = address_of(KEY)
    monkeypatch.setattr(crypto, "_curve", crypto._EthKeys())
    assert sign(HASH, KEY) == expected
    assert address_of(KEY) == account
    assert recover_address(HASH, *expected) == account
    for r, s, parity in [(5, 1, 0), (5, 1, 2), (SECP256K1_N - 1, 1, 3)]:
        with pytest.raises(SignatureError):
            recover_public_key(HASH, r, s, parity)


@given(st.integers(0, 1 << 256), st.integers(0, 1 << 256), st.integers(0, 5))
@settings(max_examples=100)
def test_arbitrary_signatures_raise_only_signature_errors(r: int, s: int, parity: int) -> None:
    try:
        recover_public_key(HASH, r, s, parity)
    except SignatureError:
        return
