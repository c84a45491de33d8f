"""Gas that a transaction used in the end, after refunds (EIP-3529) and with its floor (EIP-7623)."""

from __future__ import annotations

from pyoprollup.evm.message import Outcome

__all__ = ["gas_used_after"]

_MAX_REFUND_QUOTIENT = 5


def gas_used_after(gas_limit: int, outcome: Outcome, floor: int) -> int:
    """Gas used of ``gas_limit``. The refund is capped first; the floor applies to what is left."""
    used = gas_limit - outcome.gas_left
    used -= min(outcome.refund, used // _MAX_REFUND_QUOTIENT)
    return max(used, floor)
