"""The fees that the golden vectors do not reach, and properties of those they do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.evm.fastlz import fastlz_size
from pyoprollup.evm.fees import (
    L1FeeParams,
    da_footprint,
    estimated_size,
    l1_cost,
    operator_fee,
    read_l1_fee_params,
)
from pyoprollup.rollup.evm_rules import L1CostFormula, OperatorFeeFormula
from tests.unit.evm.support import FEE_SLOTS

PARAMS = L1FeeParams(operator_fee_scalar=3_000_001, operator_fee_constant=7, da_footprint_gas_scalar=400)


def test_operator_fee() -> None:
    assert operator_fee(None, PARAMS, 10**6) == 0
    assert operator_fee(OperatorFeeFormula.ISTHMUS, PARAMS, 999_999) == 3_000_001 * 999_999 // 10**6 + 7
    assert operator_fee(OperatorFeeFormula.JOVIAN, PARAMS, 999_999) == 3_000_001 * 999_999 * 100 + 7
    assert operator_fee(OperatorFeeFormula.ISTHMUS, L1FeeParams(), 10**6) == 0


def test_operator_fee_at_its_maximum() -> None:
    most = L1FeeParams(operator_fee_scalar=2**32 - 1, operator_fee_constant=2**64 - 1)
    assert operator_fee(OperatorFeeFormula.ISTHMUS, most, 2**64 - 1).bit_length() == 77
    assert operator_fee(OperatorFeeFormula.JOVIAN, most, 2**64 - 1).bit_length() == 103


def test_da_footprint_has_a_minimum() -> None:
    assert da_footprint(PARAMS, b"\x02") == 100 * 400
    noise = bytes((k * k + k // 100) % 256 for k in range(9000))
    assert da_footprint(PARAMS, noise) == (836_500 * 9282 - 42_585_600) // 10**6 * 400


def test_the_first_block_of_ecotone_uses_the_formula_before_it() -> None:
    params = L1FeeParams(base_fee=10**9, overhead=188, scalar=684_000)
    raw = b"\x00\x01\x02"
    regolith = (4 + 32 + 188) * 10**9 * 684_000 // 10**6
    for formula in (L1CostFormula.ECOTONE, L1CostFormula.FJORD, L1CostFormula.REGOLITH):
        assert l1_cost(formula, params, raw) == regolith
    bedrock = l1_cost(L1CostFormula.BEDROCK, params, raw)
    assert l1_cost(L1CostFormula.ECOTONE, params, raw, regolith=False) == bedrock
    assert bedrock - regolith == 68 * 16 * 10**9 * 684_000 // 10**6


@pytest.mark.parametrize("formula", L1CostFormula)
def test_no_bytes_cost_nothing(formula: L1CostFormula) -> None:
    assert l1_cost(formula, L1FeeParams(base_fee=10**9, scalar=1, overhead=10**6), b"") == 0


def test_only_slots_that_are_needed_are_read() -> None:
    read: list[int] = []

    def slot(number: int) -> int:
        read.append(number)
        return FEE_SLOTS[number]

    assert read_l1_fee_params(slot, L1CostFormula.BEDROCK).scalar == 684_000
    assert read == [1, 5, 6]
    read.clear()
    params = read_l1_fee_params(slot, L1CostFormula.FJORD)
    assert (params.base_fee_scalar, params.blob_base_fee_scalar) == (2000, 900_000)
    assert read == [1, 3, 7]
    params = read_l1_fee_params(slot, L1CostFormula.FJORD, operator_fee=True)
    assert (params.operator_fee_scalar, params.operator_fee_constant) == (7, 11)
    assert params.da_footprint_gas_scalar == 400


@given(st.binary(max_size=600) | st.lists(st.sampled_from([b"ab", b"\x00" * 40, b"abcabc"])).map(b"".join))
def test_fastlz_size_is_bounded(data: bytes) -> None:
    size = fastlz_size(data)
    assert size <= len(data) + (len(data) + 31) // 32
    assert size == fastlz_size(bytes(data))
    assert estimated_size(data) >= 100


def test_fastlz_matches_far_and_long() -> None:
    block = bytes(range(256)) * 2
    assert fastlz_size(block) < fastlz_size(bytes(range(256))) + 20
    assert fastlz_size(bytes(100_000)) < 1300
