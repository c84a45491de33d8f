"""What a transaction pays for its place on L1, and to the chain's operator, besides its gas.

Specification: protocol/exec-engine.md, L1-Cost fees and Ecotone L1-Cost fee changes;
protocol/regolith/overview.md; protocol/fjord/exec-engine.md (data fee); protocol/isthmus/exec-engine.md and
protocol/jovian/exec-engine.md, Operator Fee and DA Footprint Block Limit. Deposits pay none of it. Integers
have unlimited precision, and every formula divides once, at its end.

The parameters are storage words of the ``L1Block`` predeploy. The packed ones are big-endian:

* slot 3: base fee scalar ``[16:20]``, blob base fee scalar ``[20:24]`` (Ecotone);
* slot 8: DA footprint gas scalar ``[18:20]`` (Jovian), operator fee scalar ``[20:24]`` and constant
  ``[24:32]`` (Isthmus). The text of the specification names other offsets; these are the contract's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pyoprollup.evm.fastlz import fastlz_size
from pyoprollup.rollup.evm_rules import L1CostFormula, OperatorFeeFormula

__all__ = [
    "L1FeeParams",
    "calldata_gas",
    "da_footprint",
    "estimated_size",
    "estimated_size_scaled",
    "l1_cost",
    "operator_fee",
    "read_l1_fee_params",
]

_BASE_FEE, _FEE_SCALARS, _OVERHEAD, _SCALAR, _BLOB_BASE_FEE, _OPERATOR_FEE = 1, 3, 5, 6, 7, 8


@dataclass(frozen=True, slots=True)
class L1FeeParams:
    """What the fees of a transaction depend on besides the transaction. Fees in wei."""

    base_fee: int = 0
    overhead: int = 0
    """Of the formula before Ecotone, in gas; so is ``scalar``, in millionths."""
    scalar: int = 0
    blob_base_fee: int = 0
    base_fee_scalar: int = 0
    blob_base_fee_scalar: int = 0
    operator_fee_scalar: int = 0
    operator_fee_constant: int = 0
    da_footprint_gas_scalar: int = 0

    @property
    def ecotone_unset(self) -> bool:
        """Whether nothing has written the parameters of Ecotone yet."""
        return not (self.blob_base_fee or self.base_fee_scalar or self.blob_base_fee_scalar)


def read_l1_fee_params(
    slot: Callable[[int], int], formula: L1CostFormula, operator_fee: bool = False
) -> L1FeeParams:
    """The parameters, from a function that reads a storage slot of ``L1Block``.

    Only the slots that the formula needs are read, and that of the operator fee if there is one: a
    witness has no others. What is not read is 0.
    """
    params = L1FeeParams(base_fee=slot(_BASE_FEE))
    if formula in (L1CostFormula.ECOTONE, L1CostFormula.FJORD):
        scalars = slot(_FEE_SCALARS)
        params = replace(
            params,
            blob_base_fee=slot(_BLOB_BASE_FEE),
            base_fee_scalar=scalars >> 96 & 0xFFFFFFFF,
            blob_base_fee_scalar=scalars >> 64 & 0xFFFFFFFF,
        )
    if params.ecotone_unset:
        params = replace(params, overhead=slot(_OVERHEAD), scalar=slot(_SCALAR))
    if not operator_fee:
        return params
    word = slot(_OPERATOR_FEE)
    return replace(
        params,
        operator_fee_scalar=word >> 64 & 0xFFFFFFFF,
        operator_fee_constant=word & 0xFFFFFFFFFFFFFFFF,
        da_footprint_gas_scalar=word >> 96 & 0xFFFF,
    )


# --- The data fee

_SIGNATURE_BYTES = 68
"""Bytes that the signature of a transaction was taken to have before Regolith."""
_MIN_SIZE = 100
_INTERCEPT = -42_585_600
_FASTLZ_COEFFICIENT = 836_500
_MILLION = 1_000_000


def l1_cost(formula: L1CostFormula, params: L1FeeParams, raw: bytes, regolith: bool = True) -> int:
    """The fee in wei of the transaction with these EIP-2718 bytes; no bytes cost nothing.

    On the first block of Ecotone the parameters of Ecotone are not set yet, and the formula before
    it still holds (``regolith`` tells which of the two).
    """
    if not raw:
        return 0
    if formula in (L1CostFormula.ECOTONE, L1CostFormula.FJORD) and params.ecotone_unset:
        formula = L1CostFormula.REGOLITH if regolith else L1CostFormula.BEDROCK
    if formula is L1CostFormula.FJORD:
        return estimated_size_scaled(raw) * _scaled_price(params) // 10**12
    if formula is L1CostFormula.ECOTONE:
        return calldata_gas(raw) * _scaled_price(params) // (16 * _MILLION)
    gas = calldata_gas(raw)
    if formula is L1CostFormula.BEDROCK:
        gas += 16 * _SIGNATURE_BYTES
    return (gas + params.overhead) * params.base_fee * params.scalar // _MILLION


def _scaled_price(params: L1FeeParams) -> int:
    """Price of a byte on L1, times 16 and a million."""
    return 16 * params.base_fee * params.base_fee_scalar + params.blob_base_fee * params.blob_base_fee_scalar


def calldata_gas(raw: bytes) -> int:
    """Gas for the bytes as calldata on L1: 4 for a zero byte, 16 for another."""
    return 16 * len(raw) - 12 * raw.count(0)


def estimated_size_scaled(raw: bytes) -> int:
    """Estimated size of a transaction within a compressed batch, in millionths of a byte."""
    return max(_MIN_SIZE * _MILLION, _INTERCEPT + _FASTLZ_COEFFICIENT * fastlz_size(raw))


def estimated_size(raw: bytes) -> int:
    """The same in whole bytes, rounded down."""
    return estimated_size_scaled(raw) // _MILLION


# --- Since Isthmus and Jovian


def operator_fee(formula: OperatorFeeFormula | None, params: L1FeeParams, gas: int) -> int:
    """The operator fee in wei for ``gas``; without a formula there is none.

    It is bought for the gas limit; what the gas used would not have cost is given back.
    """
    if formula is None:
        return 0
    if formula is OperatorFeeFormula.ISTHMUS:
        scaled = gas * params.operator_fee_scalar // 1_000_000
    else:
        scaled = gas * params.operator_fee_scalar * 100
    return scaled + params.operator_fee_constant


def da_footprint(params: L1FeeParams, raw: bytes) -> int:
    """The share of L1 data of the non-deposit transaction with these EIP-2718 bytes, in units of L2 gas.

    The sum over a block is the header's ``blobGasUsed`` and must not exceed the gas limit.
    """
    return estimated_size(raw) * params.da_footprint_gas_scalar
