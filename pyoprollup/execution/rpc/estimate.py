"""``eth_estimateGas``: where the search for the least gas limit begins, and what is said if there is none."""

from __future__ import annotations

from dataclasses import replace

from pyoprollup.eth.types import U64_MAX
from pyoprollup.evm.estimate import TRANSFER_GAS, least_gas
from pyoprollup.evm.transaction import CallResult
from pyoprollup.execution.rpc.call_args import CallArgs
from pyoprollup.execution.rpc.calls import CallContext, CallFault, IntrinsicGasTooLow
from pyoprollup.rpc.errors import SERVER_ERROR, JsonRpcError

__all__ = ["EstimateFailed", "estimate_gas"]


class EstimateFailed(Exception):
    """The message fails with any gas limit; ``result`` says how."""

    def __init__(self, result: CallResult) -> None:
        super().__init__(result.fault)
        self.result = result


def estimate_gas(context: CallContext, args: CallArgs, gas_cap: int) -> int:
    """The gas limit; never more than ``gas_cap``.

    Raises :class:`EstimateFailed`, and :class:`JsonRpcError` if it cannot be executed at all.
    """
    highest = _highest_limit(context, args, gas_cap)
    if _is_plain_transfer(context, args):
        return TRANSFER_GAS
    result = _attempt(context, args, highest)
    if result is None or (not result.success and result.out_of_gas):
        raise JsonRpcError(SERVER_ERROR, f"gas required exceeds allowance ({highest})")
    if not result.success:
        raise EstimateFailed(result)
    return least_gas(result, highest, lambda gas: _succeeds(context, args, gas))


def _is_plain_transfer(context: CallContext, args: CallArgs) -> bool:
    if args.data or args.to is None or context.has_code(args.to):
        return False
    try:
        return _succeeds(context, args, TRANSFER_GAS)
    except CallFault:
        return False  # the next attempt, with more gas, says what is wrong


def _highest_limit(context: CallContext, args: CallArgs, gas_cap: int) -> int:
    limit = context.header.gas_limit
    if args.gas is not None and args.gas >= TRANSFER_GAS:
        limit = args.gas
    if (cap := context.rules.evm.tx_gas_cap) is not None:
        limit = min(limit, cap)
    if args.fee_cap:
        balance = context.balance(args.sender)
        if args.value and args.value >= balance:
            raise CallFault("insufficient funds for transfer")
        allowance = (balance - args.value) // args.fee_cap
        if allowance <= U64_MAX:
            limit = min(limit, allowance)
    return min(limit, gas_cap)


def _attempt(context: CallContext, args: CallArgs, gas: int) -> CallResult | None:
    """What comes of it with this gas limit; ``None`` if that is too low for anything."""
    try:
        return context.execute(replace(args, gas=gas), gas)
    except IntrinsicGasTooLow:
        return None
    except CallFault as exc:
        raise CallFault(f"failed with {gas} gas: {exc.message}") from exc


def _succeeds(context: CallContext, args: CallArgs, gas: int) -> bool:
    result = _attempt(context, args, gas)
    return result is not None and result.success
