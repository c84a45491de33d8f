"""Precompiles: which there are, their prices, limits and results."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from eth.exceptions import OutOfGas, VMError
from eth.vm.forks.prague.computation import PRAGUE_PRECOMPILES
from eth.vm.gas_meter import GasMeter
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.evm.modexp import gas_eip2565, gas_eip7883, modexp
from pyoprollup.evm.p256 import verify
from pyoprollup.evm.precompiles import P256_VERIFY, precompiles
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import rules

PAIRING, MODEXP = (8).to_bytes(20, "big"), (5).to_bytes(20, "big")
G1_MSM, G2_MSM, BLS_PAIRING = ((n).to_bytes(20, "big") for n in (0x0C, 0x0E, 0x0F))

# A key and a signature of the digest, made with OpenSSL.
P256_GENERATOR = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def call(fork: Fork, address: bytes, data: bytes, gas: int = 30_000_000) -> tuple[bytes, int]:
    """Output and gas used."""
    return call_precompile(precompiles(rules(fork).evm)[address], data, gas)  # type: ignore[index]


def call_precompile(precompile: Any, data: bytes, gas: int) -> tuple[bytes, int]:
    meter = GasMeter(gas)
    frame = SimpleNamespace(
        msg=SimpleNamespace(data=data, data_as_bytes=data), consume_gas=meter.consume_gas, output=b""
    )
    precompile(frame)
    return frame.output, gas - meter.gas_remaining


@pytest.mark.parametrize(
    ("fork", "count"),
    [(Fork.BEDROCK, 9), (Fork.CANYON, 9), (Fork.ECOTONE, 10), (Fork.FJORD, 11), (Fork.ISTHMUS, 18)],
)
def test_how_many_there_are(fork: Fork, count: int) -> None:
    assert len(precompiles(rules(fork).evm)) == count


@pytest.mark.parametrize(
    ("fork", "address", "limit", "pair"),
    [
        (Fork.GRANITE, PAIRING, 112_687, 192),
        (Fork.JOVIAN, PAIRING, 81_984, 192),
        (Fork.KARST, PAIRING, 57_600, 192),
        (Fork.ISTHMUS, G1_MSM, 513_760, 160),
        (Fork.ISTHMUS, G2_MSM, 488_448, 288),
        (Fork.ISTHMUS, BLS_PAIRING, 235_008, 384),
        (Fork.JOVIAN, G1_MSM, 288_960, 160),
        (Fork.JOVIAN, G2_MSM, 278_784, 288),
        (Fork.JOVIAN, BLS_PAIRING, 156_672, 384),
    ],
)
def test_limits(fork: Fork, address: bytes, limit: int, pair: int) -> None:
    fits = bytes(limit // pair * pair)
    output, gas = call(fork, address, fits, 10**9)
    assert gas > 10**6
    assert output
    with pytest.raises(VMError, match="exceeds the limit"):
        call(fork, address, bytes(limit + 1), 10**9)


def test_no_limit_before_granite() -> None:
    assert call(Fork.FJORD, PAIRING, bytes(192 * 600), 10**9)[0] == (1).to_bytes(32, "big")


@pytest.mark.parametrize(
    ("address", "pair", "count"),
    [(PAIRING, 192, 3), (G1_MSM, 160, 3), (G2_MSM, 288, 2), (BLS_PAIRING, 384, 1)],
)
def test_pairs_left_out_change_nothing(address: bytes, pair: int, count: int) -> None:
    data = bytes(pair * count)
    assert call(Fork.ISTHMUS, address, data) == call_precompile(PRAGUE_PRECOMPILES[address], data, 30_000_000)
    with pytest.raises(OutOfGas):
        call(Fork.ISTHMUS, address, data, 1000)
    with pytest.raises(VMError):
        call(Fork.ISTHMUS, address, data + b"\x00")


def test_a_pair_that_counts_is_computed() -> None:
    one_two = (1).to_bytes(32, "big") + (2).to_bytes(32, "big")
    mixed = bytes(192) + one_two + bytes(128) + bytes(192)  # a point of G1 with infinity
    assert call(Fork.ISTHMUS, PAIRING, mixed) == ((1).to_bytes(32, "big"), 45_000 + 3 * 34_000)
    with pytest.raises(VMError):
        call(Fork.ISTHMUS, PAIRING, bytes(192) + b"\xff" * 192)


def _sign(digest: int, key: int) -> tuple[int, int, int, int]:
    """A signature with nonce 1, whose point is the generator."""
    r = P256_GENERATOR[0] % P256_ORDER
    s = (digest + r * key) % P256_ORDER
    return r, s, *P256_GENERATOR


ECRECOVER = (1).to_bytes(20, "big")
SECP256K1_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
WORDS = st.one_of(
    st.integers(0, 2**256 - 1), st.sampled_from([0, 1, 27, 28, SECP256K1_N - 1, SECP256K1_N, 2**256 - 1])
)


@settings(max_examples=60)
@given(WORDS, st.sampled_from([0, 1, 26, 27, 28, 29, 27 + (1 << 255)]), WORDS, WORDS, st.binary(max_size=33))
def test_ecrecover(digest: int, parity: int, r: int, s: int, rest: bytes) -> None:
    words = b"".join(word.to_bytes(32, "big") for word in (digest, parity, r, s))
    for data in (words, words + rest, words[: len(rest)]):
        assert call(Fork.FJORD, ECRECOVER, data) == call_precompile(
            PRAGUE_PRECOMPILES[ECRECOVER], data, 30_000_000
        )


BLS_EDGES = [bytes(64), (1).to_bytes(64, "big"), b"\x00" * 16 + b"\xff" * 48, b"\x01" + bytes(63)]
BLS_G1 = bytes.fromhex(
    "0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac58"
    "6c55e83ff97a1aeffb3af00adb22c6bb0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4"
    "fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1"
)


@settings(max_examples=25)
@given(
    st.integers(0x0B, 0x11),
    st.lists(st.sampled_from([*BLS_EDGES, BLS_G1[:64], BLS_G1[64:], BLS_G1]), max_size=8),
)
def test_bls_against_py_evm(number: int, parts: list[bytes]) -> None:
    """With arkworks, that is; without, both are py-evm's."""
    address, data = number.to_bytes(20, "big"), b"".join(parts)
    outcomes = []
    for precompile in (precompiles(rules(Fork.ISTHMUS).evm)[address], PRAGUE_PRECOMPILES[address]):  # type: ignore[index]
        try:
            outcomes.append(call_precompile(precompile, data, 30_000_000))
        except VMError:
            outcomes.append(None)
    assert outcomes[0] == outcomes[1]


def test_p256_verify() -> None:
    r, s, x, y = _sign(12345, 1)
    words = [12345, r, s, x, y]
    data = b"".join(word.to_bytes(32, "big") for word in words)
    one = (1).to_bytes(32, "big")
    assert call(Fork.FJORD, P256_VERIFY, data) == (one, 3450)
    assert call(Fork.KARST, P256_VERIFY, data) == (one, 6900)
    assert call(Fork.FJORD, P256_VERIFY, data[:-1]) == (b"", 3450)
    assert call(Fork.FJORD, P256_VERIFY, data + b"\x00") == (b"", 3450)
    assert call(Fork.FJORD, P256_VERIFY, b"\x01" + data[1:]) == (b"", 3450)


def test_p256_of_the_standard() -> None:
    """RFC 6979, A.2.5: P-256 with SHA-256, message "sample"."""
    x = 0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6
    y = 0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299
    r = 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
    s = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
    digest = bytes.fromhex("AF2BDBE1AA9B6EC1E2ADE1D694F41FC71A831D0268E9891562113D8A62ADD1BF")
    assert verify(digest, r, s, x, y)
    assert verify(digest, r, P256_ORDER - s, x, y)
    assert not verify(digest[:-1] + b"\x00", r, s, x, y)
    assert not verify(digest, r, s, x, y + 1)
    assert not verify(digest, 0, s, x, y)
    assert not verify(digest, r, P256_ORDER, x, y)
    assert not verify(digest, r, s, 0, 0)


@settings(max_examples=20)
@given(st.binary(min_size=32, max_size=32), *[st.integers(0, 2**256 - 1)] * 4)
def test_p256_takes_any_numbers(digest: bytes, r: int, s: int, x: int, y: int) -> None:
    assert not verify(digest, r, s, x, y)
    assert not verify(digest, r, s, *P256_GENERATOR)


def modexp_input(base: bytes, exponent: bytes, modulus: bytes) -> bytes:
    sizes = b"".join(len(part).to_bytes(32, "big") for part in (base, exponent, modulus))
    return sizes + base + exponent + modulus


@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=40))
def test_modexp(base: bytes, exponent: bytes, modulus: bytes) -> None:
    result = modexp(modexp_input(base, exponent, modulus))
    b, e, m = (int.from_bytes(part, "big") for part in (base, exponent, modulus))
    assert result == (pow(b, e, m) if m else 0).to_bytes(len(modulus), "big")


def test_modexp_of_nothing_to_the_nothing() -> None:
    """Without a byte of base or exponent it is 0 to the 0, which is 1; py-evm's gives 0."""
    data = modexp_input(b"", b"", b"\x05")
    assert call(Fork.BEDROCK, MODEXP, data) == (b"\x01", 200)
    assert call_precompile(PRAGUE_PRECOMPILES[MODEXP], data, 1000)[0] == b"\x00"


@given(st.binary(max_size=300))
def test_modexp_takes_any_bytes(data: bytes) -> None:
    if gas_eip2565(data) < 10**6:
        modexp(data)
    assert gas_eip7883(data) >= 500


@given(st.binary(max_size=120), st.binary(max_size=60), st.binary(max_size=120))
def test_modexp_costs_what_py_evm_asks(base: bytes, exponent: bytes, modulus: bytes) -> None:
    data = modexp_input(base, exponent, modulus)
    assert call(Fork.BEDROCK, MODEXP, data)[1] == call_precompile(PRAGUE_PRECOMPILES[MODEXP], data, 10**9)[1]


@pytest.mark.parametrize("long", range(3))
def test_modexp_bound_of_eip7823(long: int) -> None:
    """Since Karst none of the numbers has more than 1,024 bytes; a call with more burns its gas."""
    parts = [b"\x01", b"\x01", b"\x07"]
    parts[long] = bytes(1023) + parts[long]
    assert call(Fork.KARST, MODEXP, modexp_input(*parts))[0][-1:] == b"\x01"
    parts[long] = bytes(1) + parts[long]
    assert call(Fork.JOVIAN, MODEXP, modexp_input(*parts))[0][-1:] == b"\x01"
    for data in (modexp_input(*parts), (2**256 - 1).to_bytes(32, "big"), bytes(64) + b"\xff" * 32):
        with pytest.raises(VMError, match="1024 bytes"):
            call(Fork.KARST, MODEXP, data)


@pytest.mark.parametrize(
    ("base", "exponent", "modulus", "gas"),
    [
        (1, b"\x03", 1, 500),
        (32, b"\xff" * 32, 32, 16 * 255),
        (33, b"\xff" * 32, 33, 2 * 25 * 255),
        (64, b"\x01" + bytes(40), 64, 2 * 64 * (16 * 9 + 248)),
    ],
)
def test_modexp_price_of_eip7883(base: int, exponent: bytes, modulus: int, gas: int) -> None:
    data = modexp_input(b"\x02" * base, exponent, b"\x07" * modulus)
    assert gas_eip7883(data) == gas
    assert call(Fork.KARST, MODEXP, data)[1] == gas
    assert call(Fork.JOVIAN, MODEXP, data)[1] == gas_eip2565(data)
