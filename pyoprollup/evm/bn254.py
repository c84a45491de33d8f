"""Addition, multiplication and the pairing check on the curve bn254 (alt_bn128), for its precompiles.

EIP-196, EIP-197. The pairing is the optimal ate pairing. py-evm's takes 0.2 seconds for every pair; this
one takes all pairs through one Miller loop, in affine coordinates with one inversion for all of them, and
through one final exponentiation: some 15 ms, and 8 ms for every pair with the check of its points.

Twin: py_ecc.optimized_bn128; held equal by tests/unit/evm/test_bn254.py.

Points of G1 are pairs of numbers and those of G2 pairs of elements of ``Fp2``; infinity is ``None``. G2 lies
on the twist ``y^2 = x^3 + 3 / (9 + i)``, whose ``(x, y)`` stands for ``(x w^2, y w^3)`` on the curve.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pyoprollup.evm.bn254_fields import (
    ONE,
    Fp2,
    Fp12,
    P,
    fp2_inverses,
    fp2_mul,
    fp2_pow,
    fp2_sub,
    fp12_inverse,
    fp12_mul,
    fp12_mul_line,
    fp12_powers,
    fp12_square,
)

__all__ = ["G1", "G2", "add", "decode_g1", "decode_g2", "multiply", "pairing_is_one"]

G1 = tuple[int, int]
G2 = tuple[Fp2, Fp2]

_R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
_U = 4965661367192848881
"""What P and R are polynomials of."""
_TWIST_B = fp2_mul((3, 0), fp2_inverses([(9, 1)])[0])


# --- G1


def decode_g1(data: bytes) -> G1 | None:
    """The point of 64 bytes; raises ``ValueError``."""
    x, y = _numbers(data)
    if not x and not y:
        return None
    if (y * y - x * x * x - 3) % P:
        raise ValueError("not a point of G1")
    return x, y


def _numbers(data: bytes) -> list[int]:
    numbers = [int.from_bytes(data[at : at + 32], "big") for at in range(0, len(data), 32)]
    if max(numbers) >= P:
        raise ValueError("a coordinate is not of the field")
    return numbers


def add(p: G1 | None, q: G1 | None) -> G1 | None:
    """The sum ``p + q`` of two points."""
    if p is None or q is None:
        return q if p is None else p
    if p[0] == q[0]:
        if p[1] != q[1]:
            return None
        slope = 3 * p[0] * p[0] * pow(2 * p[1], -1, P)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def multiply(p: G1 | None, factor: int) -> G1 | None:
    """``factor * p``, bit by bit, in Jacobian coordinates: ``(x / z^2, y / z^3)``."""
    factor %= _R
    if p is None or not factor:
        return None
    px, py = p
    x, y, z = px, py, 1
    for bit in bin(factor)[3:]:
        yy = y * y % P
        s, m = 4 * x * yy % P, 3 * x * x % P
        x_next = (m * m - 2 * s) % P
        x, y, z = x_next, (m * (s - x_next) - 8 * yy * yy) % P, 2 * y * z % P
        if bit == "1":
            # Never p to itself or to its opposite: the sum so far is an even multiple, and less than R - 1.
            zz = z * z % P
            h, slope = (px * zz - x) % P, (py * zz * z - y) % P
            hh = h * h % P
            hhh, v = h * hh % P, x * hh % P
            x_next = (slope * slope - hhh - 2 * v) % P
            x, y, z = x_next, (slope * (v - x_next) - y * hhh) % P, z * h % P
    inverse = pow(z, -1, P)
    return x * inverse * inverse % P, y * inverse * inverse * inverse % P


# --- G2


def decode_g2(data: bytes) -> G2 | None:
    """The point of 128 bytes, imaginary parts first; raises ``ValueError``."""
    x_imaginary, x_real, y_imaginary, y_real = _numbers(data)
    x, y = (x_real, x_imaginary), (y_real, y_imaginary)
    if x == y == (0, 0):
        return None
    cube = fp2_mul(fp2_mul(x, x), x)
    if fp2_sub(fp2_mul(y, y), cube) != _TWIST_B or not _is_in_g2((x, y)):
        raise ValueError("not a point of G2")
    return x, y


_X_FACTOR, _Y_FACTOR = fp2_pow((9, 1), (P - 1) // 3), fp2_pow((9, 1), (P - 1) // 2)


def _frobenius(q: G2) -> G2:
    """The power of ``P`` of the point that ``q`` stands for, on the twist again."""
    (x, y) = q
    return fp2_mul((x[0], P - x[1]), _X_FACTOR), fp2_mul((y[0], P - y[1]), _Y_FACTOR)


def _is_in_g2(q: G2) -> bool:
    """Whether a point of the twist has order R.

    It has if its Frobenius f is its multiple by t - 1 = 6 U^2, where t = P + 1 - R: f^2 - t f + P = 0 then
    says that the multiple by (t - 1)^2 - t (t - 1) + P = R is infinity. In G2, f is multiplication by P,
    which is t - 1 modulo R.
    """
    total: G2 | None = q
    for bit in bin(6 * _U * _U)[3:]:
        total = _g2_add(total, total)
        if bit == "1":
            total = _g2_add(total, q)
    return total == _frobenius(q)


def _g2_add(p: G2 | None, q: G2 | None) -> G2 | None:
    if p is None or q is None:
        return q if p is None else p
    if p[0] == q[0] and (p[1] != q[1] or p[1] == (0, 0)):
        return None
    ((total, _),) = _chords([p], [q])
    return total


def _chords(points: Sequence[G2], others: Sequence[G2]) -> list[tuple[G2, Fp2]]:
    """Sum and slope for each two points, which are not opposites."""
    slopes = []
    for (x, y), (other_x, other_y) in zip(points, others, strict=True):
        if x == other_x:
            square = fp2_mul(x, x)
            slopes.append(((3 * square[0], 3 * square[1]), (2 * y[0], 2 * y[1])))
        else:
            slopes.append((fp2_sub(other_y, y), fp2_sub(other_x, x)))
    inverses = fp2_inverses([below for _, below in slopes])
    sums = []
    for (x, y), (other, _), (above, _), inverse in zip(points, others, slopes, inverses, strict=True):
        slope = fp2_mul(above, inverse)
        a, b = fp2_mul(slope, slope)
        new_x = ((a - x[0] - other[0]) % P, (b - x[1] - other[1]) % P)
        new_y = fp2_sub(fp2_mul(slope, fp2_sub(x, new_x)), y)
        sums.append(((new_x, new_y), slope))
    return sums


# --- The pairing


def _no_pause() -> None:
    """For those who are in nobody's way."""


def pairing_is_one(
    pairs: Iterable[tuple[G1 | None, G2 | None]], pause: Callable[[], None] = _no_pause
) -> bool:
    """Whether the product of the pairings of all pairs is 1; ``pause`` is called every few milliseconds."""
    finite = [(p, q) for p, q in pairs if p is not None and q is not None]
    return not finite or _final_exponentiation(_miller_loop(finite, pause)) == ONE


def _signed_digits(number: int) -> list[int]:
    """Digits 0, 1, -1 of ``number`` to base 2, few of them not 0, from the highest down."""
    digits = []
    while number:
        digit = 2 - number % 4 if number & 1 else 0
        digits.append(digit)
        number = (number - digit) // 2
    return digits[::-1]


_LOOP = _signed_digits(6 * _U + 2)


def _miller_loop(pairs: list[tuple[G1, G2]], pause: Callable[[], None]) -> Fp12:
    g1 = [p for p, _ in pairs]
    plus = [q for _, q in pairs]
    minus = [_negative(q) for q in plus]
    points = list(plus)
    f = ONE
    for digit in _LOOP[1:]:
        f, points = _step(fp12_square(f), points, points, g1, pause)
        if digit:
            f, points = _step(f, points, plus if digit > 0 else minus, g1, pause)
    once = [_frobenius(q) for q in plus]
    f, points = _step(f, points, once, g1, pause)
    f, _ = _step(f, points, [_negative(_frobenius(q)) for q in once], g1, pause)
    return f


def _negative(q: G2) -> G2:
    return q[0], (-q[1][0] % P, -q[1][1] % P)


def _step(
    f: Fp12, points: list[G2], others: list[G2], g1: list[G1], pause: Callable[[], None]
) -> tuple[Fp12, list[G2]]:
    """Add to every point its other, and multiply ``f`` by the lines through them at the points of G1."""
    pause()
    sums = _chords(points, others)
    for index, ((x, y), (_, slope), (p_x, p_y)) in enumerate(zip(points, sums, g1, strict=True)):
        if not index % 64:
            pause()
        first = (-slope[0] * p_x, -slope[1] * p_x)
        f = fp12_mul_line(f, p_y, first, fp2_sub(fp2_mul(slope, x), y))
    return f, [total for total, _ in sums]


def _hard_digits() -> list[str]:
    """Bits of the four digits, to base P, of the last part of the exponent."""
    exponent, digits = (P**4 - P**2 + 1) // _R, []
    for _ in range(4):
        exponent, digit = divmod(exponent, P)
        digits.append(f"{digit:0256b}")
    return digits


_HARD = _hard_digits()


def _final_exponentiation(f: Fp12) -> Fp12:
    """``f`` to the power of ``(P^12 - 1) / R``, which is ``(P^6 - 1) (P^2 + 1) (P^4 - P^2 + 1) / R``."""
    f = fp12_mul(fp12_powers(f, 7)[6], fp12_inverse(f))
    f = fp12_mul(fp12_powers(f, 3)[2], f)
    powers = fp12_powers(f, 4)
    products = [ONE]  # of the powers that the bits of an index say
    for power in powers:
        products += [fp12_mul(product, power) for product in products]
    result = ONE
    for bits in zip(*_HARD, strict=True):
        result = fp12_square(result)
        index = sum(1 << place for place, bit in enumerate(bits) if bit == "1")
        if index:
            result = fp12_mul(result, products[index])
    return result
