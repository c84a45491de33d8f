"""What payload attributes must have, by the fork of their time, before anything else is looked at.

Specification: protocol/exec-engine.md, Extended PayloadAttributesV3; protocol/holocene/exec-engine.md;
protocol/jovian/exec-engine.md. What needs the parent or the state is checked by building the block.
"""

from __future__ import annotations

from pyoprollup.engine.errors import InvalidPayloadAttributes
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.time import L2Time

__all__ = ["check_attributes"]


def check_attributes(config: RollupConfig, attributes: PayloadAttributes) -> None:
    """Raise :class:`InvalidPayloadAttributes` unless all fields of the fork are there, and no others."""
    rules = config.rules_at_l2(L2Time(attributes.timestamp))
    _check_presence("withdrawals", attributes.withdrawals is not None, rules.withdrawals)
    _check_presence(
        "parent beacon block root",
        attributes.parent_beacon_block_root is not None,
        rules.parent_beacon_block_root,
    )
    if attributes.gas_limit is None:
        raise InvalidPayloadAttributes("gas limit: must be present")
    if attributes.withdrawals:
        raise InvalidPayloadAttributes("withdrawals: L2 blocks have none")
    params = attributes.eip1559_params
    _check_presence("EIP-1559 parameters", bool(params), rules.eip1559_params)
    if params and (len(params) != 8 or any(params[:4]) != any(params[4:])):
        raise InvalidPayloadAttributes(f"EIP-1559 parameters: 0x{params[:40].hex()} is malformed")
    _check_presence("minimum base fee", attributes.min_base_fee is not None, rules.min_base_fee)


def _check_presence(name: str, present: bool, expected: bool) -> None:
    if present != expected:
        raise InvalidPayloadAttributes(f"{name}: must {'be present' if expected else 'be absent'}")
