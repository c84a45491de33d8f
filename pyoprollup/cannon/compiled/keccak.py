"""Keccak-256 for compiled code: the text of a permutation whose 25 words are local variables.

Twin: pyoprollup.eth.crypto:keccak256; held equal by tests/unit/cannon/compiled/test_keccak.py.

Specification: FIPS 202.
"""

from __future__ import annotations

__all__ = ["permutation_text", "round_constants"]

MASK = (1 << 64) - 1


def round_constants() -> list[int]:
    """The 24 constants of the step ι."""
    found, register = [], 1
    for _ in range(24):
        constant = 0
        for i in range(7):
            if register & 1:
                constant |= 1 << ((1 << i) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        found.append(constant & MASK)
    return found


def rotations() -> list[int]:
    """By how much the step ρ turns each word, at x + 5 y."""
    found = [0] * 25
    x, y = 1, 0
    for t in range(24):
        found[x + 5 * y] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return found


def _turned(word: str, by: int) -> str:
    return word if by == 0 else f"(({word} << {by}) & M64 | {word} >> {64 - by})"


def permutation_text() -> str:
    """Source of ``permute(k, constants)``, which changes 25 words in place."""
    lines = ["def permute(k, constants):"]
    lines += [f"    a{i} = k[{i}]" for i in range(25)]
    lines += ["    n = 0", "    while n < 24:"]
    lines += [f"        c{x} = " + " ^ ".join(f"a{x + 5 * y}" for y in range(5)) for x in range(5)]
    lines += [f"        d{x} = c{(x + 4) % 5} ^ {_turned(f'c{(x + 1) % 5}', 1)}" for x in range(5)]
    lines += [f"        a{i} = a{i} ^ d{i % 5}" for i in range(25)]
    turns = rotations()
    for x in range(5):
        for y in range(5):
            lines.append(
                f"        b{y + 5 * ((2 * x + 3 * y) % 5)} = {_turned(f'a{x + 5 * y}', turns[x + 5 * y])}"
            )
    for y in range(0, 25, 5):
        for x in range(5):
            lines.append(f"        a{x + y} = b{x + y} ^ ((b{(x + 1) % 5 + y} ^ M64) & b{(x + 2) % 5 + y})")
    lines += ["        a0 = a0 ^ constants[n]", "        n += 1"]
    lines += [f"    k[{i}] = a{i}" for i in range(25)]
    return "\n".join(lines) + "\n"
