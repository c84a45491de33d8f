# pragma version 0.4.3
# pragma evm-version paris
"""
@title Keccak
@license MIT
@notice The state of 25 lanes of 64 bits that data is absorbed into, in blocks of 136 bytes. FIPS 202.
"""

BLOCK_SIZE: constant(uint256) = 136
LANE: constant(uint256) = 2**64 - 1

ROUNDS: constant(uint256[24]) = [
    1, 32898, 9223372036854808714, 9223372039002292224,
    32907, 2147483649, 9223372039002292353, 9223372036854808585,
    138, 136, 2147516425, 2147483658,
    2147516555, 9223372036854775947, 9223372036854808713, 9223372036854808579,
    9223372036854808578, 9223372036854775936, 32778, 9223372039002259466,
    9223372039002292353, 9223372036854808704, 2147483649, 9223372039002292232,
]
TARGETS: constant(uint256[25]) = [
    0, 10, 20, 5, 15, 16, 1, 11, 21, 6, 7, 17, 2, 12, 22, 23, 8, 18, 3, 13, 14, 24, 9, 19, 4,
]
# Where the value of a lane goes, and by how much it is rotated.
ROTATIONS: constant(uint256[25]) = [
    0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14,
]


@internal
@pure
def _commitment(_state: uint256[25]) -> bytes32:
    return keccak256(abi_encode(_state))


@internal
@pure
def _digest(_state: uint256[25]) -> bytes32:
    digest: uint256 = 0
    for i: uint256 in range(4):
        digest = (digest << 64) | self._reversed(_state[i])
    return convert(digest, bytes32)


@internal
@pure
def _absorb(_state: uint256[25], _block: Bytes[BLOCK_SIZE]) -> uint256[25]:
    """
    @notice The state after a block.
    """
    s: uint256[25] = _state
    for i: uint256 in range(17):
        s[i] ^= self._reversed(convert(slice(_block, 8 * i, 8), uint256))
    rounds: uint256[24] = ROUNDS
    targets: uint256[25] = TARGETS
    rotations: uint256[25] = ROTATIONS
    b: uint256[25] = empty(uint256[25])
    c: uint256[5] = empty(uint256[5])
    for constantOfRound: uint256 in rounds:
        for x: uint256 in range(5):
            c[x] = s[x] ^ s[x + 5] ^ s[x + 10] ^ s[x + 15] ^ s[x + 20]
        for x: uint256 in range(5):
            right: uint256 = c[(x + 1) % 5]
            mixed: uint256 = c[(x + 4) % 5] ^ (((right << 1) & LANE) | (right >> 63))
            for row: uint256 in range(5):
                lane: uint256 = s[x + 5 * row] ^ mixed
                by: uint256 = rotations[x + 5 * row]
                b[targets[x + 5 * row]] = ((lane << by) & LANE) | (lane >> (64 - by))
        for row: uint256 in range(5):
            for x: uint256 in range(5):
                kept: uint256 = (b[5 * row + (x + 1) % 5] ^ LANE) & b[5 * row + (x + 2) % 5]
                s[5 * row + x] = b[5 * row + x] ^ kept
        s[0] ^= constantOfRound
    return s


@internal
@pure
def _reversed(_lane: uint256) -> uint256:
    """
    @notice A lane with its bytes in the other order.
    """
    lane: uint256 = ((_lane >> 8) & 71777214294589695) | ((_lane & 71777214294589695) << 8)
    lane = ((lane >> 16) & 281470681808895) | ((lane & 281470681808895) << 16)
    return (lane >> 32) | ((lane << 32) & LANE)
