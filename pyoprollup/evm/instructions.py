"""What single instructions do, but for the few that the interpreter's loop has itself.

An instruction takes its operands from ``frame.stack``, and takes and returns the gas that is left. The gas
that it always costs, and whether the stack is high enough, has been seen to before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pyoprollup.eth.crypto import keccak256
from pyoprollup.evm.py_evm import OutOfBoundsRead, OutOfGas, WriteProtection

if TYPE_CHECKING:
    from pyoprollup.evm.frame import Frame

__all__ = ["BINARY", "INSTRUCTIONS", "Instruction", "charge", "expand", "read_memory"]

Instruction = Callable[["Frame", int], int]

_WORD = (1 << 256) - 1
_SIGN = 1 << 255


def charge(gas: int, price: int) -> int:
    """What is left of ``gas``."""
    if gas < price:
        raise OutOfGas(f"{price} gas needed, {gas} left")
    return gas - price


def expand(memory: bytearray, at: int, size: int, gas: int) -> int:
    """Make sure of memory up to ``at + size``; returns the gas that is left after paying for it."""
    end, now = at + size, len(memory)
    if end <= now or not size:
        return gas
    words, before = (end + 31) >> 5, now >> 5
    gas = charge(gas, 3 * (words - before) + words * words // 512 - before * before // 512)
    memory.extend(bytes(32 * words - now))
    return gas


def read_memory(memory: bytearray, at: int, size: int) -> bytes:
    """Memory that is there already."""
    return bytes(memory[at : at + size]) if size else b""


# --- Arithmetic and bits; ``a`` is from the top of the stack


def _signed(value: int) -> int:
    return value - (1 << 256) if value & _SIGN else value


def _sdiv(a: int, b: int) -> int:
    if not b:
        return 0
    x, y = _signed(a), _signed(b)
    quotient = abs(x) // abs(y)
    return (quotient if (x < 0) == (y < 0) else -quotient) & _WORD


def _smod(a: int, b: int) -> int:
    if not b:
        return 0
    x = _signed(a)
    rest = abs(x) % abs(_signed(b))
    return (-rest if x < 0 else rest) & _WORD


def _signextend(size: int, value: int) -> int:
    if size > 30:
        return value
    sign = 1 << (8 * size + 7)
    return value | _WORD - sign + 1 if value & sign else value & (sign - 1)


BINARY: dict[int, Callable[[int, int], int]] = {
    0x01: lambda a, b: a + b & _WORD,
    0x02: lambda a, b: a * b & _WORD,
    0x03: lambda a, b: a - b & _WORD,
    0x04: lambda a, b: a // b if b else 0,
    0x05: _sdiv,
    0x06: lambda a, b: a % b if b else 0,
    0x07: _smod,
    0x0B: _signextend,
    0x10: lambda a, b: 1 if a < b else 0,
    0x11: lambda a, b: 1 if a > b else 0,
    # Flipping the sign bits makes the signed order the unsigned one.
    0x12: lambda a, b: 1 if a ^ _SIGN < b ^ _SIGN else 0,
    0x13: lambda a, b: 1 if a ^ _SIGN > b ^ _SIGN else 0,
    0x14: lambda a, b: 1 if a == b else 0,
    0x16: lambda a, b: a & b,
    0x17: lambda a, b: a | b,
    0x18: lambda a, b: a ^ b,
    0x1A: lambda a, b: b >> 8 * (31 - a) & 0xFF if a < 32 else 0,
    0x1B: lambda a, b: b << a & _WORD if a < 256 else 0,
    0x1C: lambda a, b: b >> a if a < 256 else 0,
    0x1D: lambda a, b: _signed(b) >> min(a, 256) & _WORD,
}
"""Pure functions of two operands, by instruction."""


def _not(frame: Frame, gas: int) -> int:
    frame.stack[-1] ^= _WORD
    return gas


def _clz(frame: Frame, gas: int) -> int:
    """EIP-7939: how many zero bits a word begins with."""
    frame.stack[-1] = 256 - frame.stack[-1].bit_length()
    return gas


def _addmod(frame: Frame, gas: int) -> int:
    pop = frame.stack.pop
    a, b, modulus = pop(), pop(), pop()
    frame.stack.append((a + b) % modulus if modulus else 0)
    return gas


def _mulmod(frame: Frame, gas: int) -> int:
    pop = frame.stack.pop
    a, b, modulus = pop(), pop(), pop()
    frame.stack.append(a * b % modulus if modulus else 0)
    return gas


def _exp(frame: Frame, gas: int) -> int:
    base, exponent = frame.stack.pop(), frame.stack.pop()
    gas = charge(gas, 50 * ((exponent.bit_length() + 7) // 8))
    frame.stack.append(pow(base, exponent, 1 << 256))
    return gas


# --- Memory, data and code


def _keccak(frame: Frame, gas: int) -> int:
    stack, memory = frame.stack, frame.memory
    at, size = stack.pop(), stack.pop()
    gas = charge(expand(memory, at, size, gas), 6 * ((size + 31) >> 5))
    stack.append(int.from_bytes(keccak256(read_memory(memory, at, size)), "big"))
    return gas


def _mstore8(frame: Frame, gas: int) -> int:
    at, value = frame.stack.pop(), frame.stack.pop()
    gas = expand(frame.memory, at, 1, gas)
    frame.memory[at] = value & 0xFF
    return gas


def _mcopy(frame: Frame, gas: int) -> int:
    stack, memory = frame.stack, frame.memory
    to, source, size = stack.pop(), stack.pop(), stack.pop()
    gas = charge(expand(memory, max(to, source), size, gas), 3 * ((size + 31) >> 5))
    if size:
        memory[to : to + size] = memory[source : source + size]
    return gas


def copy_to_memory(frame: Frame, gas: int, source: bytes) -> int:
    """Copy from ``source``, whose end zeros follow; the operands are on the stack."""
    stack, memory = frame.stack, frame.memory
    to, at, size = stack.pop(), stack.pop(), stack.pop()
    gas = charge(expand(memory, to, size, gas), 3 * ((size + 31) >> 5))
    if size:
        memory[to : to + size] = source[at : at + size].ljust(size, b"\x00")
    return gas


def _returndatacopy(frame: Frame, gas: int) -> int:
    at, size = frame.stack[-2], frame.stack[-3]
    if at + size > len(frame.return_data):
        raise OutOfBoundsRead(f"{size} bytes at {at} of {len(frame.return_data)} bytes returned")
    return copy_to_memory(frame, gas, frame.return_data)


def _calldataload(frame: Frame, gas: int) -> int:
    at = frame.stack.pop()
    frame.stack.append(int.from_bytes(frame.msg.data[at : at + 32].ljust(32, b"\x00"), "big"))
    return gas


# --- Logs


def _log(count: int) -> Instruction:
    def log(frame: Frame, gas: int) -> int:
        if frame.msg.is_static:
            raise WriteProtection("LOG in a static call")
        pop = frame.stack.pop
        at, size = pop(), pop()
        topics = tuple([pop() for _ in range(count)])
        gas = expand(frame.memory, at, size, charge(gas, 8 * size + 375 * count))
        number = next(frame.transaction_context.log_numbers)
        data = read_memory(frame.memory, at, size)
        frame.logs.append((number, frame.msg.storage_address, topics, data))
        return gas

    return log


# --- What a frame can read of its surroundings


def _word(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _reading(read: Callable[[Frame], int]) -> Instruction:
    def push(frame: Frame, gas: int) -> int:
        frame.stack.append(read(frame))
        return gas

    return push


def _blockhash(frame: Frame, gas: int) -> int:
    frame.stack.append(_word(frame.state.get_ancestor_hash(frame.stack.pop())))
    return gas


def _blobhash(frame: Frame, gas: int) -> int:
    hashes, index = frame.transaction_context.blob_hashes, frame.stack[-1]
    frame.stack[-1] = _word(hashes[index]) if index < len(hashes) else 0
    return gas


_READS: dict[int, Callable[[Frame], int]] = {
    0x30: lambda frame: _word(frame.msg.storage_address),
    0x32: lambda frame: _word(frame.transaction_context.origin),
    0x33: lambda frame: _word(frame.msg.sender),
    0x34: lambda frame: frame.msg.value,
    0x36: lambda frame: len(frame.msg.data),
    0x38: lambda frame: len(frame.msg.code),
    0x3A: lambda frame: frame.transaction_context.gas_price,
    0x3D: lambda frame: len(frame.return_data),
    0x41: lambda frame: _word(frame.state.coinbase),
    0x42: lambda frame: frame.state.timestamp,
    0x43: lambda frame: frame.state.block_number,
    0x44: lambda frame: _word(frame.state.mix_hash),
    0x45: lambda frame: frame.state.gas_limit,
    0x46: lambda frame: frame.state.chain_id,
    0x47: lambda frame: frame.accounts.get_balance(frame.msg.storage_address),
    0x48: lambda frame: frame.state.base_fee,
    0x4A: lambda frame: frame.state.blob_base_fee,
    0x59: lambda frame: len(frame.memory),
}

INSTRUCTIONS: dict[int, tuple[int, int, Instruction]] = {
    0x08: (3, 1, _addmod),
    0x09: (3, 1, _mulmod),
    0x0A: (2, 1, _exp),
    0x19: (1, 1, _not),
    0x1E: (1, 1, _clz),
    0x20: (2, 1, _keccak),
    0x35: (1, 1, _calldataload),
    0x37: (3, 0, lambda frame, gas: copy_to_memory(frame, gas, frame.msg.data)),
    0x39: (3, 0, lambda frame, gas: copy_to_memory(frame, gas, frame.msg.code)),
    0x3E: (3, 0, _returndatacopy),
    0x40: (1, 1, _blockhash),
    0x49: (1, 1, _blobhash),
    0x53: (2, 0, _mstore8),
    0x5E: (3, 0, _mcopy),
    **{0xA0 + count: (2 + count, 0, _log(count)) for count in range(5)},
    **{op: (0, 1, _reading(read)) for op, read in _READS.items()},
}
"""How many operands an instruction takes and how many results it leaves, and what it does."""
