"""The compression function of BLAKE2b, beside Python's own hash and beside py-evm."""

from __future__ import annotations

from hashlib import blake2b
from struct import pack

import pytest
from eth.exceptions import OutOfGas, VMError
from eth.precompiles.blake2 import blake2b_fcompress
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.evm.blake2 import blake2f
from tests.unit.evm.test_precompiles import call_precompile

STATE = (
    *(0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1),
    *(0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179),
)


def test_twelve_rounds_make_the_hash() -> None:
    text = b"abc"
    state = (STATE[0] ^ 0x01010040, *STATE[1:])
    data = pack(">I8Q", 12, *(0,) * 8)[:4] + pack("<8Q", *state) + text.ljust(128, b"\0")
    data += pack("<2Q", len(text), 0) + b"\x01"
    assert call_precompile(blake2f, data, 100) == (blake2b(text).digest(), 12)


@given(st.integers(0, 30), st.binary(min_size=208, max_size=208), st.booleans())
def test_beside_py_evm(rounds: int, rest: bytes, is_final: bool) -> None:
    data = rounds.to_bytes(4, "big") + rest + bytes([is_final])
    assert call_precompile(blake2f, data, 100) == call_precompile(blake2b_fcompress, data, 100)


@pytest.mark.parametrize("data", [b"", bytes(212), bytes(214), bytes(212) + b"\x02"])
def test_input_of_another_form(data: bytes) -> None:
    with pytest.raises(VMError):
        call_precompile(blake2f, data, 100)


def test_rounds_are_paid_for_before() -> None:
    with pytest.raises(OutOfGas):
        call_precompile(blake2f, b"\xff\xff\xff\xff" + bytes(209), 100)
