"""The permutation, as plain Python and compiled, makes keccak256's digests."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.cannon.compiled.keccak import permutation_text
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.keccak_steps import ROUND_CONSTANTS


def digest(permute: Any, data: bytes) -> bytes:
    padded = bytearray(data + b"\x01" + bytes(-(len(data) + 1) % 136))
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), 136):
        for i in range(17):
            state[i] ^= int.from_bytes(padded[start + 8 * i : start + 8 * i + 8], "little")
        permute(state, ROUND_CONSTANTS)
    return b"".join(word.to_bytes(8, "little") for word in state[:4])


@given(st.binary(max_size=300))
def test_digests(data: bytes) -> None:
    space: dict[str, Any] = {"M64": 2**64 - 1}
    exec(permutation_text(), space)
    assert digest(space["permute"], data) == keccak256(data)
