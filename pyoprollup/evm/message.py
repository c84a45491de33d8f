"""One call or contract creation at the top of a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyoprollup.eth.receipts import Log
from pyoprollup.eth.transactions import AccessTuple, contract_address
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.frame import Frame
from pyoprollup.evm.py_evm import ContractCreationCollision, Message, VMError
from pyoprollup.evm.set_code import delegation_target
from pyoprollup.evm.state import State, TransactionContext
from pyoprollup.rollup.evm_rules import BaseEvm, EvmRules

__all__ = ["Call", "Outcome", "finish", "run", "system_call"]


@dataclass(frozen=True, slots=True)
class Call:
    """What to run. ``nonce`` is the sender's before the transaction, ``gas`` what is left after the
    intrinsic gas, ``refund`` what is owed already (EIP-7702). Amounts in wei."""

    sender: Address
    to: Address | None
    value: int
    data: bytes
    gas: int
    nonce: int
    gas_price: int = 0
    access_list: Sequence[AccessTuple] = ()
    refund: int = 0
    blob_hashes: Sequence[Hash32] = ()
    """Versioned hashes of the blobs that the transaction carries, for BLOBHASH; there are none on L2."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: ``gas_left`` and the refund counter, not yet capped."""

    success: bool
    output: bytes
    """What was returned, or reverted with."""
    gas_left: int
    refund: int
    logs: tuple[Log, ...]
    error: VMError | None
    frame: Frame
    """The outermost, for :func:`finish`."""


def run(state: State, rules: EvmRules, call: Call) -> Outcome:
    """Run ``call``. The sender can pay its value, and its nonce is incremented already."""
    message = _message(state, rules, call)
    state.mark_address_warm(call.sender)
    state.mark_address_warm(message.storage_address)
    for address, keys in call.access_list:
        state.mark_address_warm(address)
        for key in keys:
            state.mark_storage_warm(address, int.from_bytes(key, "big"))
    context = state.transaction_context(call.sender, call.gas_price, call.blob_hashes)
    frame = _apply(state, message, context)
    logs = tuple(
        Log(Address(address), tuple(Hash32(topic.to_bytes(32, "big")) for topic in topics), data)
        for address, topics, data in frame.get_log_entries()
    )
    return Outcome(
        success=frame.is_success,
        output=frame.output,
        gas_left=frame.get_gas_remaining(),
        refund=frame.get_gas_refund(),
        logs=logs,
        error=frame.error if frame.is_error else None,
        frame=frame,
    )


def _message(state: State, rules: EvmRules, call: Call) -> Message:
    if call.to is None:
        return Message(
            gas=call.gas,
            to=Address(b""),
            sender=call.sender,
            value=call.value,
            data=b"",
            code=call.data,
            create_address=contract_address(call.sender, call.nonce),
            refund=call.refund,
        )
    code = state.get_code(call.to)
    target = delegation_target(code) if rules.base >= BaseEvm.PRAGUE else None
    if target is not None:
        state.mark_address_warm(target)
        code = state.get_code(target)
    return Message(
        gas=call.gas,
        to=call.to,
        sender=call.sender,
        value=call.value,
        data=call.data,
        code=code,
        is_delegation=target is not None,
        refund=call.refund,
    )


def _apply(state: State, message: Message, context: TransactionContext) -> Frame:
    if not message.is_create:
        return state.frame_class.apply_message(state, message, context)
    if state.has_code_or_nonce(message.storage_address):
        frame = state.frame_class(state, message, context)
        frame.error = ContractCreationCollision("the address of the new contract is taken")
        return frame
    return state.frame_class.apply_create_message(state, message, context)


def finish(state: State, outcome: Outcome) -> None:
    """What happens to accounts at the end of a transaction: self-destruction, and the removal of
    touched accounts that are empty (EIP-161)."""
    for address in outcome.frame.get_accounts_for_deletion():
        state.delete_account(address)
    for address in _touched(outcome.frame):
        if state.account_exists(address) and state.account_is_empty(address):
            state.delete_account(address)


def _touched(top: Frame) -> set[Address]:
    """Accounts that were called, or got a self-destructed account's balance, in frames that succeeded.

    py-evm's collection counts the fee recipient in always, which would be one account more to
    read for a block of deposits alone.
    """
    touched: set[Address] = set()
    frames = [top]
    while frames:
        frame = frames.pop()
        if frame.is_error:
            continue
        touched.update(frame.beneficiaries)
        if not frame.msg.is_create:
            touched.add(frame.msg.to)
        frames.extend(frame.children)
    return touched


def system_call(state: State, rules: EvmRules, sender: Address, to: Address, data: bytes) -> None:
    """A call by the protocol itself, outside of any transaction; nothing happens if ``to`` has no code."""
    if not state.get_code(to):
        return
    state.lock_changes()
    outcome = run(state, rules, Call(sender, to, 0, data, 30_000_000, 0))
    finish(state, outcome)
