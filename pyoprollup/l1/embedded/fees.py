"""How L1's fees follow from the parent block.

EIP-1559 (elasticity 2, denominator 8) and EIP-4844 with the parameters of EIP-7691.
"""

from __future__ import annotations

from pyoprollup.eth.headers import Header
from pyoprollup.rollup.l1_chain_config import BlobParams

__all__ = ["GAS_PER_BLOB", "next_base_fee", "next_excess_blob_gas"]

GAS_PER_BLOB = 1 << 17

_ELASTICITY = 2
_DENOMINATOR = 8


def next_base_fee(parent: Header) -> int:
    """Base fee in wei of the child of ``parent``."""
    fee, target = parent.base_fee or 0, parent.gas_limit // _ELASTICITY
    if parent.gas_used > target:
        return fee + max(fee * (parent.gas_used - target) // target // _DENOMINATOR, 1)
    return fee - fee * (target - parent.gas_used) // target // _DENOMINATOR


def next_excess_blob_gas(parent: Header, params: BlobParams) -> int:
    """Excess blob gas of the child of ``parent``."""
    total = (parent.excess_blob_gas or 0) + (parent.blob_gas_used or 0)
    return max(total - params.target * GAS_PER_BLOB, 0)
