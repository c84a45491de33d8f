"""Executing a message on top of a block of the embedded L1, without a transaction."""

from __future__ import annotations

from pyoprollup.evm.call_faults import revert_reason
from pyoprollup.evm.estimate import TRANSFER_GAS, least_gas
from pyoprollup.evm.gas import floor_gas, intrinsic_gas
from pyoprollup.evm.message import Call
from pyoprollup.evm.transaction import CallResult, run_message
from pyoprollup.l1.embedded.block import L1Block
from pyoprollup.l1.embedded.chain import EmbeddedChain
from pyoprollup.l1.embedded.fees import GAS_PER_BLOB
from pyoprollup.sources.l1 import CallFailed, CallMsg, ExecutionReverted
from pyoprollup.txmgr.errors import InsufficientFundsError

__all__ = ["call", "estimate_gas"]


def call(l1: EmbeddedChain, msg: CallMsg, block: L1Block) -> bytes:
    """What ``msg`` returns on top of ``block``; raises :class:`CallFailed`."""
    return _checked(_execute(l1, msg, msg.gas or l1.config.gas_limit, block)).output


def estimate_gas(l1: EmbeddedChain, msg: CallMsg) -> int:
    """The least gas limit, to 1.5 %, with which ``msg`` succeeds on top of the head.

    Raises :class:`CallFailed` if it fails whatever the limit, and
    :class:`InsufficientFundsError` if the sender cannot pay.
    """
    _check_funds(l1, msg)
    high = msg.gas or l1.config.gas_limit
    result = _checked(_execute(l1, msg, high))
    if not msg.data and msg.to is not None and result.gas_used == TRANSFER_GAS:
        return TRANSFER_GAS
    return least_gas(result, high, lambda gas: _succeeds(l1, msg, gas))


def _check_funds(l1: EmbeddedChain, msg: CallMsg) -> None:
    needed = msg.value + GAS_PER_BLOB * len(msg.blob_hashes) * msg.blob_fee_cap
    have = l1.accounts().balance(msg.from_)
    if have < needed:
        raise InsufficientFundsError(f"{InsufficientFundsError.text}: have {have} want {needed}")


def _checked(result: CallResult | None) -> CallResult:
    if result is None:
        raise CallFailed("intrinsic gas too low")
    if result.reverted:
        reason = revert_reason(result.output)
        text = "execution reverted" if reason is None else f"execution reverted: {reason}"
        raise ExecutionReverted(text, result.output)
    if not result.success:
        raise CallFailed(result.fault)
    return result


def _succeeds(l1: EmbeddedChain, msg: CallMsg, gas: int) -> bool:
    result = _execute(l1, msg, gas)
    return result is not None and result.success


def _execute(l1: EmbeddedChain, msg: CallMsg, gas: int, block: L1Block | None = None) -> CallResult | None:
    """``None`` if ``gas`` is too little for anything. Nobody pays fees."""
    rules = l1.config.rules.evm
    intrinsic, floor = intrinsic_gas(rules, msg.data, msg.to is None), floor_gas(rules, msg.data)
    if gas < max(intrinsic, floor):
        return None
    state = l1.state(block)
    nonce = state.get_nonce(msg.from_)
    if msg.value > state.get_balance(msg.from_):
        raise InsufficientFundsError("insufficient funds for gas * price + value: the value alone is more")
    message = Call(msg.from_, msg.to, msg.value, msg.data, gas, nonce, blob_hashes=msg.blob_hashes)
    return CallResult.of(run_message(state, rules, l1.config.chain_id, message, intrinsic))
