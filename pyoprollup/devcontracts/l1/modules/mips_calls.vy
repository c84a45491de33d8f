# pragma version 0.4.3
# pragma evm-version paris
"""
@title System calls of the machine
@license MIT
@notice Those that look at nothing but their arguments, and numbers that all of them share.
        Specification: fault-proof/cannon-fault-proof-vm.md, "Syscalls", "I/O".
"""

from modules import mips_words

M64: constant(uint256) = 2**64 - 1
# Also what A3 has after an error.
EBADF: constant(uint256) = 9
EAGAIN: constant(uint256) = 11
EINVAL: constant(uint256) = 22
PAGE: constant(uint256) = 4096
HEAP_END: constant(uint256) = 3 * 2**45
EVENT_DESCRIPTOR: constant(uint256) = 100
NON_BLOCKING: constant(uint256) = 128

IGNORED: constant(uint256) = (
    2**3 | 2**4 | 2**5 | 2**8 | 2**10 | 2**11 | 2**13 | 2**14 | 2**15 | 2**16 | 2**26 | 2**27 | 2**36 | 2**38
    | 2**61 | 2**87 | 2**95 | 2**100 | 2**102 | 2**129 | 2**196 | 2**208 | 2**216 | 2**217 | 2**220 | 2**225
    | 2**247
)
IGNORED_LATER: constant(uint256) = 2**1 | 2**16 | 2**29 | 2**31 | 2**41
# Bits of the numbers from 5000 and from 5256 on that do nothing and answer 0; getpid (5038) is among them.


@internal
@pure
def _is_ignored(_number: uint256) -> bool:
    offset: uint256 = unsafe_sub(_number, 5000)
    if offset < 256:
        return (IGNORED >> offset) & 1 == 1
    return (IGNORED_LATER >> unsafe_sub(offset, 256)) & 1 == 1


@internal
@pure
def _map(_hint: uint256, _size: uint256, _heap: uint256) -> (uint256, uint256, uint256):
    """
    @notice mmap: V0, A3 and the new end of the heap. An address that is asked for is always granted.
    """
    if _hint != 0:
        return _hint, 0, _heap
    size: uint256 = (unsafe_add(_size, PAGE - 1) & M64) & (M64 - PAGE + 1)
    heap: uint256 = unsafe_add(_heap, size)
    if size < _size or heap > HEAP_END:
        return EINVAL, M64, _heap
    return _heap, 0, heap


@internal
@pure
def _control(_descriptor: uint256, _command: uint256) -> (uint256, uint256):
    """
    @notice fcntl: V0 and A3, for flags of descriptors (1) and of files (3).
    """
    if _command != 1 and _command != 3:
        return EINVAL, M64
    if _descriptor > 6:
        return EBADF, M64
    if _command == 1:
        return 0, 0
    # Standard output and error, and what hints and requests are written to.
    return ((2**1 | 2**2 | 2**4 | 2**6) >> _descriptor) & 1, 0


@internal
@pure
def _event(_flags: uint256) -> (uint256, uint256):
    """
    @notice eventfd2: V0 and A3.
    """
    if _flags & NON_BLOCKING == 0:
        return EINVAL, M64
    return EVENT_DESCRIPTOR, 0


@internal
@pure
def _random(_step: uint256) -> uint256:
    """
    @notice A step of splitmix64 from a seed.
    """
    z: uint256 = unsafe_add(_step, convert(0x9E3779B97F4A7C15, uint256)) & M64
    z = unsafe_mul(z ^ (z >> 30), convert(0xBF58476D1CE4E5B9, uint256)) & M64
    z = unsafe_mul(z ^ (z >> 27), convert(0x94D049BB133111EB, uint256)) & M64
    return z ^ (z >> 31)


@internal
@pure
def _with_bytes(_word: uint256, _address: uint256, _count: uint256, _bytes: uint256) -> uint256:
    """
    @notice The word of memory at an address once bytes, as many as reach its end at most, are written there.
    """
    above: uint256 = unsafe_mul(8, unsafe_sub(unsafe_sub(8, _address & 7), _count))
    mask: uint256 = mips_words._ones(unsafe_mul(8, _count)) << above
    return (_word & ~mask) | ((_bytes << above) & mask)
