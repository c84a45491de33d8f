from __future__ import annotations

import pytest

from pyoprollup.challenger.game.trace import PreimageOracleData, TraceError
from pyoprollup.challenger.trace.local_inputs import (
    LocalGameInputs,
    fetch_local_inputs_from_proposals,
    local_preimages,
)
from pyoprollup.challenger.trace.proposal import Proposal
from pyoprollup.errors import NotFound
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.headers import Header
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Hash32
from pyoprollup.preimage.keys import LocalKey, local_key

L1_HEAD, AGREED, CLAIMED = (Hash32(bytes([value]) * 32) for value in (1, 2, 3))


def header(number: int) -> Header:
    zero, bloom = ZERO_HASH, bytes(256)
    return Header(zero, zero, ZERO_ADDRESS, zero, zero, zero, bloom, 0, number, 0, 0, 0, b"", zero, bytes(8))


class L2:
    def __init__(self) -> None:
        self.asked: list[int] = []

    def header_by_number(self, number: int) -> Header:
        self.asked.append(number)
        if number > 100:
            raise NotFound("no such block")
        return header(number)


def test_inputs_of_a_dispute() -> None:
    l2 = L2()
    inputs = fetch_local_inputs_from_proposals(L1_HEAD, l2, Proposal(10, AGREED), Proposal(12, CLAIMED))
    assert inputs == LocalGameInputs(L1_HEAD, CLAIMED, 12, header(10).hash(), AGREED)
    assert l2.asked == [10] and inputs.agreed_root == AGREED
    with pytest.raises(NotFound):
        fetch_local_inputs_from_proposals(L1_HEAD, l2, Proposal(101, AGREED), Proposal(102, CLAIMED))


@pytest.mark.parametrize("number", [1 << 64, (1 << 256) - 1])
def test_numbers_that_no_program_can_be_told(number: int) -> None:
    l2 = L2()
    for agreed, claimed in ((10, number), (number, number)):
        with pytest.raises(TraceError):
            fetch_local_inputs_from_proposals(
                L1_HEAD, l2, Proposal(agreed, AGREED), Proposal(claimed, CLAIMED)
            )
    assert not l2.asked


def test_local_preimages() -> None:
    inputs = LocalGameInputs(L1_HEAD, CLAIMED, 12, ZERO_HASH, AGREED)
    assert local_preimages(inputs, 901) == {
        local_key(1): L1_HEAD,
        local_key(2): AGREED,
        local_key(3): CLAIMED,
        local_key(4): bytes(7) + b"\x0c",
        local_key(5): bytes(6) + b"\x03\x85",
    }
    agreed = b"\xffstate"
    inputs = LocalGameInputs(L1_HEAD, CLAIMED, (1 << 64) - 1, agreed_pre_state=agreed)
    assert local_preimages(inputs, None) == {
        local_key(1): L1_HEAD,
        local_key(2): keccak256(agreed),
        local_key(3): CLAIMED,
        local_key(4): b"\xff" * 8,
    }


def test_keys() -> None:
    assert [key.value for key in LocalKey] == list(range(1, 10))
    for key in LocalKey:
        data = PreimageOracleData(local_key(key), bytes(8), 0)
        assert data.is_local and data.ident == key
