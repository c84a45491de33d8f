"""A small assembler, and the contracts that the random blocks call."""

from __future__ import annotations

from eth.vm import opcode_values

from pyoprollup.eth.types import Address

OPCODES = {name: value for name, value in vars(opcode_values).items() if name.isupper()}
OPCODES |= {
    "TLOAD": 0x5C,
    "TSTORE": 0x5D,
    "MCOPY": 0x5E,
    "PUSH0": 0x5F,
    "BLOBHASH": 0x49,
    "BLOBBASEFEE": 0x4A,
    "CLZ": 0x1E,
}
OPCODES |= {"PREVRANDAO": 0x44, "KECCAK256": 0x20, "INVALID": 0xFE}


def push(value: int) -> bytes:
    """The shortest PUSH instruction with an operand."""
    size = max(1, (value.bit_length() + 7) // 8)
    return bytes([0x5F + size]) + value.to_bytes(size, "big")


def assemble(text: str) -> bytes:
    """Words are instructions, numbers (pushed), ``name:`` (a jump destination) and ``@name`` (its push)."""
    code, labels, uses = bytearray(), {}, {}
    for word in text.split():
        if word.endswith(":"):
            labels[word[:-1]] = len(code)
            code.append(OPCODES["JUMPDEST"])
        elif word.startswith("@"):
            uses[len(code) + 1] = word[1:]
            code += b"\x61\0\0"
        elif word[0].isdigit():
            code += push(int(word, 0))
        else:
            code.append(OPCODES[word])
    for at, name in uses.items():
        code[at : at + 2] = labels[name].to_bytes(2, "big")
    return bytes(code)


def deployment(code: bytes) -> bytes:
    """Init code that returns ``code``."""
    head = b"\x61" + len(code).to_bytes(2, "big") + b"\x80\x60\x0c\x60\0\x39\x60\0\xf3"
    return head + code


L1_BLOCK_CODE = assemble(
    """
    CALLDATASIZE 260 EQ @bedrock JUMPI
    CALLDATASIZE 164 GT @end JUMPI
    4 CALLDATALOAD 128 SHR 3 SSTORE
    20 CALLDATALOAD 128 SHR 0 SSTORE
    36 CALLDATALOAD 1 SSTORE
    68 CALLDATALOAD 7 SSTORE
    100 CALLDATALOAD 2 SSTORE
    132 CALLDATALOAD 4 SSTORE
    CALLDATASIZE 176 GT @end JUMPI
    164 CALLDATALOAD 160 SHR
    176 CALLDATALOAD 240 SHR 96 SHL OR 8 SSTORE
    end: STOP
    bedrock:
    4 CALLDATALOAD 36 CALLDATALOAD 64 SHL OR 0 SSTORE
    68 CALLDATALOAD 1 SSTORE
    100 CALLDATALOAD 2 SSTORE
    132 CALLDATALOAD 3 SSTORE
    164 CALLDATALOAD 4 SSTORE
    196 CALLDATALOAD 5 SSTORE
    228 CALLDATALOAD 6 SSTORE
    """
)
"""Writes the storage slots of the L1 attributes contract for every layout of its calldata."""


def _calling(instruction: str, value: str) -> str:
    """Calldata: gas, address, value, input. Logs whether it succeeded, what it returned, the gas left."""
    return f"""
    96 CALLDATASIZE SUB 96 0 CALLDATACOPY
    0 0 96 CALLDATASIZE SUB 0 {value} 32 CALLDATALOAD 0 CALLDATALOAD {instruction}
    RETURNDATASIZE 0 0 RETURNDATACOPY
    GAS RETURNDATASIZE 0 LOG2
    RETURNDATASIZE 0 RETURN
    """


_SOURCES = {
    "revert": "CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 REVERT",
    "loop": "again: 1 POP @again JUMP",
    # Calldata: words of slot, value, slot, value...
    "store": """
        0 again: DUP1 CALLDATASIZE GT ISZERO @end JUMPI
        DUP1 32 ADD CALLDATALOAD DUP2 CALLDATALOAD SSTORE 64 ADD @again JUMP end: STOP
        """,
    "load": "0 CALLDATALOAD SLOAD GAS 0 0 LOG2",
    # Calldata: the beneficiary.
    "destruct": "0 CALLDATALOAD SELFDESTRUCT",
    "transient": "0 TLOAD 1 ADD DUP1 0 TSTORE DUP1 GAS 0 0 LOG2 0 SSTORE",
    # Calldata: the salt, init code. Value goes with it.
    "create2": """
        32 CALLDATASIZE SUB 32 0 CALLDATACOPY
        0 CALLDATALOAD 32 CALLDATASIZE SUB 0 CALLVALUE CREATE2
        DUP1 EXTCODEHASH DUP2 EXTCODESIZE GAS 0 0 LOG4
        """,
    "create": """
        CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 CALLVALUE CREATE
        DUP1 EXTCODEHASH GAS RETURNDATASIZE 0 LOG3
        """,
    "call": _calling("CALL", "64 CALLDATALOAD"),
    "callcode": _calling("CALLCODE", "64 CALLDATALOAD"),
    "delegatecall": _calling("DELEGATECALL", ""),
    "staticcall": _calling("STATICCALL", ""),
    # Calldata: address, gas, number of zero bytes to give it.
    "zeros": "0 0 64 CALLDATALOAD 0 0 0 CALLDATALOAD 32 CALLDATALOAD CALL GAS 0 0 LOG2",
    "environment": """
        ADDRESS 0 MSTORE ORIGIN 32 MSTORE CALLER 64 MSTORE CALLVALUE 96 MSTORE GASPRICE 128 MSTORE
        COINBASE 160 MSTORE TIMESTAMP 192 MSTORE NUMBER 224 MSTORE PREVRANDAO 256 MSTORE
        GASLIMIT 288 MSTORE CHAINID 320 MSTORE SELFBALANCE 352 MSTORE BASEFEE 384 MSTORE
        ORIGIN BALANCE 416 MSTORE COINBASE BALANCE 448 MSTORE MSIZE 480 MSTORE
        0 CALLDATALOAD NUMBER SUB BLOCKHASH 512 MSTORE
        32 CALLDATALOAD DUP1 EXTCODEHASH 544 MSTORE DUP1 EXTCODESIZE 576 MSTORE BALANCE 608 MSTORE
        GAS 640 MSTORE 672 0 LOG0
        """,
    # Calldata: size of the init code, value; all zeros.
    "oversized": "0 CALLDATALOAD 0 32 CALLDATALOAD CREATE GAS 0 0 LOG2",
    "oversized2": "5 0 CALLDATALOAD 0 32 CALLDATALOAD CREATE2 GAS 0 0 LOG2",
    # Calldata: words, whose zeros are counted. Only from Karst on.
    "zeros of words": """
        0 again: DUP1 CALLDATASIZE GT ISZERO @end JUMPI
        DUP1 CALLDATALOAD CLZ GAS 0 0 LOG2 32 ADD @again JUMP end: STOP
        """,
    # Only from Ecotone on.
    "blobs": "BLOBBASEFEE 0 BLOBHASH GAS 0 0 LOG3 BLOBBASEFEE NUMBER SSTORE",
    # Calldata for the contract of EIP-2935, or of EIP-4788: address, word.
    "ask": """
        32 CALLDATALOAD 0 MSTORE 32 0 32 0 0 CALLDATALOAD GAS STATICCALL 0 MLOAD GAS 0 0 LOG3
        """,
    "nothing": "STOP",
}

CODES = {name: assemble(source) for name, source in _SOURCES.items()}

CONTRACTS = {name: Address(bytes(18) + b"\xc0" + bytes([i + 1])) for i, name in enumerate(CODES)}
"""Where each contract is in the genesis allocation."""
