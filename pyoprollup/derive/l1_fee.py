"""What a transaction pays on L2 for its place on L1, by what the L1 attributes of its block say.

Specification: protocol/exec-engine.md, L1-Cost fees; protocol/fjord/exec-engine.md;
protocol/isthmus/exec-engine.md and protocol/jovian/exec-engine.md, Operator Fee.
"""

from __future__ import annotations

from pyoprollup.derive.l1_info import L1BlockInfo
from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE
from pyoprollup.evm.fees import L1FeeParams, l1_cost
from pyoprollup.evm.fees import operator_fee as operator_fee_of
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.time import L2Time

__all__ = ["l1_fee", "l1_fee_params", "operator_fee"]


def l1_fee(config: RollupConfig, l1_info: L1BlockInfo, l2_time: L2Time, raw: bytes) -> int:
    """The data fee in wei of a transaction in its EIP-2718 form; a deposit pays none.

    ``l1_info`` and ``l2_time`` (seconds) are those of the block that includes it.
    """
    if raw[:1] == bytes([DEPOSIT_TX_TYPE]):
        return 0
    rules = config.rules_at_l2(l2_time).evm
    return l1_cost(rules.l1_cost, l1_fee_params(l1_info), raw, rules.deposit_gas_reported)


def operator_fee(config: RollupConfig, l1_info: L1BlockInfo, l2_time: L2Time, gas: int) -> int:
    """The operator's fee in wei for this much gas; none before Isthmus."""
    return operator_fee_of(config.rules_at_l2(l2_time).evm.operator_fee, l1_fee_params(l1_info), gas)


def l1_fee_params(l1_info: L1BlockInfo) -> L1FeeParams:
    """What the fees depend on, of all that L1 attributes say."""
    return L1FeeParams(
        base_fee=l1_info.base_fee,
        overhead=int.from_bytes(l1_info.l1_fee_overhead, "big"),
        scalar=int.from_bytes(l1_info.l1_fee_scalar, "big"),
        blob_base_fee=l1_info.blob_base_fee or 0,
        base_fee_scalar=l1_info.base_fee_scalar,
        blob_base_fee_scalar=l1_info.blob_base_fee_scalar,
        operator_fee_scalar=l1_info.operator_fee_scalar,
        operator_fee_constant=l1_info.operator_fee_constant,
        da_footprint_gas_scalar=l1_info.da_footprint_gas_scalar,
    )
