# pragma version 0.4.3
# pragma evm-version paris
"""
@title Memory of the machine
@license MIT
@notice A tree of 2**59 leaves of 32 bytes, of which the state has the root. A proof is a leaf and the 59 nodes
        beside its way up, and is read where it is: in the calldata. There are three of them: of the instruction,
        and of the one or two words that it reads or writes.
        Specification: fault-proof/cannon-fault-proof-vm.md, "Memory".
"""

LEVELS: constant(uint256) = 59
PROOF_SIZE: constant(uint256) = 32 * 60
FIRST_PROOF: constant(uint256) = 356 + 298 + 32
# In calldata: behind the state, the thread and the root of the threads below it.
M64: constant(uint256) = 2**64 - 1


@internal
@view
def _read(_root: bytes32, _address: uint256, _index: uint256) -> uint256:
    """
    @notice The word at an address, which has to be a multiple of 8, by a proof.
    """
    if self._climb(_address, _index, self._leaf(_index)) != _root:
        raw_revert(method_id("InvalidMemoryProof()"))
    return (self._leaf(_index) >> self._shift(_address)) & M64


@internal
@view
def _check_second(_root: bytes32, _address: uint256):
    """
    @notice Checks the proof of a step's second access.
    """
    if self._climb(_address, 2, self._leaf(2)) != _root:
        raw_revert(method_id("InvalidSecondMemoryProof()"))


@internal
@view
def _write(_address: uint256, _index: uint256, _word: uint256) -> bytes32:
    """
    @notice The root once a word is written. The proof has to be one that a read has accepted.
    """
    bits: uint256 = self._shift(_address)
    leaf: uint256 = (self._leaf(_index) & ~(M64 << bits)) | (_word << bits)
    return self._climb(_address, _index, leaf)


@internal
@pure
def _shift(_address: uint256) -> uint256:
    """
    @notice How far a word is from the lower end of its leaf, in bits.
    """
    return (~_address & 24) << 3


@internal
@view
def _leaf(_index: uint256) -> uint256:
    at: uint256 = unsafe_add(FIRST_PROOF, unsafe_mul(PROOF_SIZE, _index))
    assert len(msg.data) >= unsafe_add(at, PROOF_SIZE), "MIPS64Memory: check that there is enough calldata"
    return convert(slice(msg.data, at, 32), uint256)


@internal
@view
def _climb(_address: uint256, _index: uint256, _leafWord: uint256) -> bytes32:
    """
    @notice The root above a leaf.
    """
    at: uint256 = unsafe_add(FIRST_PROOF, unsafe_mul(PROOF_SIZE, _index))
    path: uint256 = _address >> 5
    node: bytes32 = convert(_leafWord, bytes32)
    for i: uint256 in range(LEVELS):
        at = unsafe_add(at, 32)
        sibling: bytes32 = convert(slice(msg.data, at, 32), bytes32)
        if path & 1 == 0:
            node = keccak256(concat(node, sibling))
        else:
            node = keccak256(concat(sibling, node))
        path = path >> 1
    return node
