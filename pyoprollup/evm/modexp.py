"""The MODEXP precompile: ``base ** exponent % modulus``, and what it costs.

EIP-198 for the input (three 32-byte lengths, then the three numbers, padded with zeros on the right),
EIP-2565 and EIP-7883 for the price, EIP-7823 for how long the numbers may be.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["gas_eip2565", "gas_eip7883", "is_within_bound", "modexp"]

_BOUND = 1024


_LONG = 1 << 28
"""Bits of the exponent times the squared bits of the modulus, from which on a power is taken in steps: these
take some tens of milliseconds."""
_LARGE = 1 << 14
"""Bits of a modulus for which Python's remainder, whose time grows with the square, is not used any more."""
_WINDOW = 5


def modexp(data: bytes, pause: Callable[[], None] | None = None) -> bytes:
    """The result, as long as the modulus. The caller has charged the gas, which bounds the lengths.

    ``pause`` is called every few milliseconds, as far as a single multiplication does not take longer.
    """
    base_size, exponent_size, modulus_size = _sizes(data)
    if not modulus_size:
        return b""
    exponent_at = 96 + base_size
    modulus_at = exponent_at + exponent_size
    modulus = _number(data, modulus_at, modulus_size)
    if modulus < 2:  # also spares the power, whose result is 0 whatever the rest is
        return bytes(modulus_size)
    base = _number(data, 96, base_size)
    exponent = _number(data, exponent_at, exponent_size)
    bits, work = modulus.bit_length(), exponent.bit_length() * modulus.bit_length() ** 2
    if bits < _LARGE and base_size < _LARGE // 8 and (pause is None or work < _LONG):
        result = pow(base, exponent, modulus)
    else:
        result = _power(base, exponent, modulus, pause or _no_pause)
    return result.to_bytes(modulus_size, "big")


def _no_pause() -> None:
    """For those who are in nobody's way."""


def _power(base: int, exponent: int, modulus: int, pause: Callable[[], None]) -> int:
    """The power, by windows of the exponent's bits, as Python takes it; with pauses in between."""
    width = _WINDOW if exponent.bit_length() > 100 else 1
    base = _remainder(base, modulus, pause)
    table = [1 % modulus]
    for _ in range((1 << width) - 1):
        table.append(_remainder(table[-1] * base, modulus, pause))
    result = table[0]
    windows = range(0, exponent.bit_length(), width)
    for place in reversed(windows):
        for _ in range(width if place != windows[-1] else 0):
            result = _remainder(result * result, modulus, pause)
        digit = exponent >> place & ((1 << width) - 1)
        if digit:
            result = _remainder(result * table[digit], modulus, pause)
    return result


def _remainder(number: int, modulus: int, pause: Callable[[], None]) -> int:
    """``number % modulus``; for a large modulus in about the time of some multiplications of its size."""
    pause()
    size = modulus.bit_length()
    if size < _LARGE:
        return number % modulus
    rest = 0
    for place in reversed(range(0, number.bit_length(), size)):
        rest = _divide(rest << size | (number >> place & ((1 << size) - 1)), modulus, size, pause)[1]
    return rest


def _divide(number: int, divisor: int, size: int, pause: Callable[[], None]) -> tuple[int, int]:
    """Quotient and remainder, where ``divisor`` has ``size`` bits and the quotient no more.

    The algorithm is Burnikel's and Ziegler's: schoolbook division in two
    digits of half the size, whose estimates are divisions of that size.
    """
    if size < _LARGE:
        return divmod(number, divisor)
    pause()
    odd = size & 1
    number, divisor, half = number << odd, divisor << odd, (size + odd) // 2
    low = (1 << half) - 1
    high_part, low_part = divisor >> half, divisor & low
    quotient, rest = 0, number >> 2 * half
    for digit in (number >> half & low, number & low):
        estimate, over = _estimate(rest, high_part, half, pause)
        rest = (over << half | digit) - estimate * low_part
        while rest < 0:  # at most twice
            estimate, rest = estimate - 1, rest + divisor
        quotient = quotient << half | estimate
    return quotient, rest >> odd


def _estimate(number: int, divisor: int, size: int, pause: Callable[[], None]) -> tuple[int, int]:
    """A digit of the quotient, and what is left; the largest digit if it would be larger."""
    if number >> size >= divisor:
        return (1 << size) - 1, number - (divisor << size) + divisor
    return _divide(number, divisor, size, pause)


def is_within_bound(data: bytes) -> bool:
    """Whether none of the three numbers is longer than EIP-7823 allows."""
    return max(_sizes(data)) <= _BOUND


def gas_eip2565(data: bytes) -> int:
    """The price since Berlin."""
    base_size, exponent_size, modulus_size = _sizes(data)
    words = (max(base_size, modulus_size) + 7) // 8
    return max(200, words * words * _iterations(data, base_size, exponent_size, 8) // 3)


def gas_eip7883(data: bytes) -> int:
    """The price of EIP-7883: higher for long exponents, and no division by 3."""
    base_size, exponent_size, modulus_size = _sizes(data)
    longest = max(base_size, modulus_size)
    words = (longest + 7) // 8
    complexity = 2 * words * words if longest > 32 else 16
    return max(500, complexity * _iterations(data, base_size, exponent_size, 16))


def _iterations(data: bytes, base_size: int, exponent_size: int, per_byte: int) -> int:
    """Squarings: the bits after the first of the exponent's first 32 bytes, and the bytes beyond them."""
    head = _number(data, 96 + base_size, min(exponent_size, 32))
    beyond = per_byte * (exponent_size - 32) if exponent_size > 32 else 0
    return max(beyond + max(head.bit_length() - 1, 0), 1)


def _sizes(data: bytes) -> tuple[int, int, int]:
    return _number(data, 0, 32), _number(data, 32, 32), _number(data, 64, 32)


def _number(data: bytes, start: int, size: int) -> int:
    """The big-endian number at ``start``; bytes after the end of ``data`` count as zeros."""
    present = data[start : start + size]
    return int.from_bytes(present, "big") << 8 * (size - len(present)) if present else 0
