"""What the toy's program may ask."""

from __future__ import annotations

import pytest

from pyoprollup.cannon.errors import PreimageError
from pyoprollup.devnet.toy import ToyRollup
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32
from pyoprollup.preimage import LocalKey, local_key
from tests.unit.devnet.toy.support import L1, inputs, oracle

CLAIM = Hash32(b"\x11" * 32)


def keccak_key(data: bytes) -> bytes:
    return b"\2" + keccak256(data)[1:]


def test_what_it_is_told() -> None:
    l1 = L1()
    rollup = ToyRollup(l1)
    head = l1.header(9).hash()
    made = oracle(l1, inputs(rollup, head, 5, CLAIM, 6))
    assert made.get(local_key(LocalKey.L1_HEAD)) == head
    assert made.get(local_key(LocalKey.L2_OUTPUT_ROOT)) == rollup.block(5).output.root()
    assert made.get(local_key(LocalKey.L2_CLAIM)) == CLAIM
    assert made.get(local_key(LocalKey.L2_CLAIM_BLOCK_NUMBER)) == (6).to_bytes(8, "big")
    with pytest.raises(PreimageError):
        made.get(local_key(LocalKey.L2_CHAIN_ID))


def test_what_is_hinted_at_can_be_asked_for() -> None:
    l1 = L1()
    rollup = ToyRollup(l1)
    agreed, header = rollup.block(5), l1.header(9)
    made = oracle(l1, inputs(rollup, header.hash(), 5, CLAIM, 6))
    for kind, data in (
        ("output", agreed.output.marshal()),
        ("toy-header", agreed.header.encode()),
        ("l1-header", header.encode()),
    ):
        with pytest.raises(PreimageError):
            made.get(keccak_key(data))
        made.hint(f"{kind} 0x{keccak256(data).hex()}".encode())
        assert made.get(keccak_key(data)) == data


@pytest.mark.parametrize(
    "hint",
    [b"", b"output", b"l1-header 0x12", b"l1-header 0x" + b"77" * 32, b"else 0x" + b"11" * 32, b"\xff"],
)
def test_a_hint_of_something_else_is_an_error(hint: bytes) -> None:
    l1 = L1()
    made = oracle(l1, inputs(ToyRollup(l1), l1.header(9).hash(), 5, CLAIM, 6))
    with pytest.raises(PreimageError):
        made.hint(hint)
