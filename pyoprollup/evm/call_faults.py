"""Why a message failed, in the words of go-ethereum, and the reason that a contract reverted with."""

from __future__ import annotations

from pyoprollup.evm import py_evm

__all__ = ["fault_text", "is_out_of_gas", "is_revert", "revert_reason"]

_TEXTS: tuple[tuple[type[Exception], str], ...] = (
    (py_evm.Revert, "execution reverted"),
    (py_evm.OutOfGas, "out of gas"),
    (py_evm.InvalidInstruction, "invalid opcode"),
    (py_evm.InvalidJumpDestination, "invalid jump destination"),
    (py_evm.InsufficientStack, "stack underflow"),
    (py_evm.FullStack, "stack limit reached 1024 (1023)"),
    (py_evm.WriteProtection, "write protection"),
    (py_evm.StackDepthLimit, "max call depth exceeded"),
    (py_evm.InsufficientFunds, "insufficient balance for transfer"),
    (py_evm.ContractCreationCollision, "contract address collision"),
    (py_evm.OutOfBoundsRead, "return data out of bounds"),
    (py_evm.ReservedBytesInCode, "invalid code: must not begin with 0xef"),
)
_ERROR_SELECTOR, _PANIC_SELECTOR = bytes.fromhex("08c379a0"), bytes.fromhex("4e487b71")
_PANICS = {
    0x00: "generic panic",
    0x01: "assert(false)",
    0x11: "arithmetic underflow or overflow",
    0x12: "division or modulo by zero",
    0x21: "enum overflow",
    0x22: "invalid encoded storage byte array accessed",
    0x31: "out-of-bounds array access; popping on an empty array",
    0x32: "out-of-bounds access of an array or bytesN",
    0x41: "out of memory",
    0x51: "uninitialized function",
}


def is_revert(error: Exception | None) -> bool:
    """Whether a contract gave up by itself."""
    return isinstance(error, py_evm.Revert)


def is_out_of_gas(error: Exception | None) -> bool:
    """Whether more gas might have helped."""
    return isinstance(error, py_evm.OutOfGas)


def fault_text(error: Exception | None) -> str:
    """What went wrong; empty if nothing did."""
    if error is None:
        return ""
    return next((text for kind, text in _TEXTS if isinstance(error, kind)), str(error) or "execution failed")


def revert_reason(output: bytes) -> str | None:
    """The text that Solidity put into the data of a revert, ``None`` if there is none."""
    selector, body = output[:4], output[4:]
    if selector == _PANIC_SELECTOR and len(body) >= 32:
        code = int.from_bytes(body[:32], "big")
        return _PANICS.get(code, f"unknown panic code: {code:#x}")
    if selector != _ERROR_SELECTOR or len(body) < 64:
        return None
    start = int.from_bytes(body[:32], "big")
    if start + 32 > len(body):
        return None
    size = int.from_bytes(body[start : start + 32], "big")
    text = body[start + 32 : start + 32 + size]
    return text.decode("utf-8", "replace") if len(text) == size else None
