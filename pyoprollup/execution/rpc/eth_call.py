"""``eth_call`` and ``eth_estimateGas``.

Specification: Ethereum JSON-RPC specification. A revert is an error with code 3 and the contract's data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyoprollup.eth.types import U64_MAX, to_hex, to_quantity
from pyoprollup.evm.call_faults import revert_reason
from pyoprollup.evm.errors import MissingStateError
from pyoprollup.evm.transaction import CallResult
from pyoprollup.execution.rpc.call_args import CallArgs
from pyoprollup.execution.rpc.calls import CallContext, CallFault
from pyoprollup.execution.rpc.chain_view import ChainView
from pyoprollup.execution.rpc.deadline import CallLimits
from pyoprollup.execution.rpc.estimate import EstimateFailed, estimate_gas
from pyoprollup.execution.rpc.overrides import account_overrides, override_block
from pyoprollup.rpc.errors import SERVER_ERROR, JsonRpcError

__all__ = ["CallMethods"]

_REVERTED = 3


class CallMethods:
    """The methods over ``view``. ``limits`` are those of a call, or of an estimate with all its attempts."""

    def __init__(self, view: ChainView, limits: CallLimits | None = None) -> None:
        self._view = view
        self._limits = limits or CallLimits()

    def methods(self) -> dict[str, Callable[..., Any]]:
        """The methods by name."""
        return {"eth_call": self._call, "eth_estimateGas": self._estimate}

    def _context(self, which: Any, overrides: Any, block_overrides: Any) -> CallContext:
        _, header = self._view.header_with_state("latest" if which is None else which)
        changed = override_block(header, block_overrides)
        accounts = account_overrides(overrides)
        deadline = self._limits.deadline()
        return CallContext(self._view, header, changed.header, accounts, changed.blob_base_fee, deadline)

    def _call(self, message: Any, which: Any = None, overrides: Any = None, block: Any = None) -> str:
        args = CallArgs.from_json(message, self._view.config.l2_chain_id)
        context = self._context(which, overrides, block)
        gas = self._limits.gas_at_most(U64_MAX // 2 if args.gas is None else args.gas)
        try:
            result = context.execute(args, gas)
        except MissingStateError as exc:
            raise _missing(exc) from exc
        except CallFault as exc:
            raise JsonRpcError(SERVER_ERROR, f"err: {exc.message} (supplied gas {gas})") from exc
        if not result.success:
            raise _failure(result)
        return to_hex(result.output)

    def _estimate(self, message: Any, which: Any = None, overrides: Any = None, block: Any = None) -> str:
        args = CallArgs.from_json(message, self._view.config.l2_chain_id)
        context = self._context(which, overrides, block)
        try:
            return to_quantity(estimate_gas(context, args, self._limits.gas_at_most(U64_MAX)))
        except MissingStateError as exc:
            raise _missing(exc) from exc
        except EstimateFailed as exc:
            raise _failure(exc.result) from exc


def _missing(error: MissingStateError) -> JsonRpcError:
    return JsonRpcError(SERVER_ERROR, f"missing trie node: {error}")


def _failure(result: CallResult) -> JsonRpcError:
    if not result.reverted:
        return JsonRpcError(SERVER_ERROR, result.fault)
    reason = revert_reason(result.output)
    text = "execution reverted" if reason is None else f"execution reverted: {reason}"
    return JsonRpcError(_REVERTED, text, to_hex(result.output))
