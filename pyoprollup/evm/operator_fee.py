"""The operator fee: a price on gas, and a flat price, that the chain's operator sets.

Specification: protocol/isthmus/exec-engine.md and protocol/jovian/exec-engine.md, Operator Fee. Deposits
pay none. It is bought for the gas limit; what the gas used would not have cost is given back.
"""

from __future__ import annotations

from pyoprollup.evm.l1_block import L1FeeParams
from pyoprollup.rollup.evm_rules import OperatorFeeFormula

__all__ = ["operator_fee"]


def operator_fee(formula: OperatorFeeFormula | None, params: L1FeeParams, gas: int) -> int:
    """The fee in wei for ``gas``; without a formula there is none."""
    if formula is None:
        return 0
    if formula is OperatorFeeFormula.ISTHMUS:
        scaled = gas * params.operator_fee_scalar // 1_000_000
    else:
        scaled = gas * params.operator_fee_scalar * 100
    return scaled + params.operator_fee_constant
