"""Arithmetic on words is that of Python's integers, cut to 64 bits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.cannon.core import words
from tests.unit.cannon.support import M64, signed

EDGES = st.sampled_from(
    [0, 1, 2, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**63 + 1, M64 - 1, M64]
)
WORDS = st.one_of(EDGES, st.integers(0, M64))


@given(WORDS)
def test_extending_the_sign(x: int) -> None:
    for bits, function in ((8, words.sext8), (16, words.sext16), (32, words.sext32)):
        assert function(x) == signed(x, bits) & M64


@given(WORDS, WORDS)
def test_signed_words(a: int, b: int) -> None:
    assert words.negate(a) == -a & M64
    assert words.absolute(a) == abs(signed(a))
    assert words.less_signed(a, b) == (signed(a) < signed(b))
    assert words.multiply_high(a, b) == a * b >> 64
    assert words.multiply_high_signed(a, b) == signed(a) * signed(b) >> 64 & M64


@given(WORDS, st.integers(0, 63))
def test_shifting_keeps_the_sign(x: int, n: int) -> None:
    assert words.sra(x, n) == signed(x) >> n & M64


@given(WORDS, WORDS.filter(bool))
def test_division_is_towards_zero(a: int, b: int) -> None:
    q = abs(signed(a)) // abs(signed(b))
    q = -q if (signed(a) < 0) != (signed(b) < 0) else q
    assert words.quotient(a, b) == q & M64
    assert words.remainder(a, b) == (signed(a) - q * signed(b)) & M64


@given(WORDS)
def test_counting_ones(x: int) -> None:
    assert words.leading_ones64(x) == 64 - (~x & M64).bit_length()
    assert words.leading_ones32(x) == 32 - (~x & 0xFFFFFFFF).bit_length()


def test_the_random_words_are_those_of_the_generator() -> None:
    state, found = 1234567, []
    for _ in range(3):
        found.append(words.splitmix64(state))
        state = (state + 0x9E3779B97F4A7C15) & M64
    assert found == [6457827717110365317, 3203168211198807973, 9817491932198370423]
