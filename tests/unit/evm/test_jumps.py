"""Where jumps may lead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.evm.jumps import JumpDestinations

CODES = st.binary(max_size=80).map(lambda code: code.replace(b"\x00", b"\x5b").replace(b"\x01", b"\x61"))


def plain(code: bytes) -> set[int]:
    """As the Yellow Paper says it."""
    found, position = set(), 0
    while position < len(code):
        if code[position] == 0x5B:
            found.add(position)
        position += code[position] - 0x5E if 0x60 <= code[position] <= 0x7F else 1
    return found


def found(code: bytes, backwards: bool = False) -> set[int]:
    destinations = JumpDestinations(code)
    positions = range(len(code) + 3)
    return {each for each in (reversed(positions) if backwards else positions) if each in destinations}


@given(CODES, st.booleans())
def test_not_in_the_data_of_a_push(code: bytes, backwards: bool) -> None:
    assert found(code, backwards) == plain(code)


@given(st.lists(CODES, min_size=30, max_size=60), st.booleans())
def test_long_code(parts: list[bytes], backwards: bool) -> None:
    """So long that places in it are remembered."""
    code = b"".join(parts) * 3
    assert found(code, backwards) == plain(code)


@pytest.mark.parametrize("cut", range(34))
def test_a_push_that_the_end_cuts_off(cut: int) -> None:
    code = b"\x5b" * 2047 + b"\x7f" + b"\x5b" * cut
    assert found(code) == plain(code)
    assert found(code, backwards=True) == plain(code)


def test_positions_that_no_code_has() -> None:
    assert 1 << 256 not in JumpDestinations(b"\x5b")
    assert 0 not in JumpDestinations(b"")
