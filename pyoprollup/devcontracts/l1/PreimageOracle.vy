# pragma version 0.4.3
# pragma evm-version paris
"""
@title PreimageOracle
@license MIT
@notice The pre-images that steps read, in parts of 32 bytes, by key and offset. A part is of the pre-image behind
        the 8 bytes of its length. Specification: fault-proof/index.md, "Pre-image Oracle".
        Large pre-images are proposed with a bond, block by block with a commitment to the state of the hash
        function, and whoever shows that one of these is wrong gets the bond.
"""

from modules import keccak

MAX_PREIMAGE: constant(uint256) = 131_072
MAX_LEAVES: constant(uint256) = 512
# That can be added in one call.
MAX_INPUT: constant(uint256) = MAX_LEAVES * 136
MAX_OUTPUT: constant(uint256) = 8_192
# Of a precompiled contract.
TREE_DEPTH: constant(uint256) = 16
LEAF_LIMIT: constant(uint256) = 2**16 - 1
BOND: constant(uint256) = 250_000_000_000_000_000
RESERVED_GAS: constant(uint256) = 100_000

LOCAL: constant(uint256) = 1
KECCAK256: constant(uint256) = 2
SHA256: constant(uint256) = 4
BLOB: constant(uint256) = 5
PRECOMPILE: constant(uint256) = 6

PADDING: constant(Bytes[134]) = x"0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"

U32: constant(uint256) = 2**32 - 1
# Of a proposal's metadata: timestamp (64 bits), part offset, claimed size, blocks, bytes (32 each), countered (64).

struct Leaf:
    input: Bytes[136]
    index: uint256
    stateCommitment: bytes32

struct StateMatrix:
    state: uint64[25]

struct Keys:
    claimant: address
    uuid: uint256

MIN_PROPOSAL_SIZE: immutable(uint256)
CHALLENGE_PERIOD: immutable(uint256)
preimageLengths: public(HashMap[bytes32, uint256])
preimageParts: public(HashMap[bytes32, HashMap[uint256, bytes32]])
preimagePartOk: public(HashMap[bytes32, HashMap[uint256, bool]])
proposalCount: public(uint256)
_proposals: HashMap[uint256, Keys]
proposalBranches: public(HashMap[address, HashMap[uint256, bytes32[TREE_DEPTH]]])
_metadata: HashMap[address, HashMap[uint256, uint256]]
proposalBonds: public(HashMap[address, HashMap[uint256, uint256]])
proposalParts: public(HashMap[address, HashMap[uint256, bytes32]])
_blocks: HashMap[address, HashMap[uint256, HashMap[uint256, uint64]]]
_blocksLengths: HashMap[address, HashMap[uint256, uint256]]


@deploy
def __init__(_minProposalSize: uint256, _challengePeriod: uint256):
    assert _challengePeriod < 2**64, "PreimageOracle: challenge period too large"
    MIN_PROPOSAL_SIZE = _minProposalSize
    CHALLENGE_PERIOD = _challengePeriod


@external
@pure
def version() -> String[16]:
    return "1.1.5-pyoprollup"


@external
@pure
def MIN_BOND_SIZE() -> uint256:
    return BOND


@external
@pure
def KECCAK_TREE_DEPTH() -> uint256:
    return TREE_DEPTH


@external
@pure
def MAX_LEAF_COUNT() -> uint256:
    return LEAF_LIMIT


@external
@pure
def PRECOMPILE_CALL_RESERVED_GAS() -> uint256:
    return RESERVED_GAS


@external
@view
def challengePeriod() -> uint256:
    return CHALLENGE_PERIOD


@external
@view
def minProposalSize() -> uint256:
    return MIN_PROPOSAL_SIZE


# --- parts


@external
@view
def readPreimage(_key: bytes32, _offset: uint256) -> (bytes32, uint256):
    assert self.preimagePartOk[_key][_offset], "pre-image must exist"
    return self.preimageParts[_key][_offset], min(32, self.preimageLengths[_key] + 8 - _offset)


@external
def loadLocalData(
    _ident: uint256, _localContext: bytes32, _word: bytes32, _size: uint256, _partOffset: uint256
) -> bytes32:
    """
    @notice Keeps a word of the caller's. Nobody else can write under its address.
    """
    key: bytes32 = self._key(convert(_ident, bytes32), LOCAL)
    key = self._key(keccak256(abi_encode(key, msg.sender, _localContext)), LOCAL)
    if _size > 32 or _partOffset >= _size + 8:
        raw_revert(method_id("PartOffsetOOB()"))
    word: uint256 = convert(_word, uint256) << (8 * self._position(_partOffset))
    self._keep(key, _partOffset, _size, word)
    return key


@external
def loadKeccak256PreimagePart(_partOffset: uint256, _preimage: Bytes[MAX_PREIMAGE]):
    self._check_offset(_partOffset, len(_preimage))
    data: Bytes[MAX_PREIMAGE + 32] = concat(_preimage, empty(bytes32))
    word: uint256 = extract32(data, self._position(_partOffset), output_type=uint256)
    self._keep(self._key(keccak256(_preimage), KECCAK256), _partOffset, len(_preimage), word)


@external
def loadSha256PreimagePart(_partOffset: uint256, _preimage: Bytes[MAX_PREIMAGE]):
    self._check_offset(_partOffset, len(_preimage))
    data: Bytes[MAX_PREIMAGE + 32] = concat(_preimage, empty(bytes32))
    word: uint256 = extract32(data, self._position(_partOffset), output_type=uint256)
    self._keep(self._key(sha256(_preimage), SHA256), _partOffset, len(_preimage), word)


@external
def loadBlobPreimagePart(
    _z: uint256, _y: uint256, _commitment: Bytes[48], _proof: Bytes[48], _partOffset: uint256
):
    """
    @notice Keeps the value of a blob at a point, which the precompiled contract of EIP-4844 has to confirm.
    """
    point: bytes32 = convert(_z, bytes32)
    versioned: bytes32 = self._key(sha256(_commitment), 1)
    data: Bytes[192] = concat(versioned, point, convert(_y, bytes32), _commitment, _proof)
    evaluation: address = 0x000000000000000000000000000000000000000A
    if not raw_call(evaluation, data, is_static_call=True, revert_on_failure=False):
        raw_revert(method_id("InvalidProof()"))
    self._check_offset(_partOffset, 32)
    key: bytes32 = self._key(keccak256(concat(_commitment, point)), BLOB)
    self._keep(key, _partOffset, 32, _y << (8 * self._position(_partOffset)))


@external
def loadPrecompilePreimagePart(
    _partOffset: uint256, _precompile: address, _requiredGas: uint64, _input: Bytes[MAX_PREIMAGE]
):
    """
    @notice Keeps the answer of a precompiled contract: one byte for success, and what it returned.
    """
    account: bytes20 = convert(_precompile, bytes20)
    key: bytes32 = keccak256(concat(account, convert(_requiredGas, bytes8), _input))
    # Without enough gas the call would fail, and that must not be taken for the answer. A 64th stays here.
    required: uint256 = convert(_requiredGas, uint256)
    if msg.gas * 63 < required * 64 + RESERVED_GAS * 63:
        raw_revert(method_id("NotEnoughGas()"))
    success: bool = False
    output: Bytes[MAX_OUTPUT] = b""
    success, output = raw_call(
        _precompile, _input, max_outsize=MAX_OUTPUT, is_static_call=True, revert_on_failure=False
    )
    # More would have been cut off.
    assert len(output) < MAX_OUTPUT
    self._check_offset(_partOffset, len(output) + 1)
    flag: bytes1 = convert(convert(success, uint8), bytes1)
    data: Bytes[MAX_OUTPUT + 33] = concat(flag, output, empty(bytes32))
    word: uint256 = extract32(data, self._position(_partOffset), output_type=uint256)
    self._keep(self._key(key, PRECOMPILE), _partOffset, len(output) + 1, word)


@internal
@pure
def _check_offset(_partOffset: uint256, _size: uint256):
    if _partOffset >= _size + 8:
        raw_revert(method_id("PartOffsetOOB()"))


@internal
@pure
def _position(_partOffset: uint256) -> uint256:
    """
    @notice Where in the pre-image a part begins, or the rest of one that begins in the length.
    """
    return max(_partOffset, 8) - 8


@internal
@pure
def _key(_digest: bytes32, _kind: uint256) -> bytes32:
    return convert((convert(_digest, uint256) << 8 >> 8) | (_kind << 248), bytes32)


@internal
def _keep(_keyOfPreimage: bytes32, _partOffset: uint256, _size: uint256, _word: uint256):
    """
    @notice Keeps a part, of which _word is what it has of the pre-image.
    """
    part: uint256 = _word
    if _partOffset < 8:
        part = (_size << (192 + 8 * _partOffset)) | (_word >> (8 * (8 - _partOffset)))
    self.preimagePartOk[_keyOfPreimage][_partOffset] = True
    self.preimageParts[_keyOfPreimage][_partOffset] = convert(part, bytes32)
    self.preimageLengths[_keyOfPreimage] = _size


# --- large pre-images


@external
@view
def zeroHashes(_height: uint256) -> bytes32:
    assert _height < TREE_DEPTH
    zero: bytes32 = empty(bytes32)
    for i: uint256 in range(_height, bound=TREE_DEPTH):
        zero = keccak256(concat(zero, zero))
    return zero


@external
@view
def proposals(_index: uint256) -> (address, uint256):
    assert _index < self.proposalCount
    keys: Keys = self._proposals[_index]
    return keys.claimant, keys.uuid


@external
@view
def proposalMetadata(_claimant: address, _uuid: uint256) -> bytes32:
    return convert(self._metadata[_claimant][_uuid], bytes32)


@external
@view
def proposalBlocksLen(_claimant: address, _uuid: uint256) -> uint256:
    return self._blocksLengths[_claimant][_uuid]


@external
@view
def proposalBlocks(_claimant: address, _uuid: uint256, _index: uint256) -> uint64:
    assert _index < self._blocksLengths[_claimant][_uuid]
    return self._blocks[_claimant][_uuid][_index]


@external
@view
def getTreeRootLPP(_owner: address, _uuid: uint256) -> bytes32:
    return self._tree_root(_owner, _uuid)


@external
@payable
def initLPP(_uuid: uint256, _partOffset: uint32, _claimedSize: uint32):
    """
    @notice Begins a proposal with a bond: which part, of a pre-image of which size.
    """
    if msg.value < BOND:
        raw_revert(method_id("InsufficientBond()"))
    if msg.sender != tx.origin:
        raw_revert(method_id("NotEOA()"))
    size: uint256 = convert(_claimedSize, uint256)
    if size + 8 > U32:
        raw_revert(abi_encode(convert(17, uint256), method_id=method_id("Panic(uint256)")))
    if convert(_partOffset, uint256) >= size + 8:
        raw_revert(method_id("PartOffsetOOB()"))
    if size < MIN_PROPOSAL_SIZE:
        raw_revert(method_id("InvalidInputSize()"))
    metadata: uint256 = self._metadata[msg.sender][_uuid]
    if self._claimed_size(metadata) != 0:
        raw_revert(method_id("AlreadyInitialized()"))
    self._metadata[msg.sender][_uuid] = metadata | convert(_partOffset, uint256) << 160 | size << 128
    self._proposals[self.proposalCount] = Keys(claimant=msg.sender, uuid=_uuid)
    self.proposalCount += 1
    self.proposalBonds[msg.sender][_uuid] = msg.value


@external
def addLeavesLPP(
    _uuid: uint256,
    _inputStartBlock: uint256,
    _input: Bytes[MAX_INPUT],
    _stateCommitments: DynArray[bytes32, MAX_LEAVES],
    _finalize: bool,
):
    """
    @notice Adds the next blocks, with a commitment to the state after each. The last ones are padded here. What
            was added can be read from the calldata, which is logged behind the caller's address.
    """
    metadata: uint256 = self._metadata[msg.sender][_uuid]
    if msg.sender != tx.origin:
        raw_revert(method_id("NotEOA()"))
    if self._claimed_size(metadata) == 0:
        raw_revert(method_id("NotInitialized()"))
    if metadata >> 192 != 0:
        raw_revert(method_id("AlreadyFinalized()"))
    blocks: uint256 = (metadata >> 96) & U32
    if blocks != _inputStartBlock:
        raw_revert(method_id("WrongStartingBlock()"))
    done: uint256 = (metadata >> 64) & U32
    size: uint256 = len(_input)
    tail: Bytes[136] = b""
    if _finalize:
        tail = self._padding(size)
    data: Bytes[MAX_INPUT + 168] = concat(_input, tail, empty(bytes32))
    self._keep_part(_uuid, metadata, size, _finalize, data)
    count: uint256 = len(_stateCommitments)
    if (size + len(tail)) % 136 != 0 or (size + len(tail)) // 136 != count:
        raw_revert(x"07b1daf1")  # as the reference spells InvalidInputSize() here
    if blocks + count > LEAF_LIMIT:
        raw_revert(method_id("TreeSizeOverflow()"))
    done = (done + size) & U32
    if _finalize and done != self._claimed_size(metadata):
        raw_revert(method_id("InvalidInputSize()"))
    branch: bytes32[TREE_DEPTH] = self.proposalBranches[msg.sender][_uuid]
    for i: uint256 in range(count, bound=MAX_LEAVES):
        node: bytes32 = keccak256(
            concat(slice(data, 136 * i, 136), convert(blocks + i, bytes32), _stateCommitments[i])
        )
        leaves: uint256 = blocks + i + 1
        for height: uint256 in range(TREE_DEPTH):
            if leaves % 2 == 1:
                branch[height] = node
                break
            node = keccak256(concat(branch[height], node))
            leaves = leaves // 2
    self.proposalBranches[msg.sender][_uuid] = branch
    length: uint256 = self._blocksLengths[msg.sender][_uuid]
    self._blocks[msg.sender][_uuid][length] = convert(block.number, uint64)
    self._blocksLengths[msg.sender][_uuid] = length + 1
    metadata = (metadata >> 128 << 128) | ((blocks + count) << 96) | (done << 64) | (metadata & (2**64 - 1))
    if _finalize:
        metadata = metadata | (block.timestamp << 192)
    self._metadata[msg.sender][_uuid] = metadata
    raw_log(
        [],
        concat(
            convert(msg.sender, bytes20),
            abi_encode(
                _uuid,
                _inputStartBlock,
                _input,
                _stateCommitments,
                _finalize,
                method_id=method_id("addLeavesLPP(uint256,uint256,bytes,bytes32[],bool)"),
            ),
        ),
    )


@internal
@pure
def _padding(_size: uint256) -> Bytes[136]:
    """
    @notice What makes whole blocks of data, at least one byte: the first and the last bit of it are set.
    """
    missing: uint256 = 136 - _size % 136
    if missing == 1:
        return x"81"
    zeros: Bytes[134] = slice(PADDING, 0, missing - 2)
    return concat(x"01", zeros, x"80")


@internal
def _keep_part(
    _uuid: uint256, _proposal: uint256, _size: uint256, _finalize: bool, _data: Bytes[MAX_INPUT + 168]
):
    """
    @notice Keeps the part that a proposal is about, if it begins in these blocks.
    """
    offset: uint256 = (_proposal >> 160) & U32
    before: uint256 = (_proposal >> 64) & U32
    begin: uint256 = 0
    if offset < 8:
        if before != 0:
            return
    else:
        if offset - 8 < before or offset - 8 >= before + _size:
            return
        begin = offset - 8 - before
        if begin + 32 >= _size and not _finalize:
            raw_revert(method_id("PartOffsetOOB()"))
    missing: uint256 = 256 - 8 * min(32, _size - begin)
    part: uint256 = extract32(_data, begin, output_type=uint256) >> missing << missing
    if offset < 8:
        part = (self._claimed_size(_proposal) << (192 + 8 * offset)) | (part >> (64 - 8 * offset))
    self.proposalParts[msg.sender][_uuid] = convert(part, bytes32)


@external
def challengeLPP(
    _claimant: address,
    _uuid: uint256,
    _stateMatrix: StateMatrix,
    _preState: Leaf,
    _preStateProof: DynArray[bytes32, TREE_DEPTH],
    _postState: Leaf,
    _postStateProof: DynArray[bytes32, TREE_DEPTH],
):
    """
    @notice Shows that a leaf does not follow from the one before it.
    """
    root: bytes32 = self._tree_root(_claimant, _uuid)
    self._check_leaf(root, _preState, _preStateProof)
    self._check_leaf(root, _postState, _postStateProof)
    state: uint256[25] = self._lanes(_stateMatrix)
    if keccak._commitment(state) != _preState.stateCommitment:
        raw_revert(method_id("InvalidPreimage()"))
    if _preState.index + 1 != _postState.index:
        raw_revert(method_id("StatesNotContiguous()"))
    self._counter(_claimant, _uuid, state, _postState)


@external
def challengeFirstLPP(
    _claimant: address, _uuid: uint256, _postState: Leaf, _postStateProof: DynArray[bytes32, TREE_DEPTH]
):
    """
    @notice Shows that the first leaf is wrong.
    """
    self._check_leaf(self._tree_root(_claimant, _uuid), _postState, _postStateProof)
    if _postState.index != 0:
        raw_revert(method_id("StatesNotContiguous()"))
    self._counter(_claimant, _uuid, empty(uint256[25]), _postState)


@internal
def _counter(_claimant: address, _uuid: uint256, _state: uint256[25], _postState: Leaf):
    found: bytes32 = keccak._commitment(keccak._absorb(_state, _postState.input))
    if found == _postState.stateCommitment:
        raw_revert(method_id("PostStateMatches()"))
    self._metadata[_claimant][_uuid] = (self._metadata[_claimant][_uuid] >> 64 << 64) | 1
    self._pay_out(_claimant, _uuid, msg.sender)


@external
def squeezeLPP(
    _claimant: address,
    _uuid: uint256,
    _stateMatrix: StateMatrix,
    _preState: Leaf,
    _preStateProof: DynArray[bytes32, TREE_DEPTH],
    _postState: Leaf,
    _postStateProof: DynArray[bytes32, TREE_DEPTH],
):
    """
    @notice Executes the last block, when nobody can object any more, and makes the part available.
    """
    metadata: uint256 = self._metadata[_claimant][_uuid]
    if metadata & (2**64 - 1) != 0:
        raw_revert(method_id("BadProposal()"))
    # Zero means that leaves are still missing, and not that they have been there for ages.
    finalized: uint256 = metadata >> 192
    if finalized == 0 or block.timestamp - finalized <= CHALLENGE_PERIOD:
        raw_revert(method_id("ActiveProposal()"))
    root: bytes32 = self._tree_root(_claimant, _uuid)
    self._check_leaf(root, _preState, _preStateProof)
    self._check_leaf(root, _postState, _postStateProof)
    state: uint256[25] = self._lanes(_stateMatrix)
    if keccak._commitment(state) != _preState.stateCommitment:
        raw_revert(method_id("InvalidPreimage()"))
    last: uint256 = ((metadata >> 96) & U32) - 1
    if _preState.index + 1 != _postState.index or _postState.index != last:
        raw_revert(method_id("StatesNotContiguous()"))
    key: bytes32 = self._key(keccak._digest(keccak._absorb(state, _postState.input)), KECCAK256)
    offset: uint256 = (metadata >> 160) & U32
    self.preimagePartOk[key][offset] = True
    self.preimageParts[key][offset] = self.proposalParts[_claimant][_uuid]
    self.preimageLengths[key] = self._claimed_size(metadata)
    self._pay_out(_claimant, _uuid, _claimant)


@internal
@pure
def _claimed_size(_proposal: uint256) -> uint256:
    return (_proposal >> 128) & U32


@internal
@pure
def _lanes(_matrix: StateMatrix) -> uint256[25]:
    state: uint256[25] = empty(uint256[25])
    for i: uint256 in range(25):
        state[i] = convert(_matrix.state[i], uint256)
    return state


@internal
@view
def _tree_root(_claimant: address, _uuid: uint256) -> bytes32:
    size: uint256 = (self._metadata[_claimant][_uuid] >> 96) & U32
    root: bytes32 = empty(bytes32)
    zero: bytes32 = empty(bytes32)
    for height: uint256 in range(TREE_DEPTH):
        if size % 2 == 1:
            root = keccak256(concat(self.proposalBranches[_claimant][_uuid][height], root))
        else:
            root = keccak256(concat(root, zero))
        zero = keccak256(concat(zero, zero))
        size = size // 2
    return root


@internal
@pure
def _check_leaf(_root: bytes32, _leaf: Leaf, _proof: DynArray[bytes32, TREE_DEPTH]):
    node: bytes32 = keccak256(concat(_leaf.input, convert(_leaf.index, bytes32), _leaf.stateCommitment))
    for height: uint256 in range(TREE_DEPTH):
        other: bytes32 = empty(bytes32)
        if height < len(_proof):
            other = _proof[height]
        if (_leaf.index >> height) % 2 == 1:
            node = keccak256(concat(other, node))
        else:
            node = keccak256(concat(node, other))
    if node != _root:
        raw_revert(method_id("InvalidProof()"))


@internal
def _pay_out(_claimant: address, _uuid: uint256, _recipient: address):
    bond: uint256 = self.proposalBonds[_claimant][_uuid]
    self.proposalBonds[_claimant][_uuid] = 0
    if not raw_call(_recipient, b"", value=bond, revert_on_failure=False):
        raw_revert(method_id("BondTransferFailed()"))
