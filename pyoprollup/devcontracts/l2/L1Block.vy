# pragma version 0.4.3
# pragma evm-version paris
"""
@title L1Block
@license MIT
@notice What L2 knows of L1, written by the first transaction of every block. The packed forms of all forks are
        understood; storage is as execution clients read it, two or more values to a word.
        Specification: protocol/predeploys.md and the forks' l1-attributes.md.
"""

DEPOSITOR: constant(address) = 0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001
U64: constant(uint256) = 2**64 - 1
U32: constant(uint256) = 2**32 - 1
U16: constant(uint256) = 2**16 - 1

_number_time: uint256
_basefee: uint256
_hash: bytes32
_sequence_scalars: uint256
_batcher_hash: bytes32
_fee_overhead: uint256
_fee_scalar: uint256
_blob_base_fee: uint256
_operator_fee: uint256


@external
def setL1BlockValues(
    _number: uint64,
    _timestamp: uint64,
    _basefee: uint256,
    _hash: bytes32,
    _sequenceNumber: uint64,
    _batcherHash: bytes32,
    _l1FeeOverhead: uint256,
    _l1FeeScalar: uint256,
):
    """
    @notice The form of Bedrock, each value a word.
    """
    assert msg.sender == DEPOSITOR, "L1Block: only the depositor account can set L1 block values"
    self._number_time = convert(_number, uint256) | convert(_timestamp, uint256) << 64
    self._basefee = _basefee
    self._hash = _hash
    scalars: uint256 = self._sequence_scalars >> 64 << 64
    self._sequence_scalars = scalars | convert(_sequenceNumber, uint256)
    self._batcher_hash = _batcherHash
    self._fee_overhead = _l1FeeOverhead
    self._fee_scalar = _l1FeeScalar


@external
def setL1BlockValuesEcotone():
    self._set_ecotone()


@external
def setL1BlockValuesInterop():
    self._set_ecotone()


@external
def depositsComplete():
    """
    @notice The marker after the user deposits of the first design of interop; there is nothing to do.
    """
    self._only_depositor()


@external
def setL1BlockValuesIsthmus():
    self._set_ecotone()
    self._operator_fee = self._operator_fee_of_call()


@external
def setL1BlockValuesJovian():
    self._set_ecotone()
    footprint: uint256 = convert(slice(msg.data, 176, 2), uint256)
    self._operator_fee = self._operator_fee_of_call() | footprint << 96


@internal
@view
def _only_depositor():
    if msg.sender != DEPOSITOR:
        raw_revert(method_id("NotDepositor()"))


@internal
def _set_ecotone():
    """
    @notice From byte 4: base fee scalar and blob base fee scalar (4 bytes each), sequence number, time, number
            (8 bytes each), base fee, blob base fee, hash, batcher hash (words).
    """
    self._only_depositor()
    head: uint256 = convert(slice(msg.data, 4, 32), uint256)
    blob_scalar: uint256 = head >> 192 & U32
    self._sequence_scalars = head >> 128 & U64 | blob_scalar << 64 | head >> 224 << 96
    self._number_time = head & U64 | (head >> 64 & U64) << 64
    self._basefee = convert(slice(msg.data, 36, 32), uint256)
    self._blob_base_fee = convert(slice(msg.data, 68, 32), uint256)
    self._hash = convert(slice(msg.data, 100, 32), bytes32)
    self._batcher_hash = convert(slice(msg.data, 132, 32), bytes32)


@internal
@view
def _operator_fee_of_call() -> uint256:
    """
    @notice At byte 164: scalar (4 bytes) and constant (8 bytes). They are stored as they come.
    """
    return convert(slice(msg.data, 164, 12), uint256)


# --- what it is asked


@external
@pure
def version() -> String[16]:
    return "1.7.0-pyoprollup"


@external
@pure
def DEPOSITOR_ACCOUNT() -> address:
    return DEPOSITOR


@external
@view
def number() -> uint64:
    return convert(self._number_time & U64, uint64)


@external
@view
def timestamp() -> uint64:
    return convert(self._number_time >> 64 & U64, uint64)


@external
@view
def basefee() -> uint256:
    return self._basefee


@external
@view
def hash() -> bytes32:
    return self._hash


@external
@view
def sequenceNumber() -> uint64:
    return convert(self._sequence_scalars & U64, uint64)


@external
@view
def blobBaseFeeScalar() -> uint32:
    return convert(self._sequence_scalars >> 64 & U32, uint32)


@external
@view
def baseFeeScalar() -> uint32:
    return convert(self._sequence_scalars >> 96 & U32, uint32)


@external
@view
def batcherHash() -> bytes32:
    return self._batcher_hash


@external
@view
def l1FeeOverhead() -> uint256:
    return self._fee_overhead


@external
@view
def l1FeeScalar() -> uint256:
    return self._fee_scalar


@external
@view
def blobBaseFee() -> uint256:
    return self._blob_base_fee


@external
@view
def operatorFeeConstant() -> uint64:
    return convert(self._operator_fee & U64, uint64)


@external
@view
def operatorFeeScalar() -> uint32:
    return convert(self._operator_fee >> 64 & U32, uint32)


@external
@view
def daFootprintGasScalar() -> uint16:
    return convert(self._operator_fee >> 96 & U16, uint16)
