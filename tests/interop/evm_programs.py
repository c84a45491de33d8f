"""Random EVM programs that mostly do not stop at once."""

from __future__ import annotations

import random
from collections.abc import Sequence

from pyoprollup.eth.types import Address
from tests.interop.evm_asm import OPCODES, push

# Instruction: words taken from the stack, words put there.
_PLAIN = {
    "ADD": (2, 1), "MUL": (2, 1), "SUB": (2, 1), "DIV": (2, 1), "SDIV": (2, 1), "MOD": (2, 1), "SMOD": (2, 1),
    "ADDMOD": (3, 1), "MULMOD": (3, 1), "EXP": (2, 1), "SIGNEXTEND": (2, 1), "LT": (2, 1), "GT": (2, 1),
    "SLT": (2, 1), "SGT": (2, 1), "EQ": (2, 1), "ISZERO": (1, 1), "AND": (2, 1), "OR": (2, 1), "XOR": (2, 1),
    "NOT": (1, 1), "BYTE": (2, 1), "SHL": (2, 1), "SHR": (2, 1), "SAR": (2, 1), "ADDRESS": (0, 1),
    "ORIGIN": (0, 1), "CALLER": (0, 1), "CALLVALUE": (0, 1), "CALLDATASIZE": (0, 1), "CODESIZE": (0, 1),
    "GASPRICE": (0, 1), "RETURNDATASIZE": (0, 1), "COINBASE": (0, 1), "TIMESTAMP": (0, 1), "NUMBER": (0, 1),
    "PREVRANDAO": (0, 1), "GASLIMIT": (0, 1), "CHAINID": (0, 1), "SELFBALANCE": (0, 1), "BASEFEE": (0, 1),
    "PC": (0, 1), "MSIZE": (0, 1), "GAS": (0, 1), "POP": (1, 0), "CALLDATALOAD": (1, 1), "BLOCKHASH": (1, 1),
    "JUMPDEST": (0, 0),
}  # fmt: skip
_SINCE = {
    "PUSH0": (0, 1),
    "BLOBBASEFEE": (0, 1),
    "TLOAD": (1, 1),
    "TSTORE": (2, 0),
    "BLOBHASH": (1, 1),
    "CLZ": (1, 1),
}
_NAMES = list(_PLAIN)

WORDS = (0, 1, 2, 3, 31, 32, 33, 255, 256, 2**31, 2**64 - 1, 2**128, 2**255 - 1, 2**255, 2**256 - 1)
"""Where arithmetic turns."""


class _Writer:
    def __init__(self, chance: random.Random, targets: Sequence[Address]) -> None:
        self.chance = chance
        self.targets = targets
        self.code = bytearray()
        self.depth = 0

    def word(self) -> int:
        kind = self.chance.random()
        if kind < 0.4:
            return self.chance.choice(WORDS)
        if kind < 0.7:
            return self.chance.randrange(300)
        return self.chance.getrandbits(self.chance.choice([16, 64, 160, 256]))

    def small(self, limit: int = 100) -> int:
        """An offset or size; now and then one that nobody can pay for."""
        return self.word() if self.chance.random() < 0.005 else self.chance.randrange(limit)

    def push(self, *values: int) -> None:
        for value in values:
            self.code += push(value)

    def op(self, name: str, takes: int, gives: int) -> None:
        while self.depth < takes:
            self.push(self.word())
            self.depth += 1
        self.code.append(OPCODES[name])
        self.depth += gives - takes

    def with_operands(self, name: str, *operands: int, gives: int = 0) -> None:
        """``operands`` from the top of the stack down."""
        self.push(*reversed(operands))
        self.code.append(OPCODES[name])
        self.depth += gives

    def step(self) -> None:
        kind = self.chance.random()
        if kind < 0.55:
            name = self.chance.choice(_NAMES)
            self.op(name, *_PLAIN[name])
        elif kind < 0.62:
            self._stack()
        elif kind < 0.78:
            self._memory()
        elif kind < 0.88:
            self._state()
        elif kind < 0.93:
            self._call()
        elif kind < 0.95:
            self._create()
        elif kind < 0.965:
            self._jump()
        elif kind < 0.99:
            name = self.chance.choice(list(_SINCE))
            self.op(name, *_SINCE[name])
        elif kind < 0.994:
            self.code.append(self.chance.randrange(256))

    def _stack(self) -> None:
        n = self.chance.randrange(1, 17)
        if self.chance.random() < 0.5 and self.depth:
            self.code.append(OPCODES["DUP1"] + min(n, self.depth) - 1)
            self.depth += 1
        elif self.depth > 1:
            self.code.append(OPCODES["SWAP1"] + min(n, self.depth - 1) - 1)

    def _memory(self) -> None:
        small = self.small
        kind = self.chance.randrange(9)
        if kind == 0:
            self.with_operands("MLOAD", small(), gives=1)
        elif kind == 1:
            self.with_operands("MSTORE", small(), self.word())
        elif kind == 2:
            self.with_operands("MSTORE8", small(), self.word())
        elif kind == 3:
            self.with_operands("KECCAK256", small(), small(), gives=1)
        elif kind == 4:
            self.with_operands("CALLDATACOPY", small(), small(), small())
        elif kind == 5:
            self.with_operands("CODECOPY", small(), small(), small())
        elif kind == 6:
            self.with_operands("EXTCODECOPY", self._target(), small(), small(), small())
        elif kind == 7 and self.chance.random() < 0.3:
            self.with_operands("RETURNDATACOPY", small(), small(3), small(3))
        elif self.chance.random() < 0.3:
            self.with_operands("MCOPY", small(), small(), small())

    def _state(self) -> None:
        slot = self.chance.randrange(4)
        kind = self.chance.randrange(7)
        if kind == 0:
            self.with_operands("SLOAD", slot, gives=1)
        elif kind < 3:
            self.with_operands("SSTORE", slot, self.chance.choice([0, 0, 1, self.word()]))
        elif kind == 3:
            # What was paid until here, where everybody can see it.
            self.code.append(OPCODES["GAS"])
            self.push(slot)
            self.code.append(OPCODES["SSTORE"])
        elif kind == 4:
            name = self.chance.choice(["BALANCE", "EXTCODESIZE", "EXTCODEHASH"])
            self.with_operands(name, self._target(), gives=1)
        else:
            topics = self.chance.randrange(5)
            self.with_operands(
                f"LOG{topics}", self.small(), self.small(), *(self.word() for _ in range(topics))
            )

    def _target(self) -> int:
        return int.from_bytes(self.chance.choice(self.targets), "big")

    def _call(self) -> None:
        name = self.chance.choice(["CALL", "CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"])
        gas = self.chance.choice([0, 2300, 30_000, 100_000, self.word()])
        value = [self.chance.choice([0, 0, 0, 1, 10**30])] if name in ("CALL", "CALLCODE") else []
        area = (self.small(), self.small(), self.small(), self.small())
        self.with_operands(name, gas, self._target(), *value, *area, gives=1)

    def _create(self) -> None:
        code = program(self.chance, self.targets, self.chance.randrange(1, 8))[:32]
        self.with_operands("MSTORE", 0, int.from_bytes(code.ljust(32, b"\0"), "big"))
        value, size = self.chance.choice([0, 0, 1]), len(code)
        if self.chance.random() < 0.06:
            value, size = self.chance.choice([0, 10**30]), self.chance.choice([49_152, 49_153])
        if self.chance.random() < 0.5:
            self.with_operands("CREATE", value, 0, size, gives=1)
        else:
            self.with_operands("CREATE2", value, 0, size, self.chance.randrange(3), gives=1)

    def _jump(self) -> None:
        """Over some bytes that are no code, or not quite to its destination."""
        junk = self.chance.randbytes(self.chance.randrange(4))
        conditional = self.chance.random() < 0.5
        to = len(self.code) + (2 if conditional else 0) + 4 + len(junk)
        to += self.chance.random() < 0.02
        if conditional:
            self.push(self.chance.choice([1, 2, 255]))
        self.code += b"\x61" + to.to_bytes(2, "big")
        self.code.append(OPCODES["JUMPI" if conditional else "JUMP"])
        self.code += junk + bytes([OPCODES["JUMPDEST"]])

    def end(self) -> None:
        kind = self.chance.random()
        if kind < 0.5:
            self.with_operands("RETURN", self.small(), self.small())
        elif kind < 0.7:
            self.code.append(OPCODES["STOP"])
        elif kind < 0.85:
            self.with_operands("REVERT", self.small(), self.small())
        elif kind < 0.92:
            self.with_operands("SELFDESTRUCT", self._target())
        elif kind < 0.95:
            self.code.append(OPCODES["INVALID"])


def program(chance: random.Random, targets: Sequence[Address], steps: int | None = None) -> bytes:
    """A program that calls, and looks at, ``targets``."""
    writer = _Writer(chance, targets)
    for _ in range(chance.randrange(3, 60) if steps is None else steps):
        writer.step()
    writer.end()
    return bytes(writer.code)
