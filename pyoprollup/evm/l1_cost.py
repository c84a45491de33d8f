"""The data fee: what a transaction pays for its place on L1.

Specification: protocol/exec-engine.md, L1-Cost fees (L1 Fee Vault) and Ecotone L1-Cost fee changes
(EIP-4844 DA); protocol/regolith/overview.md; protocol/fjord/exec-engine.md. Integers have unlimited
precision, and every formula divides once, at its end.
"""

from __future__ import annotations

from pyoprollup.evm.fastlz import fastlz_size
from pyoprollup.evm.l1_block import L1FeeParams
from pyoprollup.rollup.evm_rules import L1CostFormula

__all__ = ["calldata_gas", "estimated_size", "estimated_size_scaled", "l1_cost"]

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
