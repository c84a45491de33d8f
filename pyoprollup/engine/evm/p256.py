"""ECDSA verification on the curve P-256 (secp256r1), as the P256VERIFY precompile needs it.

Specification: protocol/precompiles.md, P256VERIFY (RIP-7212); the arithmetic is FIPS 186-5's. Points are
Jacobian, ``(x, y, z)`` for the affine ``(x / z^2, y / z^3)``, with ``z`` 0 at infinity. Nothing here is
secret, so nothing takes constant time.
"""

from __future__ import annotations

__all__ = ["verify"]

_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    1,
)

_Point = tuple[int, int, int]
_INFINITY: _Point = (1, 1, 0)


def verify(digest: int, r: int, s: int, x: int, y: int) -> bool:
    """Whether ``(r, s)`` is a signature of ``digest`` by the key ``(x, y)``; all numbers have 256 bits."""
    if not (0 < r < _N and 0 < s < _N and x < _P and y < _P):
        return False
    if (y * y - x * x * x + 3 * x - _B) % _P:
        return False
    inverse = pow(s, -1, _N)
    point = _sum_of_products(digest * inverse % _N, _G, r * inverse % _N, (x, y, 1))
    if not point[2]:
        return False
    affine_x = point[0] * pow(point[2], -2, _P) % _P
    return affine_x % _N == r


def _sum_of_products(a: int, p: _Point, b: int, q: _Point) -> _Point:
    """``a * p + b * q``, both at once, bit by bit."""
    choices = (_INFINITY, p, q, _add(p, q))
    total = _INFINITY
    for bit in range(max(a.bit_length(), b.bit_length()) - 1, -1, -1):
        total = _double(total)
        choice = (a >> bit & 1) | (b >> bit & 1) << 1
        if choice:
            total = _add(total, choices[choice])
    return total


def _double(point: _Point) -> _Point:
    x, y, z = point
    if not z or not y:
        return _INFINITY
    zz = z * z % _P
    yy = y * y % _P
    beta = x * yy % _P
    alpha = 3 * (x - zz) * (x + zz) % _P
    new_x = (alpha * alpha - 8 * beta) % _P
    return new_x, (alpha * (4 * beta - new_x) - 8 * yy * yy) % _P, 2 * y * z % _P


def _add(left: _Point, right: _Point) -> _Point:
    if not left[2]:
        return right
    if not right[2]:
        return left
    zz1, zz2 = left[2] * left[2] % _P, right[2] * right[2] % _P
    u1, u2 = left[0] * zz2 % _P, right[0] * zz1 % _P
    s1, s2 = left[1] * zz2 * right[2] % _P, right[1] * zz1 * left[2] % _P
    if u1 == u2:
        return _double(left) if s1 == s2 else _INFINITY
    h, slope = u2 - u1, s2 - s1
    hh = h * h % _P
    hhh = h * hh % _P
    v = u1 * hh % _P
    x = (slope * slope - hhh - 2 * v) % _P
    return x, (slope * (v - x) - s1 * hhh) % _P, h * left[2] * right[2] % _P
