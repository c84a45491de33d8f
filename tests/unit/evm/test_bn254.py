"""Arithmetic on bn254, compared with py_ecc's, and its precompiles with py-evm's."""

from __future__ import annotations

import random
from typing import Any

import pytest
from eth.exceptions import VMError
from eth.vm.forks.prague.computation import PRAGUE_PRECOMPILES
from hypothesis import given, settings
from hypothesis import strategies as st
from py_ecc import optimized_bn128 as py_ecc

from pyoprollup.evm import bn254
from pyoprollup.evm.bn254_fields import (
    ONE,
    P,
    fp2_mul,
    fp12_inverse,
    fp12_mul,
    fp12_mul_line,
    fp12_square,
)
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.test_precompiles import call, call_precompile

ORDER = py_ecc.curve_order
WORDS = st.one_of(st.sampled_from([0, 1, 2, 3, ORDER - 1, ORDER, P, 2**256 - 1]), st.integers(0, 2**256 - 1))


def g1(factor: int) -> bytes:
    """A multiple of the generator."""
    point = py_ecc.multiply(py_ecc.G1, factor)
    words = [0, 0] if py_ecc.is_inf(point) else [int(word) for word in py_ecc.normalize(point)]
    return b"".join(word.to_bytes(32, "big") for word in words)


def g2(factor: int) -> bytes:
    point = py_ecc.multiply(py_ecc.G2, factor)
    if py_ecc.is_inf(point):
        return bytes(128)
    words = [int(word) for part in py_ecc.normalize(point) for word in reversed(part.coeffs)]
    return b"".join(word.to_bytes(32, "big") for word in words)


def both(number: int, data: bytes) -> tuple[Any, Any]:
    """What ours and py-evm's precompile make of it, ``None`` for failure."""
    results = []
    address = number.to_bytes(20, "big")
    for run in (
        lambda: call(Fork.FJORD, address, data),
        lambda: call_precompile(PRAGUE_PRECOMPILES[address], data, 30_000_000),
    ):
        try:
            results.append(run())
        except VMError:
            results.append(None)
    return results[0], results[1]


# --- Fields


ELEMENTS = st.tuples(*[st.integers(0, P - 1)] * 12)


@settings(max_examples=20)
@given(ELEMENTS, ELEMENTS, ELEMENTS)
def test_fp12(f: Any, g: Any, h: Any) -> None:
    assert fp12_mul(fp12_mul(f, g), h) == fp12_mul(f, fp12_mul(g, h))
    assert fp12_square(f) == fp12_mul(f, f)
    if any(f):
        assert fp12_mul(f, fp12_inverse(f)) == ONE
    line = (g[0], 0, g[1], g[2], 0, 0, g[3], g[4], 0, 0, 0, 0)
    assert fp12_mul_line(f, g[0], (g[1], g[2]), (g[3], g[4])) == fp12_mul(f, line)


# --- Groups


@settings(max_examples=30)
@given(WORDS, WORDS, st.booleans())
def test_addition_and_multiplication(a: int, b: int, opposite: bool) -> None:
    left, right = g1(a), g1(-a % ORDER if opposite else b)
    for number, data in ((6, left + right), (6, left + left), (7, left + b.to_bytes(32, "big"))):
        ours, reference = both(number, data)
        assert ours == reference
        assert ours is not None


@settings(max_examples=30)
@given(st.sampled_from([6, 7, 8]), st.lists(WORDS, max_size=7), st.binary(max_size=31))
def test_any_input(number: int, words: list[int], rest: bytes) -> None:
    ours, reference = both(number, b"".join(word.to_bytes(32, "big") for word in words) + rest)
    assert ours == reference


def test_a_point_of_the_twist_need_not_be_in_g2() -> None:
    """The first points found on the twist have the large order; times that cofactor, they are in G2."""
    found = 0
    for x in range(1, 40):
        point = _lift((x, 1))
        if point is not None:
            assert not bn254._is_in_g2(point)
            found += 1
            multiple: Any = None
            for bit in bin(2 * P - ORDER)[2:]:
                multiple = bn254._g2_add(multiple, multiple)
                if bit == "1":
                    multiple = bn254._g2_add(multiple, point)
            assert bn254._is_in_g2(multiple)
        if found == 2:
            return
    pytest.fail("no point found")


def _lift(x: Any) -> Any:
    """A point of the twist with this x."""
    cube = fp2_mul(fp2_mul(x, x), x)
    a, b = ((left + right) % P for left, right in zip(cube, bn254._TWIST_B, strict=True))
    norm = pow(a * a + b * b, (P + 1) // 4, P)
    for sign in (1, -1):
        half = (a + sign * norm) * pow(2, -1, P) % P
        root = pow(half, (P + 1) // 4, P)
        y = (root, b * pow(2 * root, -1, P) % P)
        if fp2_mul(y, y) == (a, b):
            return x, y
    return None


# --- The pairing


def test_pairings_are_bilinear() -> None:
    rng = random.Random(5)
    for count in (1, 2, 4):
        factors = [(rng.randrange(1, ORDER), rng.randrange(1, ORDER)) for _ in range(count)]
        closing = -sum(a * b for a, b in factors) % ORDER
        data = b"".join(g1(a) + g2(b) for a, b in factors)
        assert call(Fork.FJORD, bytes(19) + b"\x08", data + g1(closing) + g2(1))[0] == ONE_WORD
        assert call(Fork.FJORD, bytes(19) + b"\x08", data + g1(closing + 1) + g2(1))[0] == bytes(32)


ONE_WORD = (1).to_bytes(32, "big")


@pytest.mark.parametrize(
    "data",
    [
        g1(1) + g2(1),
        g1(3) + g2(2) + g1(ORDER - 2) + g2(3),
        g1(1) + bytes(128) + bytes(64) + g2(1),
        bytes(64) + g2(1)[:-1] + b"\x00",
        g1(1)[:-1] + b"\x03" + bytes(128),
        g1(1) + g2(1)[64:] + g2(1)[:64],
        P.to_bytes(32, "big") + bytes(160),
    ],
)
def test_pairings_against_py_evm(data: bytes) -> None:
    ours, reference = both(8, data)
    assert ours == reference
