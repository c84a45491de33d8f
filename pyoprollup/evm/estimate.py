"""The least gas limit with which a message succeeds, found by halving.

It is go-ethereum's search, which stops when it is within 1.5 % and prefers low limits.
"""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.evm.transaction import CallResult

__all__ = ["TRANSFER_GAS", "least_gas"]

TRANSFER_GAS = 21_000
"""What a transfer to an account without code takes."""
_CALL_STIPEND = 2_300
_ERROR_RATIO = 0.015


def least_gas(result: CallResult, high: int, succeeds: Callable[[int], bool]) -> int:
    """The limit, which is at most ``high``: with that much the message succeeded, with ``result``.

    ``succeeds`` runs it once more with another limit.
    """
    low = result.gas_used - 1
    optimistic = (result.max_gas_used + _CALL_STIPEND) * 64 // 63
    if optimistic < high:
        if succeeds(optimistic):
            high = optimistic
        else:
            low = optimistic
    while low + 1 < high and (high - low) / high >= _ERROR_RATIO:
        middle = min((low + high) // 2, low * 2)
        if succeeds(middle):
            high = middle
        else:
            low = middle
    return high
