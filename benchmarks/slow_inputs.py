"""Inputs on which precompiles take longest for their gas, as far as we know."""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from py_ecc import optimized_bls12_381 as bls
from py_ecc import optimized_bn128 as bn

from pyoprollup.eth.crypto import sign

__all__ = ["PRECOMPILES"]


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def _bn_g1(n: int) -> bytes:
    x, y = bn.normalize(bn.multiply(bn.G1, n))
    return _word(int(x)) + _word(int(y))


def _bn_g2(n: int) -> bytes:
    x, y = bn.normalize(bn.multiply(bn.G2, n))
    return b"".join(_word(int(c)) for c in (x.coeffs[1], x.coeffs[0], y.coeffs[1], y.coeffs[0]))


def _fp(value: Any) -> bytes:
    return int(value).to_bytes(64, "big")


def _bls_g1(n: int) -> bytes:
    x, y = bls.normalize(bls.multiply(bls.G1, n))
    return _fp(x) + _fp(y)


def _bls_g2(n: int) -> bytes:
    x, y = bls.normalize(bls.multiply(bls.G2, n))
    return b"".join(_fp(c) for c in (*x.coeffs, *y.coeffs))


def _modexp(base: int, exponent: int, modulus: int, sizes: tuple[int, int, int]) -> bytes:
    numbers = zip((base, exponent, modulus), sizes, strict=True)
    return b"".join(map(_word, sizes)) + b"".join(value.to_bytes(size, "big") for value, size in numbers)


def _point_evaluation() -> bytes:
    """The constant polynomial 0: its commitment and every proof are the point at infinity."""
    infinity = b"\xc0" + bytes(47)
    versioned = b"\x01" + sha256(infinity).digest()[1:]
    return versioned + _word(5) + _word(0) + infinity + infinity


def _ecrecover() -> bytes:
    r, s, parity = sign(b"\x05" * 32, b"\x01" * 32)
    return b"\x05" * 32 + _word(27 + parity) + _word(r) + _word(s)


def _p256() -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    key = ec.derive_private_key(12345, ec.SECP256R1())
    r, s = decode_dss_signature(key.sign(b"\x05" * 32, ec.ECDSA(Prehashed(SHA256()))))
    point = key.public_key().public_numbers()
    return b"\x05" * 32 + b"".join(map(_word, (r, s, point.x, point.y)))


def PRECOMPILES() -> Iterator[tuple[str, int, bytes]]:  # noqa: N802
    """Name, address, input."""
    yield "ecrecover", 1, _ecrecover()
    for name, address in (("sha256", 2), ("ripemd160", 3), ("identity", 4)):
        yield f"{name}, nothing", address, b""
        yield f"{name}, 4 kB", address, bytes(4096)
        yield f"{name}, 256 kB", address, bytes(1 << 18)
    for size in (8, 32, 64, 128, 256, 512, 1024):
        odd = (1 << 8 * size) - 189
        yield f"modexp, {size} bytes, exponent 3", 5, _modexp(odd - 2, 3, odd, (size, 1, size))
        full = (1 << 8 * size) - 1
        yield f"modexp, {size} bytes, exponent too", 5, _modexp(odd - 2, full, odd, (size, size, size))
    large = int.from_bytes(random.Random(5).randbytes(75_000), "big") | 1 << 599_999 | 1
    yield "modexp, 75 kB, exponent 3", 5, _modexp(large // 3, 3, large, (75_000, 1, 75_000))
    yield "modexp, 75 kB, exponent 1", 5, _modexp(large // 3, 1, large >> 300_000, (75_000, 1, 75_000))
    even = 1 << 8 * 256 - 1
    yield "modexp, 256 bytes, even modulus", 5, _modexp(even - 3, (1 << 256) - 1, even, (256, 32, 256))
    yield "bn254 addition", 6, _bn_g1(3) + _bn_g1(5)
    yield "bn254 multiplication", 7, _bn_g1(3) + _word(bn.curve_order - 2)
    pair = _bn_g1(3) + _bn_g2(5)
    yield "bn254 pairing, 1 pair", 8, pair
    yield "bn254 pairing, 10 pairs", 8, pair * 10
    yield "bn254 pairing, 427 pairs", 8, pair * 427
    yield "blake2f, 1 round", 9, (1).to_bytes(4, "big") + bytes(208) + b"\x01"
    yield "blake2f, 1,000,000 rounds", 9, (1_000_000).to_bytes(4, "big") + bytes(208) + b"\x01"
    yield "point evaluation", 10, _point_evaluation()
    g1, g2, scalar = _bls_g1(3), _bls_g2(3), _word(bls.curve_order - 2)
    yield "bls12-381 G1 addition", 11, g1 + _bls_g1(5)
    yield "bls12-381 G2 addition", 13, g2 + _bls_g2(5)
    for count in (1, 16, 128):
        yield f"bls12-381 G1 sum, {count}", 12, (g1 + scalar) * count
        yield f"bls12-381 G2 sum, {count}", 14, (g2 + scalar) * count
    for count in (1, 10, 100):
        yield f"bls12-381 pairing, {count}", 15, (g1 + g2) * count
    yield "bls12-381 map to G1", 16, _fp(bls.field_modulus - 2)
    yield "bls12-381 map to G2", 17, _fp(bls.field_modulus - 2) * 2
    yield "P-256 signature", 256, _p256()
