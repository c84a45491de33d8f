from __future__ import annotations

import pytest

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.kzg import roots_of_unity
from pyoprollup.eth.types import Address
from pyoprollup.preimage import (
    KeyType,
    LocalKey,
    blob_element_key,
    keccak256_key,
    local_key,
    localize_ident,
    precompile_input,
    precompile_key,
    sha256_key,
    typed_key,
)

DIGEST = bytes(range(100, 132))


def test_the_type_takes_the_place_of_the_first_byte() -> None:
    assert [kind.value for kind in KeyType] == [1, 2, 3, 4, 5, 6]
    for kind in KeyType:
        assert typed_key(kind, DIGEST) == bytes([kind]) + DIGEST[1:]
    assert keccak256_key(DIGEST)[0] == 2
    assert sha256_key(DIGEST)[0] == 4


def test_local_keys_are_numbers() -> None:
    assert [key.value for key in LocalKey] == list(range(1, 10))
    assert local_key(LocalKey.L1_CHAIN_CONFIG) == b"\1" + bytes(30) + b"\x09"


@pytest.mark.parametrize("ident", [1, 5, 9])
def test_local_keys_of_games_are_the_contracts(ident: int) -> None:
    game, context = Address(b"\x12" * 20), keccak256(b"context")
    key = localize_ident(ident, game, context)
    number = b"\1" + ident.to_bytes(31, "big")
    assert key == b"\1" + keccak256(number + bytes(12) + game + context)[1:]
    assert key != localize_ident(ident, Address(b"\x13" * 20), context)


def test_the_key_of_a_field_element_has_its_point() -> None:
    commitment, point = bytes(48), roots_of_unity()[3]
    assert blob_element_key(commitment, point) == b"\5" + keccak256(commitment + point)[1:]


def test_the_key_of_a_call_has_its_gas() -> None:
    address = Address(bytes(19) + b"\1")
    made_of = precompile_input(address, 3000, b"input")
    assert made_of == address + bytes(6) + b"\x0b\xb8" + b"input"
    assert precompile_key(address, 3000, b"input") == b"\6" + keccak256(made_of)[1:]
    assert precompile_key(address, 3001, b"input") != precompile_key(address, 3000, b"input")
