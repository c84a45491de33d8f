"""Arithmetic on words of 64 bits, signed where it says so, with nothing but unsigned integers.

Rules that hold for the whole package ``core``, so that it can be compiled: nothing is negative, what may
leave 64 bits is masked, nothing is shifted by 64 or more, and a function returns one kind of value.
"""

from __future__ import annotations

from pyoprollup.cannon.core.layout import M32, M64, SIGN

__all__: list[str] = []


def sext8(x: int) -> int:
    """The low byte, its sign extended."""
    return (((x & 0xFF) ^ 0x80) - 0x80) & M64


def sext16(x: int) -> int:
    """The low 16 bits, their sign extended."""
    return (((x & 0xFFFF) ^ 0x8000) - 0x8000) & M64


def sext32(x: int) -> int:
    """The low 32 bits, their sign extended."""
    return (((x & M32) ^ 0x80000000) - 0x80000000) & M64


def negate(x: int) -> int:
    """The negative of a signed word."""
    return (0 - x) & M64


def absolute(x: int) -> int:
    """The absolute value of a signed word, as an unsigned one: that of the smallest is 2**63."""
    if x & SIGN:
        return negate(x)
    return x


def less_signed(a: int, b: int) -> bool:
    """Whether a < b, both signed."""
    return (a ^ SIGN) < (b ^ SIGN)


def sra(x: int, n: int) -> int:
    """A signed word shifted to the right by less than 64."""
    return (((x ^ SIGN) >> n) - (SIGN >> n)) & M64


def quotient(a: int, b: int) -> int:
    """Signed division, towards zero; b is not 0."""
    q = absolute(a) // absolute(b)
    if (a ^ b) & SIGN:
        return negate(q)
    return q


def remainder(a: int, b: int) -> int:
    """What is left of signed division: it has the sign of a."""
    left = absolute(a) % absolute(b)
    if a & SIGN:
        return negate(left)
    return left


def multiply_high(a: int, b: int) -> int:
    """The upper 64 bits of an unsigned product."""
    a0 = a & M32
    a1 = a >> 32
    b0 = b & M32
    b1 = b >> 32
    middle = a1 * b0 + ((a0 * b0) >> 32)
    other = a0 * b1 + (middle & M32)
    return a1 * b1 + (middle >> 32) + (other >> 32)


def multiply_high_signed(a: int, b: int) -> int:
    """The upper 64 bits of a signed product."""
    high = multiply_high(absolute(a), absolute(b))
    if (a ^ b) & SIGN:
        low = (absolute(a) * absolute(b)) & M64
        high = high ^ M64
        if low == 0:
            high = (high + 1) & M64
    return high


def leading_ones32(x: int) -> int:
    """How many of the upper bits of the low 32 are 1."""
    n = 0
    while x & 0x80000000:
        x = (x << 1) & M32
        n += 1
    return n


def leading_ones64(x: int) -> int:
    """How many of the upper bits are 1."""
    n = 0
    while x & SIGN:
        x = (x << 1) & M64
        n += 1
    return n


def splitmix64(seed: int) -> int:
    """The random word that belongs to a step: one output of the generator splitmix64."""
    z = (seed + 0x9E3779B97F4A7C15) & M64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
    return z ^ (z >> 31)
