"""Inputs for the precompiled contracts: good ones, and ones that are wrong in one place."""

from __future__ import annotations

import random
from functools import cache
from hashlib import sha256
from typing import Any

from py_ecc import optimized_bls12_381 as bls
from py_ecc import optimized_bn128 as bn

from pyoprollup.eth.crypto import keccak256, sign
from pyoprollup.eth.types import Address

PRECOMPILES = (*range(1, 0x12), 0x100)
SLOW = (8, 0x0F)
"""Pairings: to be used sparingly."""


def precompile(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


def precompile_input(chance: random.Random, number: int) -> bytes:
    """Mostly right for the precompile with this number."""
    data = _MAKERS.get(number, _noise)(chance)
    kind = chance.random()
    if kind < 0.8 or not data:
        return data
    if kind < 0.85:
        changed = bytearray(data)
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return bytes(changed)
    if kind < 0.92:
        return data[: -chance.randrange(1, min(len(data), 40) + 1)]
    if kind < 0.97:
        return data + chance.randbytes(chance.randrange(1, 40))
    return chance.randbytes(len(data))


def _noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice([0, 1, 31, 32, 33, 64, 300]))


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def _ecrecover(chance: random.Random) -> bytes:
    digest = keccak256(chance.randbytes(8))
    r, s, parity = sign(digest, keccak256(b"key %d" % chance.randrange(16)))
    v = chance.choice([27 + parity, 27 + parity, 28 - parity, 29, 0])
    return digest + _word(v) + _word(r) + _word(s)


def _modexp(chance: random.Random) -> bytes:
    sizes = [chance.choice([0, 1, 2, 31, 32, 33, 64, 100, 257]) for _ in range(3)]
    if chance.random() < 0.1:  # really as long as EIP-7823 allows, or a byte longer
        sizes = [chance.choice([1, 1024, 1025]), chance.choice([0, 1, 2]), chance.choice([1, 1024, 1025])]
    body = b"".join(chance.choice([chance.randbytes(n), bytes(n), b"\xff" * n]) for n in sizes)
    if chance.random() < 0.1:
        sizes[chance.randrange(3)] = chance.choice([1024, 1025, 2**31, 2**64, 2**256 - 1])
    return b"".join(map(_word, sizes)) + body


def _blake2f(chance: random.Random) -> bytes:
    rounds = chance.choice([0, 1, 2, 12, 13, 100])
    final = chance.choice([0, 0, 1, 1, 2])
    return rounds.to_bytes(4, "big") + chance.randbytes(208) + bytes([final])


# --- alt_bn128


@cache
def _bn_g1(n: int) -> bytes:
    if n == 0:
        return bytes(64)
    x, y = bn.normalize(bn.multiply(bn.G1, n))
    return _word(int(x)) + _word(int(y))


@cache
def _bn_g2(n: int) -> bytes:
    if n == 0:
        return bytes(128)
    x, y = bn.normalize(bn.multiply(bn.G2, n))
    return b"".join(_word(int(c)) for c in (x.coeffs[1], x.coeffs[0], y.coeffs[1], y.coeffs[0]))


def _bn_add(chance: random.Random) -> bytes:
    return _bn_g1(chance.randrange(5)) + _bn_g1(chance.randrange(5))


def _bn_mul(chance: random.Random) -> bytes:
    return _bn_g1(chance.randrange(5)) + _word(chance.choice([0, 1, 2, bn.curve_order, 2**256 - 1]))


def _bn_pairing(chance: random.Random) -> bytes:
    """``e(aP, bQ) e(-abP, Q)`` is one."""
    a, b = chance.randrange(1, 4), chance.randrange(1, 4)
    pairs = [_bn_g1(a) + _bn_g2(b), _bn_g1(bn.curve_order - a * b) + _bn_g2(1)]
    pairs += [_bn_g1(chance.randrange(2)) + _bn_g2(0)] * chance.randrange(3)
    return b"".join(pairs[chance.choice([0, 0, 0, 1]) :])


# --- BLS12-381


def _fp(value: Any) -> bytes:
    return int(value).to_bytes(64, "big")


@cache
def _bls_g1(n: int) -> bytes:
    if n == 0:
        return bytes(128)
    x, y = bls.normalize(bls.multiply(bls.G1, n))
    return _fp(x) + _fp(y)


@cache
def _bls_g2(n: int) -> bytes:
    if n == 0:
        return bytes(256)
    x, y = bls.normalize(bls.multiply(bls.G2, n))
    return b"".join(map(_fp, (*x.coeffs, *y.coeffs)))


def _bls_g1_add(chance: random.Random) -> bytes:
    return _bls_g1(chance.randrange(5)) + _bls_g1(chance.randrange(5))


def _bls_g2_add(chance: random.Random) -> bytes:
    return _bls_g2(chance.randrange(5)) + _bls_g2(chance.randrange(5))


def _scalar(chance: random.Random) -> bytes:
    return _word(chance.choice([0, 1, 2, bls.curve_order - 1, bls.curve_order, 2**256 - 1]))


def _bls_g1_msm(chance: random.Random) -> bytes:
    return b"".join(_bls_g1(chance.randrange(4)) + _scalar(chance) for _ in range(chance.randrange(1, 4)))


def _bls_g2_msm(chance: random.Random) -> bytes:
    return b"".join(_bls_g2(chance.randrange(4)) + _scalar(chance) for _ in range(chance.randrange(1, 3)))


def _bls_pairing(chance: random.Random) -> bytes:
    a, b = chance.randrange(1, 4), chance.randrange(1, 4)
    pairs = [_bls_g1(a) + _bls_g2(b), _bls_g1(bls.curve_order - a * b) + _bls_g2(1)]
    pairs += [_bls_g1(chance.randrange(2)) + _bls_g2(0)] * chance.randrange(2)
    return b"".join(pairs[chance.choice([0, 0, 0, 1]) :])


def _bls_map_g1(chance: random.Random) -> bytes:
    return _fp(chance.choice([0, 1, bls.field_modulus - 1, bls.field_modulus, chance.getrandbits(380)]))


def _bls_map_g2(chance: random.Random) -> bytes:
    return _bls_map_g1(chance) + _fp(chance.getrandbits(380))


# --- the rest

_G1_COMPRESSED = bytes.fromhex(
    "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
)
_INFINITY = b"\xc0" + bytes(47)


def _point_evaluation(chance: random.Random) -> bytes:
    """A polynomial that is a constant, 0 or 1, has that value everywhere, and needs no proof."""
    constant = chance.randrange(2)
    commitment = _G1_COMPRESSED if constant else _INFINITY
    versioned_hash = b"\x01" + sha256(commitment).digest()[1:]
    y = chance.choice([constant, constant, constant, 1 - constant])
    z = chance.choice([0, 5, bls.curve_order - 1, bls.curve_order])
    return versioned_hash + _word(z) + _word(y) + commitment + _INFINITY


_P256 = bytes.fromhex(
    "4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4da73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf"
    "5993d58468e8fb19086e8cac36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d604aebd3099c618202"
    "fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff37618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae"
    "00b4e10e"
)

_MAKERS = {
    1: _ecrecover,
    5: _modexp,
    6: _bn_add,
    7: _bn_mul,
    8: _bn_pairing,
    9: _blake2f,
    0x0A: _point_evaluation,
    0x0B: _bls_g1_add,
    0x0C: _bls_g1_msm,
    0x0D: _bls_g2_add,
    0x0E: _bls_g2_msm,
    0x0F: _bls_pairing,
    0x10: _bls_map_g1,
    0x11: _bls_map_g2,
    0x100: lambda _: _P256,
}
