"""The tables of the permutation Keccak-f[1600], which Keccak-256 is built on.

For code that makes the permutation itself: libraries give digests, and keep the state between two blocks to
themselves.

Specification: FIPS 202, 3.2 and 3.3. Lane ``x + 5 * y`` here is lane ``(x, y)`` there; lanes have 64 bits.
"""

from __future__ import annotations

__all__ = ["LANES", "MOVES", "ROUND_CONSTANTS"]

LANES = 25
_ROUNDS = 24


def _round_constants() -> tuple[int, ...]:
    constants, register = [], 1
    for _ in range(_ROUNDS):
        constant = 0
        for j in range(7):
            constant |= (register & 1) << ((1 << j) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return tuple(constants)


def _moves() -> tuple[tuple[int, int, int], ...]:
    moves = [(0, 0, 0)]
    x, y = 1, 0
    for t in range(LANES - 1):
        target_x, target_y = y, (2 * x + 3 * y) % 5
        moves.append((x + 5 * y, target_x + 5 * target_y, (t + 1) * (t + 2) // 2 % 64))
        x, y = target_x, target_y
    return tuple(moves)


ROUND_CONSTANTS = _round_constants()
"""The 24 constants of step ι: bits ``2**j - 1`` of each, from a shift register of 8 bits."""
MOVES = _moves()
"""Steps ρ and π, for each lane: where it comes from, where it goes to, by how many bits it is rotated."""
