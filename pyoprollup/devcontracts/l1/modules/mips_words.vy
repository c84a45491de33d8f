# pragma version 0.4.3
# pragma evm-version paris
"""
@title Words of the machine
@license MIT
@notice Words have 64 bits and are kept in 256, with zeros above. Signed ones are two's complements.
"""

M64: constant(uint256) = 2**64 - 1
M32: constant(uint256) = 2**32 - 1
TOP: constant(uint256) = 2**63


@internal
@pure
def _ones(_bits: uint256) -> uint256:
    """
    @notice A number with so many ones, from the lowest bit on.
    """
    return ~(max_value(uint256) << _bits)


@internal
@pure
def _extended(_value: uint256, _bits: uint256) -> uint256:
    """
    @notice The lowest bits of a value as a word with their sign: the uppermost of them is copied upwards.
    """
    sign: uint256 = unsafe_add(self._ones(unsafe_sub(_bits, 1)), 1)
    return unsafe_sub((_value & self._ones(_bits)) ^ sign, sign) & M64


@internal
@pure
def _signed(_word: uint256) -> int256:
    return unsafe_sub(convert(_word ^ TOP, int256), 2**63)


@internal
@pure
def _unsigned(_value: int256) -> uint256:
    """
    @notice The lowest 128 bits of a number, which has to have less than 200.
    """
    return convert(unsafe_add(_value, 2**200), uint256) & (2**128 - 1)


@internal
@pure
def _part_shift(_address: uint256, _size: uint256) -> uint256:
    """
    @notice How far from the lower end of its word a part of 1, 2, 4 or 8 bytes is, in bits. What an address has
            below that size is ignored.
    """
    return unsafe_sub(unsafe_sub(8, _size), _address & unsafe_sub(8, _size)) << 3


@internal
@pure
def _part(_word: uint256, _address: uint256, _size: uint256) -> uint256:
    return (_word >> self._part_shift(_address, _size)) & self._ones(_size << 3)


@internal
@pure
def _with_part(_word: uint256, _address: uint256, _size: uint256, _value: uint256) -> uint256:
    """
    @notice The word with a part of it replaced.
    """
    bits: uint256 = self._part_shift(_address, _size)
    mask: uint256 = self._ones(_size << 3)
    return (_word & ~(mask << bits)) | ((_value & mask) << bits)
