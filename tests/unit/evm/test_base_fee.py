"""The base fee of a child, and the parameters in ``extraData``."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.eth.headers import Header
from pyoprollup.evm.base_fee import next_base_fee
from pyoprollup.evm.errors import BlockFault, InvalidBlock
from pyoprollup.evm.extra_data import FeeParams, decode_extra_data, encode_extra_data
from pyoprollup.rollup.chain_op_config import ChainOpConfig
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import Chain, rules

CHAIN = ChainOpConfig(6, 50, 250)
GWEI = 10**9


def parent(fork: Fork, **changes: object) -> Header:
    header = Chain.start(fork).head
    return replace(header, base_fee=GWEI, gas_limit=30_000_000, **changes)  # type: ignore[arg-type]


def test_it_stays_on_target_and_moves_off_it() -> None:
    bedrock = rules(Fork.BEDROCK)
    for used, expected in [
        (5_000_000, GWEI),
        (10_000_000, GWEI + GWEI // 50),
        (5_000_001, GWEI + GWEI // 5_000_000 // 50),
        (0, GWEI - GWEI // 50),
    ]:
        assert next_base_fee(CHAIN, bedrock, bedrock, parent(Fork.BEDROCK, gas_used=used)) == expected


def test_it_rises_by_one_at_least_and_stops_at_zero() -> None:
    bedrock = rules(Fork.BEDROCK)
    tiny = replace(parent(Fork.BEDROCK, gas_used=5_000_001), base_fee=1)
    assert next_base_fee(CHAIN, bedrock, bedrock, tiny) == 2
    assert next_base_fee(CHAIN, bedrock, bedrock, replace(tiny, base_fee=0, gas_used=0)) == 0


def test_canyon_changes_the_denominator_in_its_first_block() -> None:
    full = parent(Fork.BEDROCK, gas_used=30_000_000)
    fee = next_base_fee(CHAIN, rules(Fork.CANYON), rules(Fork.BEDROCK), full)
    assert fee == GWEI + GWEI * 5 // 250


def test_holocene_takes_the_parameters_of_the_parent() -> None:
    extra = b"\x00" + (10).to_bytes(4, "big") + (2).to_bytes(4, "big")
    full = parent(Fork.HOLOCENE, gas_used=30_000_000, extra_data=extra)
    assert next_base_fee(CHAIN, rules(Fork.HOLOCENE), rules(Fork.HOLOCENE), full) == GWEI + GWEI // 10
    before = replace(full, extra_data=b"")
    assert next_base_fee(CHAIN, rules(Fork.HOLOCENE), rules(Fork.GRANITE), before) == GWEI + GWEI * 5 // 250


def test_jovian_clamps_and_meters_data() -> None:
    jovian = rules(Fork.JOVIAN)
    extra = b"\x01" + (250).to_bytes(4, "big") + (6).to_bytes(4, "big") + (2 * GWEI).to_bytes(8, "big")
    empty = parent(Fork.JOVIAN, extra_data=extra)
    assert next_base_fee(CHAIN, jovian, jovian, empty) == 2 * GWEI
    on_target = replace(empty, gas_used=5_000_000)
    assert next_base_fee(CHAIN, jovian, jovian, on_target) == 2 * GWEI
    heavy = replace(empty, base_fee=3 * GWEI, blob_gas_used=30_000_000)
    assert next_base_fee(CHAIN, jovian, jovian, heavy) == 3 * GWEI + 3 * GWEI * 5 // 250


def test_a_parent_without_target_is_no_crash() -> None:
    bedrock = rules(Fork.BEDROCK)
    with pytest.raises(InvalidBlock):
        next_base_fee(CHAIN, bedrock, bedrock, replace(parent(Fork.BEDROCK), gas_limit=5))


@pytest.mark.parametrize("fork", [Fork.GRANITE, Fork.HOLOCENE, Fork.JOVIAN])
@given(st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1), st.integers(0, 2**64 - 1))
def test_extra_data_there_and_back(fork: Fork, denominator: int, elasticity: int, minimum: int) -> None:
    now = rules(fork)
    params = denominator.to_bytes(4, "big") + elasticity.to_bytes(4, "big") if now.eip1559_params else None
    floor = minimum if now.min_base_fee else None
    made = encode_extra_data(now, CHAIN, params, floor)
    expected = FeeParams(denominator, elasticity, floor or 0) if params else None
    assert decode_extra_data(now, made) == expected


def test_zero_parameters_stand_for_the_chain_s() -> None:
    made = encode_extra_data(rules(Fork.HOLOCENE), CHAIN, bytes(8), None)
    assert made == bytes.fromhex("00000000fa00000006")


@pytest.mark.parametrize(
    ("fork", "params", "minimum", "fault"),
    [
        (Fork.GRANITE, bytes(8), None, BlockFault.EIP1559_PARAMS),
        (Fork.HOLOCENE, None, None, BlockFault.EIP1559_PARAMS),
        (Fork.HOLOCENE, bytes(7), None, BlockFault.EIP1559_PARAMS),
        (Fork.HOLOCENE, b"\x00\x00\x00\x00\x00\x00\x00\x01", None, BlockFault.EIP1559_PARAMS),
        (Fork.HOLOCENE, b"\x00\x00\x00\x01\x00\x00\x00\x00", None, BlockFault.EIP1559_PARAMS),
        (Fork.HOLOCENE, bytes(8), 1, BlockFault.MIN_BASE_FEE),
        (Fork.JOVIAN, bytes(8), None, BlockFault.MIN_BASE_FEE),
        (Fork.JOVIAN, bytes(8), 2**64, BlockFault.MIN_BASE_FEE),
    ],
)
def test_attributes_that_no_block_has(
    fork: Fork, params: bytes | None, minimum: int | None, fault: BlockFault
) -> None:
    with pytest.raises(InvalidBlock) as caught:
        encode_extra_data(rules(fork), CHAIN, params, minimum)
    assert caught.value.fault is fault


@given(st.binary(max_size=40), st.sampled_from([Fork.GRANITE, Fork.HOLOCENE, Fork.JOVIAN]))
def test_any_extra_data_is_judged(extra: bytes, fork: Fork) -> None:
    try:
        decode_extra_data(rules(fork), extra)
    except InvalidBlock as exc:
        assert exc.fault is BlockFault.EXTRA_DATA
