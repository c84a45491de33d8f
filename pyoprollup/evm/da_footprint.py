"""The DA footprint: a transaction's share of L1 data, in units of L2 gas.

Specification: protocol/jovian/exec-engine.md, DA Footprint Block Limit. The sum over a block is the header's
``blobGasUsed`` and must not exceed the gas limit. Deposits count nothing.
"""

from __future__ import annotations

from pyoprollup.evm.l1_block import L1FeeParams
from pyoprollup.evm.l1_cost import estimated_size

__all__ = ["da_footprint"]


def da_footprint(params: L1FeeParams, raw: bytes) -> int:
    """Footprint of the non-deposit transaction with these EIP-2718 bytes."""
    return estimated_size(raw) * params.da_footprint_gas_scalar
