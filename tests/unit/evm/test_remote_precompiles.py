from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.eth.kzg import versioned_hash
from pyoprollup.eth.types import Address
from pyoprollup.evm.point_evaluation import POINT_EVALUATION_OUTPUT
from pyoprollup.evm.precompiles import precompiles
from pyoprollup.evm.py_evm import VMError
from pyoprollup.evm.remote_precompiles import (
    REMOTE_PRECOMPILES,
    RemoteResultInvalid,
    remote_precompiles,
    run_precompile,
)
from pyoprollup.rollup.evm_rules import BEDROCK_EVM, EVM_DELTAS, BaseEvm, EvmRules
from pyoprollup.rollup.fork import Fork


def rules(fork: Fork) -> EvmRules:
    found = BEDROCK_EVM
    for each in sorted(EVM_DELTAS):
        if each <= fork:
            found = EVM_DELTAS[each](found)
    return found


def address(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


class Frame:
    """What precompiles ask of a frame."""

    def __init__(self, data: bytes) -> None:
        self.msg = SimpleNamespace(data=data, data_as_bytes=data)
        self.output = b""
        self.gas_used = 0

    def consume_gas(self, amount: int, reason: str) -> None:
        self.gas_used += amount


def outcome(table: dict[Address, Any], number: int, data: bytes) -> tuple[bytes | None, int]:
    """Result and gas of a call; no result if it fails, when all gas is gone."""
    frame = Frame(data)
    try:
        table[address(number)](frame)
    except VMError:
        return None, 0
    return frame.output, frame.gas_used


G1, G2 = bytes(128), bytes(256)
RECOVERABLE = bytes.fromhex(
    "18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c"
    "000000000000000000000000000000000000000000000000000000000000001c"
    "73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f"
    "eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549"
)
INPUTS: dict[int, tuple[bytes, ...]] = {
    0x01: (RECOVERABLE, RECOVERABLE + b"more", RECOVERABLE[:100], b"", b"\1" * 128, bytes(128)),
    0x08: (b"", bytes(192), bytes(384), bytes(191), b"\1" * 192),
    0x0A: (b"", bytes(192), bytes(191)),
    0x0B: (bytes(256), bytes(255), b"\1" * 256),
    0x0C: (b"", bytes(160), bytes(320), bytes(161)),
    0x0D: (bytes(512), bytes(511)),
    0x0E: (b"", bytes(288), bytes(287)),
    0x0F: (b"", bytes(384), bytes(385), b"\1" * 384),
    0x10: (bytes(64), bytes(63), b"\xff" * 64),
    0x11: (bytes(128), bytes(127)),
}


@pytest.mark.parametrize("fork", [Fork.BEDROCK, Fork.ECOTONE, Fork.ISTHMUS, Fork.JOVIAN, Fork.KARST])
def test_they_are_as_if_they_were_here(fork: Fork) -> None:
    here = precompiles(rules(fork))
    calls: list[tuple[Address, int]] = []

    def call(where: Address, data: bytes, gas: int) -> bytes | None:
        calls.append((where, gas))
        return run_precompile(where, data)

    there = remote_precompiles(rules(fork), call)
    assert set(there) == set(here)
    for number, inputs in INPUTS.items():
        if address(number) in here:
            for data in inputs:
                assert outcome(there, number, data) == outcome(here, number, data), (number, len(data))
    assert {where for where, _ in calls} <= REMOTE_PRECOMPILES
    assert (address(1), 3000) in calls


def test_limits_are_the_forks() -> None:
    asked: list[int] = []

    def call(_where: Address, data: bytes, _gas: int) -> bytes | None:
        asked.append(len(data))
        return (1).to_bytes(32, "big")

    for fork, limit in ((Fork.GRANITE, 112_687), (Fork.JOVIAN, 81_984), (Fork.KARST, 57_600)):
        pairs = limit // 192
        table = remote_precompiles(rules(fork), call)
        assert outcome(table, 8, bytes(192 * pairs))[0] is not None
        assert outcome(table, 8, bytes(192 * (pairs + 1)))[0] is None
        assert asked.pop() == 192 * pairs and not asked


def test_the_price_goes_along() -> None:
    prices: list[int] = []

    def call(_where: Address, data: bytes, gas: int) -> bytes | None:
        prices.append(gas)
        return run_precompile(_where, data)

    table = remote_precompiles(rules(Fork.ISTHMUS), call)
    for number, data in ((8, bytes(384)), (0x0C, bytes(160)), (0x0F, bytes(384))):
        assert outcome(table, number, data)[1] == prices[-1]
    assert prices[0] == 45_000 + 2 * 34_000


@pytest.mark.parametrize(
    ("number", "data", "wrong"),
    [
        (0x01, RECOVERABLE, bytes(31)),
        (0x08, bytes(192), bytes(31)),
        (0x08, bytes(192), (2).to_bytes(32, "big")),
        (0x0B, bytes(256), bytes(127)),
        (0x0F, bytes(384), b""),
    ],
)
def test_results_that_cannot_be(number: int, data: bytes, wrong: bytes) -> None:
    table = remote_precompiles(rules(Fork.ISTHMUS), lambda *_arguments: wrong)
    with pytest.raises(RemoteResultInvalid):
        outcome(table, number, data)


def test_the_check_of_a_point_has_one_result() -> None:
    commitment = b"\xc0" + bytes(47)
    data = versioned_hash(commitment) + bytes(64) + commitment + bytes(48)
    answers: list[bytes | None] = [POINT_EVALUATION_OUTPUT, None, b""]
    table = remote_precompiles(rules(Fork.ECOTONE), lambda *_arguments: answers.pop(0))
    assert outcome(table, 10, data) == (POINT_EVALUATION_OUTPUT, 50_000)
    assert outcome(table, 10, data)[0] is None
    with pytest.raises(RemoteResultInvalid):
        outcome(table, 10, data)


@given(st.sampled_from(sorted(INPUTS)), st.binary(max_size=600))
def test_arbitrary_input_is_as_if_it_were_here(number: int, data: bytes) -> None:
    found = EvmRules(base=BaseEvm.PRAGUE)
    there = remote_precompiles(found, lambda where, content, _gas: run_precompile(where, content))
    assert outcome(there, number, data) == outcome(precompiles(found), number, data)
