"""Contracts made up at random that mostly run to their end, for comparing two interpreters.

Code is put together from expressions, which leave one value on the stack, and statements, which leave none.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from pyoprollup.eth.types import Address

__all__ = ["Writer", "push"]

EDGES = (0, 1, 2, 31, 32, 33, 255, 256, 2**64, 2**128, 2**255 - 1, 2**255, 2**256 - 2, 2**256 - 1)
BINARY = (*range(0x01, 0x08), 0x0A, 0x0B, *range(0x10, 0x15), *range(0x16, 0x19), *range(0x1A, 0x1E))
READS = (0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3A, 0x3D, *range(0x41, 0x49), 0x58, 0x59, 0x5A)


def push(value: int) -> bytes:
    """The shortest PUSH, from PUSH1 on."""
    data = value.to_bytes(max((value.bit_length() + 7) // 8, 1), "big")
    return bytes([0x5F + len(data)]) + data


class Writer:
    """Writes code. ``targets`` are the accounts that it calls, ``level`` is what the fork knows: 0 for Paris,
    1 with PUSH0 and the limit of init code, 2 with MCOPY and transient storage, 3 with CLZ."""

    def __init__(self, rng: random.Random, targets: Sequence[Address], level: int) -> None:
        self.rng, self.targets, self.level = rng, targets, level

    # --- Expressions

    def expression(self, depth: int = 2) -> bytes:
        rng = self.rng
        kind = rng.randrange(14) if depth else rng.randrange(3)
        below = depth - 1
        if kind == 0:
            return push(rng.choice((*EDGES, rng.getrandbits(256), rng.randrange(1000))))
        if kind == 1:
            return bytes([rng.choice((*READS, 0x5F) if self.level else READS)])
        if kind == 2:
            return push(rng.randrange(200)) + b"\x35"
        if kind < 7:
            return self.expression(below) + self.expression(below) + bytes([rng.choice(BINARY)])
        if kind == 7:
            return self.expression(below) + bytes(
                [rng.choice((0x15, 0x19, 0x1E) if self.level > 2 else (0x15, 0x19))]
            )
        if kind == 8:
            three = self.expression(below) + self.expression(below) + self.expression(below)
            return three + bytes([rng.choice((0x08, 0x09))])
        if kind == 9:
            return push(rng.randrange(6)) + bytes([0x5C if self.level > 1 and rng.random() < 0.4 else 0x54])
        if kind == 10:
            return push(rng.randrange(400)) + b"\x51"
        if kind == 11:
            return push(rng.randrange(70)) + push(rng.randrange(300)) + b"\x20"
        if kind == 12:
            return self.address() + bytes([rng.choice((0x31, 0x3B, 0x3F))])
        return self.expression(below) + b"\x80" + bytes([rng.choice(BINARY)])

    def address(self) -> bytes:
        rng = self.rng
        others = (b"\x30", b"\x33", b"\x41", push(rng.randrange(1, 0x12)), push(rng.getrandbits(160)))
        return rng.choice((*[b"\x73" + target for target in self.targets], *others))

    # --- Statements

    def statement(self, depth: int = 2) -> bytes:
        rng = self.rng
        choice = rng.randrange(16)
        if choice < 2:
            return self.expression() + push(rng.randrange(6)) + b"\x55"
        if choice == 2:
            return self.expression() + push(rng.randrange(400)) + bytes([rng.choice((0x52, 0x53))])
        if choice == 3:
            return self.log()
        if choice < 7:
            return self.call() + self.after_call()
        if choice == 7:
            return self.create()
        if choice == 8 and depth:
            return self.branch(depth)
        if choice == 9 and depth:
            return self.loop(depth)
        if choice == 10:
            return self.copy()
        if choice == 11 and self.level > 1:
            return self.expression(1) + push(rng.randrange(6)) + b"\x5d"
        if choice == 12:
            return self.shuffle()
        if choice == 13 and self.level > 1:  # count in transient storage, and keep the count
            slot = push(rng.randrange(2))
            return slot + b"\x5c\x60\x01\x01\x80" + slot + b"\x5d" + push(rng.randrange(6)) + b"\x55"
        return self.expression() + b"\x50"

    def log(self) -> bytes:
        count = self.rng.randrange(5)
        topics = b"".join(self.expression(1) for _ in range(count))
        return topics + push(self.rng.randrange(40)) + push(self.rng.randrange(90)) + bytes([0xA0 + count])

    def call(self) -> bytes:
        """Leaves whether it succeeded."""
        rng = self.rng
        kind = rng.choice((0xF1, 0xF1, 0xF2, 0xF4, 0xFA))
        memory = b"".join(push(rng.randrange(130)) for _ in range(4))
        value = push(rng.choice((0, 0, 0, 1, 5, 10**30))) if kind in (0xF1, 0xF2) else b""
        gas = rng.choice((b"\x5a", push(rng.randrange(60_000)), push(2**256 - 1)))
        return memory + value + self.address() + gas + bytes([kind])

    def after_call(self) -> bytes:
        rng = self.rng
        kind = rng.randrange(3)
        if kind == 0:
            return push(rng.randrange(6)) + b"\x55"
        if kind == 1:  # copy all that was returned
            return b"\x50\x3d" + push(0) + push(rng.randrange(100)) + b"\x3e"
        return b"\x50"

    def create(self) -> bytes:
        """Create a contract from code in memory, and call it."""
        rng = self.rng
        if self.level and rng.random() < 0.1:  # more init code than there may be, or as much
            value, size = push(rng.choice((0, 10**30))), push(rng.choice((49_152, 49_153)))
            return (
                push(rng.randrange(3)) + size + push(0) + value + rng.choice((b"\xf0\x50", b"\xf5")) + b"\x50"
            )
        writer = Writer(rng, self.targets[-1:], self.level)
        runtime = writer.code(2, ending=rng.choice((b"\x00", b"\x33\xff")))
        runtime = rng.choice((runtime, runtime, b"", b"\xef\x01", b"\x33\xff"))[:90]
        size = push(len(runtime))
        effect = push(rng.randrange(9)) + push(1) + b"\x55" if rng.random() < 0.5 else b""
        head = effect + size + push(len(effect) + 12) + push(0) + b"\x39" + size + push(0)
        init = head + rng.choice((b"\xf3", b"\xf3", b"\xfd", b"\xfe")) + runtime
        words = [init[at : at + 32].ljust(32, b"\x00") for at in range(0, len(init), 32)]
        stores = b"".join(b"\x7f" + word + push(32 * at) + b"\x52" for at, word in enumerate(words))
        if rng.random() < 0.5:
            made = push(len(init)) + push(0) + push(rng.choice((0, 0, 3))) + b"\xf0"
        else:
            made = push(rng.randrange(3)) + push(len(init)) + push(0) + push(0) + b"\xf5"
        # Keep the address, and call it with all gas.
        call = push(0) * 5 + b"\x85\x5a\xf1\x50" if rng.random() < 0.7 else b""
        return stores + made + call + push(rng.randrange(6)) + b"\x55"

    def branch(self, depth: int) -> bytes:
        """``if`` without ``else``; the code is laid out for any position by PC."""
        body = self.statement(depth - 1)
        condition = self.expression(1)
        skip = len(body) + 6
        # The target is PC + skip, computed when it is reached.
        return condition + b"\x58" + b"\x61" + skip.to_bytes(2, "big") + b"\x01\x57" + body + b"\x5b"

    def loop(self, depth: int) -> bytes:
        """Two to five times; the counter stays on the stack meanwhile."""
        body = self.statement(depth - 1)
        head = push(self.rng.randrange(2, 6)) + b"\x5b"
        # Back to the JUMPDEST, which is so far before this PC.
        back = len(body) + 6
        return (
            head
            + body
            + b"\x60\x01\x90\x03\x80"
            + b"\x58\x61"
            + back.to_bytes(2, "big")
            + b"\x90\x03\x57\x50"
        )

    def copy(self) -> bytes:
        rng = self.rng
        kinds = [0x37, 0x39, 0x3C] + ([0x5E] if self.level > 1 else [])
        kind = rng.choice(kinds)
        operands = push(rng.randrange(90)) + push(rng.choice((0, 5, 2**200))) + push(rng.randrange(90))
        if kind == 0x5E:
            operands = b"".join(push(rng.randrange(90)) for _ in range(3))
        return operands + (self.address() if kind == 0x3C else b"") + bytes([kind])

    def shuffle(self) -> bytes:
        rng = self.rng
        count = rng.randrange(2, 6)
        moves = bytes(rng.choice((0x80, 0x90)) + rng.randrange(count - 1) for _ in range(4))
        extra = sum(move < 0x90 for move in moves)
        return b"".join(self.expression(1) for _ in range(count)) + moves + b"\x50" * (count + extra)

    def code(self, statements: int, ending: bytes | None = None) -> bytes:
        """A whole program."""
        body = b"".join(self.statement() for _ in range(statements))
        if ending is None:
            ends = (b"", b"\x00", push(40) + push(7) + b"\xf3", push(40) + push(7) + b"\xf3")
            ending = self.rng.choice((*ends, push(9) + push(0) + b"\xfd"))
        return body + ending
