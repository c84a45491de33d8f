"""keccak-f: the state of 25 lanes that a large pre-image is absorbed into, block by block.

A state is 25 numbers of 64 bits, lane ``x + 5 * y``; a block has 136 bytes, 17 lanes in little-endian order.

Specification: FIPS 202, 3.2 and 5.1, with the padding of Ethereum's keccak-256.
"""

from __future__ import annotations

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import U64_MAX, Hash32

__all__ = ["BLOCK_SIZE", "EMPTY_STATE", "State", "absorb", "commitment", "digest", "padded"]

BLOCK_SIZE = 136

State = tuple[int, ...]

EMPTY_STATE: State = (0,) * 25


def _round_constants() -> tuple[int, ...]:
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for power in range(7):
            if register & 1:
                constant |= 1 << (1 << power) - 1
            register = register << 1 ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return tuple(constants)


def _walk() -> tuple[tuple[int, int], ...]:
    """Where each lane's value goes, and by how much it is rotated on its way."""
    moves, x, y, rotation = [], 1, 0, 0
    for step in range(1, 25):
        rotation += step
        x, y = y, (2 * x + 3 * y) % 5
        moves.append((x + 5 * y, rotation % 64))
    return tuple(moves)


_ROUND_CONSTANTS, _WALK = _round_constants(), _walk()


def _rotated(lane: int, by: int) -> int:
    return (lane << by | lane >> 64 - by) & U64_MAX


def _permuted(state: list[int]) -> State:
    for constant in _ROUND_CONSTANTS:
        columns = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
        mixed = [columns[x - 1] ^ _rotated(columns[(x + 1) % 5], 1) for x in range(5)]
        state = [lane ^ mixed[index % 5] for index, lane in enumerate(state)]
        carried = state[1]
        for target, rotation in _WALK:
            state[target], carried = _rotated(carried, rotation), state[target]
        state = [
            state[row + x] ^ ~state[row + (x + 1) % 5] & state[row + (x + 2) % 5]
            for row in range(0, 25, 5)
            for x in range(5)
        ]
        state[0] ^= constant
    return tuple(state)


def absorb(state: State, block: bytes) -> State:
    """The state after a block of 136 bytes."""
    lanes = list(state)
    for index in range(BLOCK_SIZE // 8):
        lanes[index] ^= int.from_bytes(block[8 * index : 8 * index + 8], "little")
    return _permuted(lanes)


def commitment(state: State) -> Hash32:
    """What a leaf says about the state after its block: the hash of 25 words."""
    return keccak256(b"".join(lane.to_bytes(32, "big") for lane in state))


def digest(state: State) -> Hash32:
    """The hash of all that was absorbed, once the last block was."""
    return Hash32(b"".join(lane.to_bytes(8, "little") for lane in state[:4]))


def padded(data: bytes) -> bytes:
    """The end of a pre-image with its padding, whole blocks: at least one byte is added."""
    missing = BLOCK_SIZE - len(data) % BLOCK_SIZE
    padding = bytearray(missing)
    padding[0] |= 0x01
    padding[-1] |= 0x80
    return data + bytes(padding)
