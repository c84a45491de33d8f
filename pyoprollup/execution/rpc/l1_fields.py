"""The fee parameters that a block's L1 attributes transaction carries, for what receipts say about fees.

Specification: protocol/deposits.md and the l1-attributes.md pages of Ecotone, Isthmus and Jovian. Byte ranges
of the calldata, big-endian:

* Bedrock: eight words after the selector; base fee is the third, overhead and scalar are the last two;
* Ecotone: base fee scalar ``[4:8]``, blob base fee scalar ``[8:12]``, base fee ``[36:68]``, blob base fee
  ``[68:100]``; Isthmus adds the operator fee's scalar ``[164:168]`` and constant ``[168:176]``, Jovian the DA
  footprint gas scalar ``[176:178]``.
"""

from __future__ import annotations

from typing import Any

from pyoprollup.eth.types import to_quantity
from pyoprollup.evm.fees import L1FeeParams, calldata_gas, estimated_size, estimated_size_scaled, l1_cost
from pyoprollup.rollup.evm_rules import L1CostFormula
from pyoprollup.rollup.rules import Rules

__all__ = ["L1Fields"]

_BEDROCK_SELECTOR = bytes.fromhex("015d8eb9")
_BEDROCK_SIZE, _ECOTONE_SIZE, _ISTHMUS_SIZE, _JOVIAN_SIZE = 4 + 8 * 32, 164, 176, 178
_SIGNATURE_GAS = 16 * 68


class L1Fields:
    """What a block's receipts say about L1, from the calldata of its first transaction."""

    def __init__(self, rules: Rules, params: L1FeeParams, is_bedrock: bool, size: int) -> None:
        self._rules = rules
        self._params = params
        self._is_bedrock = is_bedrock
        self._size = size

    @classmethod
    def parse(cls, rules: Rules, data: bytes) -> L1Fields | None:
        """``None`` if the calldata is none of an L1 attributes transaction."""
        # The first block of a fork still has the calldata of the fork before it.
        if rules.evm.l1_cost in (L1CostFormula.BEDROCK, L1CostFormula.REGOLITH) or data.startswith(
            _BEDROCK_SELECTOR
        ):
            if len(data) < _BEDROCK_SIZE:
                return None
            words = [int.from_bytes(data[at : at + 32], "big") for at in range(4, _BEDROCK_SIZE, 32)]
            return cls(rules, L1FeeParams(words[2], words[6], words[7]), True, len(data))
        if len(data) < _ECOTONE_SIZE:
            return None

        def number(start: int, end: int) -> int:
            return int.from_bytes(data[start:end], "big")

        params = L1FeeParams(
            base_fee=number(36, 68),
            blob_base_fee=number(68, 100),
            base_fee_scalar=number(4, 8),
            blob_base_fee_scalar=number(8, 12),
            operator_fee_scalar=number(164, 168),
            operator_fee_constant=number(168, 176),
            da_footprint_gas_scalar=number(176, 178),
        )
        return cls(rules, params, False, len(data))

    def receipt_fields(self, raw: bytes) -> dict[str, Any]:
        """Fields of the receipt of the transaction (no deposit) with these EIP-2718 bytes."""
        params = self._params
        fee, gas = self._fee_and_gas(raw)
        fields: dict[str, Any] = {
            "l1GasPrice": to_quantity(params.base_fee),
            "l1GasUsed": to_quantity(gas),
            "l1Fee": to_quantity(fee),
        }
        if self._is_bedrock:
            return {**fields, "l1FeeScalar": f"{params.scalar / 1e6:.10g}"}
        fields["l1BlobBaseFee"] = to_quantity(params.blob_base_fee)
        fields["l1BaseFeeScalar"] = to_quantity(params.base_fee_scalar)
        fields["l1BlobBaseFeeScalar"] = to_quantity(params.blob_base_fee_scalar)
        if self._size >= _ISTHMUS_SIZE and (params.operator_fee_scalar or params.operator_fee_constant):
            fields["operatorFeeScalar"] = to_quantity(params.operator_fee_scalar)
            fields["operatorFeeConstant"] = to_quantity(params.operator_fee_constant)
        if self._rules.da_footprint and self._size >= _JOVIAN_SIZE:
            scalar = params.da_footprint_gas_scalar
            fields["daFootprintGasScalar"] = to_quantity(scalar)
            fields["blobGasUsed"] = to_quantity(scalar * estimated_size(raw))
        return fields

    def _fee_and_gas(self, raw: bytes) -> tuple[int, int]:
        """Fee in wei, and gas for the data on L1 as the fork's formula counts it."""
        evm, params = self._rules.evm, self._params
        if not self._is_bedrock:
            if evm.l1_cost is L1CostFormula.FJORD:
                return _post_bedrock_cost(evm.l1_cost, params, raw), estimated_size_scaled(raw) * 16 // 10**6
            return _post_bedrock_cost(evm.l1_cost, params, raw), calldata_gas(raw)
        formula = L1CostFormula.REGOLITH if evm.deposit_gas_reported else L1CostFormula.BEDROCK
        extra = 0 if evm.deposit_gas_reported else _SIGNATURE_GAS
        return l1_cost(formula, params, raw), calldata_gas(raw) + extra + params.overhead


def _post_bedrock_cost(formula: L1CostFormula, params: L1FeeParams, raw: bytes) -> int:
    # With nothing but zeros the fee is zero by every formula; ``l1_cost`` would take another one.
    return 0 if params.ecotone_unset else l1_cost(formula, params, raw)
