"""Keccak-256 for compiled code: the text of a permutation whose 25 words are local variables.

Twin: pyoprollup.eth.crypto:keccak256; held equal by tests/unit/cannon/compiled/test_keccak.py.

Specification: FIPS 202, 3.2 and 3.3.
"""

from __future__ import annotations

from pyoprollup.eth.keccak_steps import LANES, MOVES

__all__ = ["permutation_text"]


def _turned(word: str, by: int) -> str:
    return word if by == 0 else f"(({word} << {by}) & M64 | {word} >> {64 - by})"


def permutation_text() -> str:
    """Source of ``permute(k, constants)``, which changes 25 words in place."""
    lines = ["def permute(k, constants):"]
    lines += [f"    a{i} = k[{i}]" for i in range(LANES)]
    lines += ["    n = 0", "    while n < 24:"]
    lines += [f"        c{x} = " + " ^ ".join(f"a{x + 5 * y}" for y in range(5)) for x in range(5)]
    lines += [f"        d{x} = c{(x + 4) % 5} ^ {_turned(f'c{(x + 1) % 5}', 1)}" for x in range(5)]
    lines += [f"        a{i} = a{i} ^ d{i % 5}" for i in range(LANES)]
    lines += [f"        b{target} = {_turned(f'a{source}', bits)}" for source, target, bits in MOVES]
    for y in range(0, 25, 5):
        for x in range(5):
            lines.append(f"        a{x + y} = b{x + y} ^ ((b{(x + 1) % 5 + y} ^ M64) & b{(x + 2) % 5 + y})")
    lines += ["        a0 = a0 ^ constants[n]", "        n += 1"]
    lines += [f"    k[{i}] = a{i}" for i in range(LANES)]
    return "\n".join(lines) + "\n"
