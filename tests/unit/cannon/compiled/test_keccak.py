"""The permutation, as plain Python and compiled, makes keccak256's digests."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.cannon.compiled.keccak import permutation_text, round_constants
from pyoprollup.eth.crypto import keccak256


def digest(permute: Any, data: bytes) -> bytes:
    padded = bytearray(data + b"\x01" + bytes(-(len(data) + 1) % 136))
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), 136):
        for i in range(17):
            state[i] ^= int.from_bytes(padded[start + 8 * i : start + 8 * i + 8], "little")
        permute(state, round_constants())
    return b"".join(word.to_bytes(8, "little") for word in state[:4])


@given(st.binary(max_size=300))
def test_digests(data: bytes) -> None:
    space: dict[str, Any] = {"M64": 2**64 - 1}
    exec(permutation_text(), space)
    assert digest(space["permute"], data) == keccak256(data)


def test_constants() -> None:
    assert round_constants()[:3] == [1, 0x8082, 0x800000000000808A]
    assert round_constants()[-1] == 0x8000000080008008
