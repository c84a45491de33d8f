"""Powers in steps are powers; and long ones pause."""

from __future__ import annotations

from hypothesis import given
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


def test_long_powers_pause_and_short_ones_do_not() -> None:
    pauses: list[int] = []
    long, short = encoded(3, BIG, BIG), encoded(3, 65537, (1 << 2048) - 1)
    for data in (long, short):
        assert modexp(data, lambda: pauses.append(1)) == modexp(data)
        pauses.append(0)
    assert sum(pauses) > 100
    assert pauses[-2:] == [0, 0]
