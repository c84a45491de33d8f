from __future__ import annotations

from hashlib import sha256
from types import SimpleNamespace

import pytest
from eth.exceptions import VMError

from pyoprollup.evm.point_evaluation import POINT_EVALUATION_GAS, point_evaluation

INFINITY = b"\xc0" + bytes(47)
"""The commitment of the polynomial that is 0 everywhere, and the proof of all its values."""
GOOD = b"\x01" + sha256(INFINITY).digest()[1:] + (5).to_bytes(32, "big") + bytes(32) + INFINITY + INFINITY


def run(data: bytes) -> tuple[bytes, int]:
    paid: list[int] = []
    computation = SimpleNamespace(
        msg=SimpleNamespace(data_as_bytes=data), consume_gas=lambda gas, reason: paid.append(gas), output=b""
    )
    point_evaluation(computation)
    return computation.output, sum(paid)


def test_a_right_proof() -> None:
    output, gas = run(GOOD)
    assert gas == POINT_EVALUATION_GAS
    assert output[:32] == (4096).to_bytes(32, "big")
    assert output[32:].hex() == "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        GOOD[:-1],
        GOOD + b"\0",
        b"\x02" + GOOD[1:],  # versioned hash
        GOOD[:32] + b"\xff" * 32 + GOOD[64:],  # z is no field element
        GOOD[:95] + b"\x01" + GOOD[96:],  # another value
        GOOD[:144] + bytes(48),  # the proof is no point
    ],
    ids=["empty", "short", "long", "hash", "z", "y", "proof"],
)
def test_anything_else(data: bytes) -> None:
    with pytest.raises(VMError):
        run(data)
