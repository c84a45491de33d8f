"""Calls from contract to contract, and what ends a call frame.

EIP-150 (all but one 64th of the gas), EIP-161 (new accounts), EIP-2929 (cold accounts), EIP-7702 (delegated
code). Creations and self-destructions are py-evm's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyoprollup.eth.types import Address
from pyoprollup.evm.instructions import Instruction, charge, expand, read_memory
from pyoprollup.evm.py_evm import Halt, InvalidInstruction, Message, Opcode, Revert, WriteProtection
from pyoprollup.evm.set_code import delegation_target
from pyoprollup.evm.state_instructions import access_account, to_address

if TYPE_CHECKING:
    from pyoprollup.evm.frame import Frame

    _Base = Message
else:
    _Base = object

__all__ = ["CALLS", "FINAL", "CallMessage", "by_py_evm", "invalid"]

_VALUE, _NEW_ACCOUNT, _STIPEND = 9000, 25_000, 2300
_MAX_DEPTH = 1024
_OWN_ACCOUNT = ("CALL", "STATICCALL")
"""Calls that are on the account whose code they run, which is read for a precompile as well."""


class CallMessage(_Base):
    """py-evm's message for a call, without its checks and properties."""

    __slots__ = (
        *("code", "code_address", "data", "depth", "gas", "is_delegation", "is_static", "sender"),
        *("should_transfer_value", "storage_address", "to", "value"),
    )

    create_address: Address | None = None
    is_create = False
    refund = 0

    def __init__(self, parent: Message, gas: int, data: bytes) -> None:
        """A call of ``parent`` to itself, of which the caller changes what is different."""
        self.gas, self.data, self.depth = gas, data, parent.depth + 1
        self.sender = self.to = self.storage_address = parent.storage_address
        self.is_static = parent.is_static
        self.should_transfer_value = True

    code: bytes
    code_address: Address
    is_delegation: bool
    value: int

    @property
    def data_as_bytes(self) -> bytes:
        return self.data


def _call(frame: Frame, gas: int) -> int:
    stack = frame.stack
    requested, to, value = stack.pop(), to_address(stack.pop()), stack.pop()
    if value and frame.msg.is_static:
        raise WriteProtection("CALL with a value in a static call")
    return _run(frame, gas, requested, to, value, "CALL")


def _callcode(frame: Frame, gas: int) -> int:
    stack = frame.stack
    requested, to, value = stack.pop(), to_address(stack.pop()), stack.pop()
    return _run(frame, gas, requested, to, value, "CALLCODE")


def _delegatecall(frame: Frame, gas: int) -> int:
    requested, to = frame.stack.pop(), to_address(frame.stack.pop())
    return _run(frame, gas, requested, to, 0, "DELEGATECALL")


def _staticcall(frame: Frame, gas: int) -> int:
    requested, to = frame.stack.pop(), to_address(frame.stack.pop())
    return _run(frame, gas, requested, to, 0, "STATICCALL")


def _run(frame: Frame, gas: int, requested: int, target: Address, value: int, kind: str) -> int:
    """Any call: ``target`` has the code, ``value`` is what the caller pays for."""
    stack, memory, accounts = frame.stack, frame.memory, frame.accounts
    at, size, out_at, out_size = stack.pop(), stack.pop(), stack.pop(), stack.pop()
    gas = expand(memory, out_at, out_size, expand(memory, at, size, gas))
    gas = access_account(frame, target, gas)
    code, code_address, delegate = b"", target, None
    if frame.delegations:
        code = accounts.get_code(target)
        delegate = delegation_target(code)
        if delegate is not None:
            gas = access_account(frame, delegate, gas)
            code, code_address = accounts.get_code(delegate), delegate
    if value:
        gas = charge(gas, _VALUE)
        if kind == "CALL" and accounts.account_is_empty(target):
            gas = charge(gas, _NEW_ACCOUNT)
    given = min(requested, gas - gas // 64)
    gas -= given
    if value:
        given += _STIPEND
    own = frame.msg.storage_address
    if frame.msg.depth >= _MAX_DEPTH or (value and accounts.get_balance(own) < value):
        frame.return_data = b""
        stack.append(0)
        return gas + given
    if not frame.delegations and (kind in _OWN_ACCOUNT or target not in frame.state.precompiles):
        # Only now: what a block reads is to be the same everywhere, and the reference looks no earlier.
        code = accounts.get_code(target)
    message = CallMessage(frame.msg, given, read_memory(memory, at, size))
    message.value, message.code, message.code_address = value, code, code_address
    message.is_delegation = delegate is not None
    if kind == "DELEGATECALL":
        message.sender, message.value = frame.msg.sender, frame.msg.value
        message.should_transfer_value = False
    elif kind != "CALLCODE":
        message.to = message.storage_address = target
        message.is_static = message.is_static or kind == "STATICCALL"
    child = frame.apply_message(frame.state, message, frame.transaction_context, frame)
    frame.children.append(child)
    output = frame.return_data = child.output
    stack.append(0 if child.is_error else 1)
    if out_size and output:
        size = min(out_size, len(output))
        memory[out_at : out_at + size] = output[:size]
    return gas + int(child.gas)


def _return(frame: Frame, gas: int) -> int:
    at, size = frame.stack.pop(), frame.stack.pop()
    gas = expand(frame.memory, at, size, gas)
    frame._output = read_memory(frame.memory, at, size)
    return gas


def _revert(frame: Frame, gas: int) -> int:
    frame.gas = _return(frame, gas)
    raise Revert(frame._output)


def _stop(frame: Frame, gas: int) -> int:
    del frame
    return gas


def invalid(frame: Frame, gas: int) -> int:
    """What is no instruction."""
    del frame, gas
    raise InvalidInstruction("no such instruction")


def by_py_evm(opcode: Opcode) -> Instruction:
    """An instruction as py-evm executes it, which charges its whole price itself."""
    # Around SELFDESTRUCT there is a warning that it is going to change.
    opcode = getattr(opcode, "__wrapped__", opcode)

    def run(frame: Frame, gas: int) -> int:
        frame.gas = gas
        try:
            opcode(computation=frame)
        except Halt:
            return int(frame.gas)
        return int(frame.gas)

    return run


CALLS: dict[int, tuple[int, int, Instruction]] = {
    0xF1: (7, 1, _call),
    0xF2: (7, 1, _callcode),
    0xF4: (6, 1, _delegatecall),
    0xFA: (6, 1, _staticcall),
}
FINAL: dict[int, tuple[int, int, Instruction]] = {
    0x00: (0, 0, _stop),
    0xF3: (2, 0, _return),
    0xFD: (2, 0, _revert),
}
"""Instructions that end a frame. Both as :data:`~pyoprollup.evm.instructions.INSTRUCTIONS`."""
