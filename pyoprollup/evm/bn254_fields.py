"""The fields over which the pairing on the curve bn254 (alt_bn128) is computed.

``Fp2`` is ``Fp[i]`` with ``i^2 = -1``, its elements are pairs. ``Fp12`` is ``Fp2[w]`` with ``w^6 = 9 + i``;
its elements are six elements of ``Fp2``, from ``w^0`` up, as a flat tuple of twelve numbers.

Twin: py_ecc.optimized_bn128; held equal by tests/unit/evm/test_bn254.py.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "ONE",
    "Fp2",
    "Fp12",
    "P",
    "fp2_inverses",
    "fp2_mul",
    "fp2_pow",
    "fp2_sub",
    "fp12_inverse",
    "fp12_mul",
    "fp12_mul_line",
    "fp12_powers",
    "fp12_square",
    "frobenius",
]

Fp2 = tuple[int, int]
Fp12 = tuple[int, ...]

P = 21888242871839275222246405745257275088696311157297823662689037894645226208583
ONE: Fp12 = (1,) + (0,) * 11


def fp2_sub(a: Fp2, b: Fp2) -> Fp2:
    return (a[0] - b[0]) % P, (a[1] - b[1]) % P


def fp2_mul(a: Fp2, b: Fp2) -> Fp2:
    return (a[0] * b[0] - a[1] * b[1]) % P, (a[0] * b[1] + a[1] * b[0]) % P


def fp2_pow(base: Fp2, exponent: int) -> Fp2:
    result = (1, 0)
    for bit in bin(exponent)[2:]:
        result = fp2_mul(result, result)
        if bit == "1":
            result = fp2_mul(result, base)
    return result


def fp2_inverses(elements: Sequence[Fp2]) -> list[Fp2]:
    """The inverses of all, none of which is 0, at the price of one (Montgomery's trick)."""
    norms = [a * a + b * b for a, b in elements]
    products = [1]
    for norm in norms:
        products.append(products[-1] * norm % P)
    inverse = pow(products.pop(), -1, P)
    inverses = []
    for (a, b), norm in zip(reversed(elements), reversed(norms), strict=True):
        own = inverse * products.pop() % P
        inverses.append((a * own % P, -b * own % P))
        inverse = inverse * norm % P
    return inverses[::-1]


def fp12_mul(f: Fp12, g: Fp12) -> Fp12:
    """``f * g``, the terms of a power of ``w`` summed before they are reduced."""
    real, imaginary = [0] * 11, [0] * 11
    for i in range(6):
        a, b = f[2 * i], f[2 * i + 1]
        for j in range(6):
            c, d = g[2 * j], g[2 * j + 1]
            real[i + j] += a * c - b * d
            imaginary[i + j] += a * d + b * c
    return _reduced(real, imaginary)


def fp12_square(f: Fp12) -> Fp12:
    """``f * f``, with every product of two different terms once."""
    real, imaginary = [0] * 11, [0] * 11
    for i in range(6):
        a, b = f[2 * i], f[2 * i + 1]
        real[2 * i] += a * a - b * b
        imaginary[2 * i] += 2 * a * b
        a, b = 2 * a, 2 * b
        for j in range(i + 1, 6):
            c, d = f[2 * j], f[2 * j + 1]
            real[i + j] += a * c - b * d
            imaginary[i + j] += a * d + b * c
    return _reduced(real, imaginary)


def _reduced(real: list[int], imaginary: list[int]) -> Fp12:
    for power in range(5):  # w^6 is 9 + i
        a, b = real[power + 6], imaginary[power + 6]
        real[power] += 9 * a - b
        imaginary[power] += 9 * b + a
    return tuple([part[power] % P for power in range(6) for part in (real, imaginary)])


def fp12_mul_line(f: Fp12, constant: int, first: Fp2, third: Fp2) -> Fp12:
    """``f * (constant + first * w + third * w^3)``."""
    (a, b), (c, d) = first, third
    result = []
    for power in range(6):
        x, y = f[2 * power - 2], f[2 * power - 1]  # the neighbours go round, where w^6 = 9 + i comes in
        if power < 1:
            x, y = 9 * x - y, 9 * y + x
        u, v = f[2 * power - 6], f[2 * power - 5]
        if power < 3:
            u, v = 9 * u - v, 9 * v + u
        result.append((constant * f[2 * power] + a * x - b * y + c * u - d * v) % P)
        result.append((constant * f[2 * power + 1] + a * y + b * x + c * v + d * u) % P)
    return tuple(result)


_FROBENIUS = [fp2_pow((9, 1), power * (P - 1) // 6) for power in range(6)]


def frobenius(f: Fp12) -> Fp12:
    """``f`` to the power of ``P``."""
    result: list[int] = []
    for power, factor in enumerate(_FROBENIUS):
        result.extend(fp2_mul((f[2 * power], -f[2 * power + 1]), factor))
    return tuple(result)


def fp12_powers(f: Fp12, count: int) -> list[Fp12]:
    """``f`` to the powers of 1, ``P``, ``P^2``, ..."""
    powers = [f]
    while len(powers) < count:
        powers.append(frobenius(powers[-1]))
    return powers


def fp12_inverse(f: Fp12) -> Fp12:
    """``1 / f``: the product of the other conjugates over ``Fp2``, divided by that of all."""
    others = ONE
    for conjugate in fp12_powers(f, 11)[2::2]:
        others = fp12_mul(others, conjugate)
    norm = fp12_mul(f, others)
    ((a, b),) = fp2_inverses([(norm[0], norm[1])])
    return fp12_mul(others, (a, b) + (0,) * 10)
