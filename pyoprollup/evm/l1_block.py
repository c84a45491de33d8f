"""The fee parameters that the ``L1Block`` predeploy keeps, as storage words.

Specification: protocol/exec-engine.md, L1-Cost fees (L1 Fee Vault); the packed words are big-endian:

* slot 3: base fee scalar ``[16:20]``, blob base fee scalar ``[20:24]`` (Ecotone);
* slot 8: DA footprint gas scalar ``[18:20]`` (Jovian), operator fee scalar ``[20:24]`` and constant
  ``[24:32]`` (Isthmus). The text of the specification names other offsets; these are the contract's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pyoprollup.rollup.evm_rules import L1CostFormula

__all__ = ["L1FeeParams", "read_l1_fee_params"]

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
