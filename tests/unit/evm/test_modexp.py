"""Powers in steps are powers, and so are those of large numbers; and what takes long pauses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.evm import modexp as module
from pyoprollup.evm.modexp import modexp

BIG = (1 << 4096) - 3


def encoded(base: int, exponent: int, modulus: int) -> bytes:
    numbers = [value.to_bytes((value.bit_length() + 7) // 8, "big") for value in (base, exponent, modulus)]
    return b"".join(len(number).to_bytes(32, "big") for number in numbers) + b"".join(numbers)


@given(st.integers(0, BIG), st.integers(0, 1 << 300), st.integers(2, BIG))
def test_steps_give_what_python_does(base: int, exponent: int, modulus: int) -> None:
    assert module._power(base, exponent, modulus, lambda: None) == pow(base, exponent, modulus)


@settings(max_examples=200)
@given(st.data())
def test_division_of_large_numbers(data: st.DataObject) -> None:
    """With a bound that makes small numbers large, so that all of it is tried."""
    before, module._LARGE = module._LARGE, 8
    try:
        modulus = data.draw(st.integers(2, 1 << data.draw(st.integers(2, 900))))
        number = data.draw(st.integers(0, 1 << data.draw(st.integers(1, 3000))))
        assert module._remainder(number, modulus, lambda: None) == number % modulus
        exponent = data.draw(st.integers(0, 1 << 120))
        assert module._power(number, exponent, modulus, lambda: None) == pow(number, exponent, modulus)
    finally:
        module._LARGE = before


MODULI = [(1 << 40_000) - 1, 1 << 39_999, (1 << 40_000) - (1 << 20_000), 3 << 20_000]
BASES = [(1 << 90_000) - 1, (1 << 40_000) - 2, 1 << 39_998, 5]


@pytest.mark.parametrize("place", range(16))
def test_really_large_numbers(place: int) -> None:
    modulus, base = MODULI[place % 4], BASES[place // 4]
    for exponent in (0, 1, 3):
        result = modexp(encoded(base, exponent, modulus))
        assert int.from_bytes(result, "big") == pow(base, exponent, modulus)


def test_long_powers_pause_and_short_ones_do_not() -> None:
    pauses: list[int] = []
    long, short = encoded(3, BIG, BIG), encoded(3, 65537, (1 << 2048) - 1)
    large = encoded((1 << 80_000) - 9, 3, (1 << 80_000) - 5)
    counts = []
    for data in (long, large, short):
        pauses.clear()
        assert modexp(data, lambda: pauses.append(1)) == modexp(data)
        counts.append(len(pauses))
    assert counts[0] > 100
    assert counts[1] > 10
    assert counts[2] == 0
