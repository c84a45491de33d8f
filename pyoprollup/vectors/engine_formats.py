"""Checks of the format ``l1_cost``: the data fee of a transaction and the size behind it."""

from __future__ import annotations

from pyoprollup.evm.fastlz import fastlz_size
from pyoprollup.evm.fees import calldata_gas, l1_cost, read_l1_fee_params
from pyoprollup.rollup.evm_rules import L1CostFormula
from pyoprollup.vectors.core import Case, expect, register
from pyoprollup.vectors.fields import data


@register("l1_cost", "cost")
def check_cost(case: Case) -> None:
    """The fee under a fork, with parameters read from the storage of ``L1Block``."""
    slots = {
        1: int(case["l1_base_fee"], 16),
        3: int(case["fee_scalars_slot"], 16),
        5: int(case["overhead"], 16),
        6: int(case["scalar"], 16),
        7: int(case["l1_blob_base_fee"], 16),
    }
    raw = data(case["data"])
    formula = L1CostFormula(case["fork"])
    params = read_l1_fee_params(lambda slot: slots.get(slot, 0), formula)
    expect("fastlz_size", case["fastlz_size"], fastlz_size(raw))
    expect("calldata gas", 4 * case["zeroes"] + 16 * case["ones"], calldata_gas(raw))
    if formula in (L1CostFormula.ECOTONE, L1CostFormula.FJORD):
        expect("first_ecotone_block", case["first_ecotone_block"], params.ecotone_unset)
    fee = l1_cost(formula, params, raw)
    # The reference tells "no charge" from a charge of zero; both come to the same.
    expect("fee", int(case["fee"] or "0x0", 16), fee)


@register("l1_cost", "fastlz")
def check_fastlz(case: Case) -> None:
    """The compressed size; some inputs are given by how to make them."""
    if "pattern" in case:
        raw = bytes((k * k + k // 100) % 256 for k in range(case["len"]))
    else:
        raw = data(case["data"])
    expect("size", case["size"], fastlz_size(raw))
