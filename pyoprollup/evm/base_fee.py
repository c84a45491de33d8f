"""The base fee of a block, from its parent.

Specification: protocol/exec-engine.md, 1559 Parameters; protocol/holocene/exec-engine.md, Base Fee
Computation; protocol/jovian/exec-engine.md, Minimum Base Fee. The formula is EIP-1559's.
"""

from __future__ import annotations

from pyoprollup.eth.headers import Header
from pyoprollup.evm.errors import BlockFault, InvalidBlock
from pyoprollup.evm.extra_data import (
    chain_fee_params,
    decode_extra_data,
    required_chain_op_config,
)
from pyoprollup.rollup.chain_op_config import ChainOpConfig
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.rules import Rules
from pyoprollup.rollup.time import L2Time

__all__ = ["base_fee_at", "next_base_fee"]


def base_fee_at(config: RollupConfig, parent: Header, time: int) -> int:
    """Base fee in wei of a child of ``parent`` with this timestamp.

    Raises what :func:`next_base_fee` does, and ``ConfigError`` for a configuration that does not do for
    execution.
    """
    rules, parent_rules = (config.rules_at_l2(L2Time(at)) for at in (time, parent.time))
    return next_base_fee(required_chain_op_config(config), rules, parent_rules, parent)


def next_base_fee(chain: ChainOpConfig, rules: Rules, parent_rules: Rules, parent: Header) -> int:
    """Base fee in wei of the child of ``parent``; ``rules`` are the child's.

    Once the parent carries parameters they are used; before, the chain's, as they are at the time of
    the child. Raises :class:`InvalidBlock` for a parent that no valid chain has.
    """
    params = decode_extra_data(parent_rules, parent.extra_data) if parent_rules.eip1559_params else None
    if params is None:
        params = chain_fee_params(chain, rules)
    metered = parent.gas_used
    if parent_rules.da_footprint:
        metered = max(metered, parent.blob_gas_used or 0)
    target = parent.gas_limit // params.elasticity if params.elasticity else 0
    if not target or not params.denominator:
        raise InvalidBlock(BlockFault.BASE_FEE, "the parent's gas target or the denominator is zero")
    fee = parent.base_fee or 0
    if metered > target:
        fee += max(fee * (metered - target) // target // params.denominator, 1)
    elif metered < target:
        fee = max(fee - fee * (target - metered) // target // params.denominator, 0)
    return max(fee, params.min_base_fee)
