"""The permutation Keccak-f[1600], which Keccak-256 is built on.

Libraries give digests and keep the state between two blocks to themselves. A large pre-image is proven block
by block, so the state itself is needed here.

Specification: FIPS 202, 3.2 and 3.3. Lane ``x + 5 * y`` here is lane ``(x, y)`` there; lanes have 64 bits.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyoprollup.eth.keccak_steps import LANES, MOVES, ROUND_CONSTANTS

__all__ = ["LANES", "keccak_f1600"]

_MASK = (1 << 64) - 1
_MOVES = tuple((source, source % 5, target, bits, 64 - bits) for source, target, bits in MOVES)
"""From lane, its column, to lane, bits to rotate by, and 64 less these."""
_ROWS = tuple(range(0, LANES, 5))


def keccak_f1600(lanes: Sequence[int]) -> tuple[int, ...]:
    """The state after all 24 rounds, from 25 lanes of 64 bits each."""
    mask, moves, rows = _MASK, _MOVES, _ROWS
    a = list(lanes)
    b = [0] * LANES
    for constant in ROUND_CONSTANTS:
        c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20]
        c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21]
        c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22]
        c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23]
        c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24]
        # θ: each lane takes up the column to its left, and the one to its right rotated by one.
        d = (
            c4 ^ (c1 << 1 & mask | c1 >> 63),
            c0 ^ (c2 << 1 & mask | c2 >> 63),
            c1 ^ (c3 << 1 & mask | c3 >> 63),
            c2 ^ (c4 << 1 & mask | c4 >> 63),
            c3 ^ (c0 << 1 & mask | c0 >> 63),
        )
        for source, column, target, left, right in moves:
            lane = a[source] ^ d[column]
            b[target] = lane << left & mask | lane >> right
        for row in rows:  # χ
            b0, b1, b2, b3, b4 = b[row : row + 5]
            a[row : row + 5] = (b0 ^ b2 & ~b1, b1 ^ b3 & ~b2, b2 ^ b4 & ~b3, b3 ^ b0 & ~b4, b4 ^ b1 & ~b0)
        a[0] ^= constant
    return tuple(a)
