"""Gas that a transaction costs before it does anything, and what it has used in the end.

EIP-2028 (data), EIP-2930 (access lists), EIP-3860 (init code), EIP-7702 (authorizations), EIP-7623 (floor),
EIP-3529 (refunds).
"""

from __future__ import annotations

from collections.abc import Sequence

from pyoprollup.eth.transactions import AccessTuple
from pyoprollup.rollup.evm_rules import BaseEvm, EvmRules

__all__ = [
    "LEAST_GAS",
    "MAX_INITCODE_SIZE",
    "floor_gas",
    "gas_used_after",
    "has_initcode_limit",
    "intrinsic_gas",
]

MAX_INITCODE_SIZE = 49_152

LEAST_GAS = 21_000
"""What any transaction costs; nothing runs with less."""
_CREATE = 32_000
_ACCESS_ADDRESS, _ACCESS_KEY = 2_400, 1_900
_AUTHORIZATION = 25_000
_MAX_REFUND_QUOTIENT = 5


def has_initcode_limit(rules: EvmRules) -> bool:
    """Whether init code is metered and limited (EIP-3860)."""
    return rules.base >= BaseEvm.SHANGHAI


def intrinsic_gas(
    rules: EvmRules,
    data: bytes,
    is_create: bool,
    access_list: Sequence[AccessTuple] = (),
    authorizations: int = 0,
) -> int:
    """Gas that the gas limit must cover for the transaction to run at all."""
    gas = LEAST_GAS + 16 * len(data) - 12 * data.count(0)
    if is_create:
        gas += _CREATE
        if has_initcode_limit(rules):
            gas += 2 * ((len(data) + 31) // 32)
    for entry in access_list:
        gas += _ACCESS_ADDRESS + _ACCESS_KEY * len(entry.storage_keys)
    return gas + _AUTHORIZATION * authorizations


def floor_gas(rules: EvmRules, data: bytes) -> int:
    """Gas that the transaction uses at least, whatever it executes; 0 before Isthmus."""
    if rules.base < BaseEvm.PRAGUE:
        return 0
    return LEAST_GAS + 10 * (4 * len(data) - 3 * data.count(0))


def gas_used_after(gas_limit: int, gas_left: int, refund: int, floor: int) -> int:
    """Gas used of ``gas_limit``. The refund is capped first; the floor applies to what is left."""
    used = gas_limit - gas_left
    used -= min(refund, used // _MAX_REFUND_QUOTIENT)
    return max(used, floor)
