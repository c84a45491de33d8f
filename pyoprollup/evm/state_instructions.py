"""Instructions that read and change accounts and storage.

EIP-2929 (what is warm costs less), EIP-2200 and EIP-3529 (SSTORE), EIP-1153 (transient storage).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyoprollup.eth.types import Address
from pyoprollup.evm.instructions import Instruction, charge, copy_to_memory
from pyoprollup.evm.py_evm import OutOfGas, WriteProtection

if TYPE_CHECKING:
    from pyoprollup.evm.frame import Frame

__all__ = ["STATE_INSTRUCTIONS", "access_account", "sstore", "to_address"]

_WARM, _COLD_SLOT, _COLD_ACCOUNT = 100, 2100, 2600
_STIPEND = 2300
_SET, _RESET = 20_000, 5000 - _COLD_SLOT
_CLEARED = 4800
_ADDRESS_BITS = (1 << 160) - 1


def to_address(word: int) -> Address:
    """The address in the low 20 bytes of a word."""
    return Address((word & _ADDRESS_BITS).to_bytes(20, "big"))


def access_account(frame: Frame, address: Address, gas: int) -> int:
    """Pay for access to an account, which is warm from now on."""
    if frame.accounts.is_address_warm(address) or address in frame.state.precompiles:
        return charge(gas, _WARM)
    frame.accounts.mark_address_warm(address)
    return charge(gas, _COLD_ACCOUNT)


def _sload(frame: Frame, gas: int) -> int:
    address, slot, accounts = frame.msg.storage_address, frame.stack.pop(), frame.accounts
    if accounts.is_storage_warm(address, slot):
        gas = charge(gas, _WARM)
    else:
        accounts.mark_storage_warm(address, slot)
        gas = charge(gas, _COLD_SLOT)
    frame.stack.append(accounts.get_storage(address, slot))
    return gas


def sstore(frame: Frame, gas: int) -> int:
    """SSTORE, which has to know exactly how much gas is left."""
    if frame.msg.is_static:
        raise WriteProtection("SSTORE in a static call")
    if gas <= _STIPEND:
        raise OutOfGas(f"SSTORE with {gas} gas left")
    address, accounts = frame.msg.storage_address, frame.accounts
    slot, value = frame.stack.pop(), frame.stack.pop()
    current = accounts.get_storage(address, slot)
    price = _WARM
    if current != value:
        original = accounts.get_storage(address, slot, from_journal=False)
        if original == current:
            price = _RESET if original else _SET
        frame.refund_gas(_refund(original, current, value))
    if not accounts.is_storage_warm(address, slot):
        accounts.mark_storage_warm(address, slot)
        price += _COLD_SLOT
    gas = charge(gas, price)
    if current != value:
        accounts.set_storage(address, slot, value)
    return gas


def _refund(original: int, current: int, value: int) -> int:
    """What a change from ``current`` to ``value`` gives back; negative to take back what was given."""
    refund = 0
    if original:
        if not value:
            refund += _CLEARED
        elif not current:
            refund -= _CLEARED
    if original == value:
        refund += (_RESET if original else _SET) - _WARM
    return refund


def _tload(frame: Frame, gas: int) -> int:
    stack = frame.stack
    stack.append(frame.accounts.get_transient(frame.msg.storage_address, stack.pop()))
    return gas


def _tstore(frame: Frame, gas: int) -> int:
    if frame.msg.is_static:
        raise WriteProtection("TSTORE in a static call")
    slot, value = frame.stack.pop(), frame.stack.pop()
    frame.accounts.set_transient(frame.msg.storage_address, slot, value)
    return gas


def _balance(frame: Frame, gas: int) -> int:
    address = to_address(frame.stack.pop())
    gas = access_account(frame, address, gas)
    frame.stack.append(frame.accounts.get_balance(address))
    return gas


def _extcodesize(frame: Frame, gas: int) -> int:
    address = to_address(frame.stack.pop())
    gas = access_account(frame, address, gas)
    frame.stack.append(len(frame.accounts.get_code(address)))
    return gas


def _extcodecopy(frame: Frame, gas: int) -> int:
    address = to_address(frame.stack.pop())
    gas = access_account(frame, address, gas)
    return copy_to_memory(frame, gas, frame.accounts.get_code(address))


def _extcodehash(frame: Frame, gas: int) -> int:
    address, accounts = to_address(frame.stack.pop()), frame.accounts
    gas = access_account(frame, address, gas)
    empty = accounts.account_is_empty(address)
    frame.stack.append(0 if empty else int.from_bytes(accounts.get_code_hash(address), "big"))
    return gas


STATE_INSTRUCTIONS: dict[int, tuple[int, int, Instruction]] = {
    0x31: (1, 1, _balance),
    0x3B: (1, 1, _extcodesize),
    0x3C: (4, 0, _extcodecopy),
    0x3F: (1, 1, _extcodehash),
    0x54: (1, 1, _sload),
    0x5C: (1, 1, _tload),
    0x5D: (2, 0, _tstore),
}
"""As :data:`~pyoprollup.evm.instructions.INSTRUCTIONS`."""
