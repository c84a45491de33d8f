from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32
from pyoprollup.preimage import (
    KeyType,
    OracleError,
    UnsupportedKey,
    WrongPreimage,
    check_preimage,
    keccak256_key,
    sha256_key,
    typed_key,
    with_verification,
)

DATA = b"some data"


def test_hashes_are_checked() -> None:
    for key in (keccak256_key(keccak256(DATA)), sha256_key(sha256(DATA).digest())):
        check_preimage(key, DATA)
        with pytest.raises(WrongPreimage, match="9 bytes with the hash"):
            check_preimage(key, b"some dato")


@pytest.mark.parametrize("kind", [KeyType.LOCAL, KeyType.BLOB, KeyType.PRECOMPILE])
def test_what_cannot_be_checked_passes(kind: KeyType) -> None:
    check_preimage(typed_key(kind, bytes(32)), DATA)


@pytest.mark.parametrize("key", [typed_key(KeyType.GLOBAL_GENERIC, bytes(32)), bytes(32), b"\7" * 32, b"\2"])
def test_other_keys_are_refused(key: bytes) -> None:
    with pytest.raises(UnsupportedKey):
        check_preimage(key, DATA)


def test_answers_are_checked() -> None:
    get = with_verification(
        {keccak256_key(keccak256(DATA)): DATA, keccak256_key(bytes(32)): DATA}.__getitem__
    )
    assert get(keccak256_key(keccak256(DATA))) == DATA
    with pytest.raises(WrongPreimage):
        get(keccak256_key(bytes(32)))


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_arbitrary_keys_and_data_give_typed_errors(key: bytes, data: bytes) -> None:
    try:
        check_preimage(Hash32(key), data)
    except OracleError:
        return
    assert key[0] in (1, 5, 6)
