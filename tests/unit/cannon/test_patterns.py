"""Patterns of steps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.cannon.patterns import parse_pattern
from pyoprollup.errors import ConfigError


@given(st.integers(0, 2**64), st.integers(1, 1000))
def test_multiples(step: int, every: int) -> None:
    pattern = parse_pattern(f"%{every}")
    found = pattern.next(step)
    assert found is not None and found >= step and found % every == 0 and found - step < every
    assert pattern.matches(step) == (step % every == 0)


def test_others() -> None:
    assert parse_pattern("always").next(7) == 7
    assert parse_pattern("never").next(7) is parse_pattern("").next(0) is None
    assert parse_pattern("=7").next(7) == 7 and parse_pattern("=0x7").next(3) == 7
    assert parse_pattern("=7").next(8) is None and not parse_pattern("=7").matches(8)


@pytest.mark.parametrize(
    "text", ["7", "=", "%", "%0", "=-1", "= x", "sometimes", "=18446744073709551616", "%1.5"]
)
def test_what_is_no_pattern(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_pattern(text)
