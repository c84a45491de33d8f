# pragma version 0.4.3
# pragma evm-version paris
"""
@title SystemConfig
@license MIT
@notice What the operator of a chain can change about it, told to the rollup nodes by events.
        Specification: protocol/system-config.md and the pages of Holocene, Isthmus and Jovian.
"""

event ConfigUpdate:
    version: indexed(uint256)
    updateType: indexed(uint8)
    data: Bytes[64]

event OwnershipTransferred:
    previousOwner: indexed(address)
    newOwner: indexed(address)

BATCHER: constant(uint8) = 0
FEE_SCALARS: constant(uint8) = 1
GAS_LIMIT: constant(uint8) = 2
UNSAFE_BLOCK_SIGNER: constant(uint8) = 3
EIP_1559_PARAMS: constant(uint8) = 4
OPERATOR_FEE_PARAMS: constant(uint8) = 5
MIN_BASE_FEE: constant(uint8) = 6
DA_FOOTPRINT_GAS_SCALAR: constant(uint8) = 7

MINIMUM_GAS_LIMIT: constant(uint64) = 21_000_000
MAXIMUM_GAS_LIMIT: constant(uint64) = 500_000_000

# Their values at genesis are in the allocation: there is no constructor.
owner: public(address)
batcherHash: public(bytes32)
overhead: public(uint256)
scalar: public(uint256)
gasLimit: public(uint64)
basefeeScalar: public(uint32)
blobbasefeeScalar: public(uint32)
eip1559Denominator: public(uint32)
eip1559Elasticity: public(uint32)
operatorFeeScalar: public(uint32)
operatorFeeConstant: public(uint64)
minBaseFee: public(uint64)
daFootprintGasScalar: public(uint16)
unsafeBlockSigner: public(address)


@external
@pure
def version() -> String[16]:
    return "3.0.0-pyoprollup"


@external
@pure
def minimumGasLimit() -> uint64:
    return MINIMUM_GAS_LIMIT


@external
@pure
def maximumGasLimit() -> uint64:
    return MAXIMUM_GAS_LIMIT


@external
def transferOwnership(newOwner: address):
    self._only_owner()
    assert newOwner != empty(address), "Ownable: new owner is the zero address"
    log OwnershipTransferred(previousOwner=self.owner, newOwner=newOwner)
    self.owner = newOwner


@external
def setUnsafeBlockSigner(_unsafeBlockSigner: address):
    self._only_owner()
    self.unsafeBlockSigner = _unsafeBlockSigner
    self._update(UNSAFE_BLOCK_SIGNER, convert(_unsafeBlockSigner, uint256))


@external
def setBatcherHash(_batcherHash: bytes32):
    self._only_owner()
    self.batcherHash = _batcherHash
    self._update(BATCHER, convert(_batcherHash, uint256))


@external
def setGasConfig(_overhead: uint256, _scalar: uint256):
    """
    @notice The fee scalars as they were before Ecotone.
    """
    self._only_owner()
    assert _scalar >> 248 == 0, "SystemConfig: scalar exceeds max."
    self.overhead = _overhead
    self.scalar = _scalar
    self._update_scalars(_overhead, _scalar)


@external
def setGasConfigEcotone(_basefeeScalar: uint32, _blobbasefeeScalar: uint32):
    self._only_owner()
    self.basefeeScalar = _basefeeScalar
    self.blobbasefeeScalar = _blobbasefeeScalar
    self.scalar = 1 << 248 | convert(_blobbasefeeScalar, uint256) << 32 | convert(_basefeeScalar, uint256)
    self._update_scalars(self.overhead, self.scalar)


@external
def setGasLimit(_gasLimit: uint64):
    self._only_owner()
    assert _gasLimit >= MINIMUM_GAS_LIMIT, "SystemConfig: gas limit too low"
    assert _gasLimit <= MAXIMUM_GAS_LIMIT, "SystemConfig: gas limit too high"
    self.gasLimit = _gasLimit
    self._update(GAS_LIMIT, convert(_gasLimit, uint256))


@external
def setEIP1559Params(_denominator: uint32, _elasticity: uint32):
    self._only_owner()
    assert _denominator >= 1, "SystemConfig: denominator must be >= 1"
    assert _elasticity >= 1, "SystemConfig: elasticity must be >= 1"
    self.eip1559Denominator = _denominator
    self.eip1559Elasticity = _elasticity
    self._update(EIP_1559_PARAMS, convert(_denominator, uint256) << 32 | convert(_elasticity, uint256))


@external
def setOperatorFeeScalars(_operatorFeeScalar: uint32, _operatorFeeConstant: uint64):
    self._only_owner()
    self.operatorFeeScalar = _operatorFeeScalar
    self.operatorFeeConstant = _operatorFeeConstant
    packed: uint256 = convert(_operatorFeeScalar, uint256) << 64 | convert(_operatorFeeConstant, uint256)
    self._update(OPERATOR_FEE_PARAMS, packed)


@external
def setMinBaseFee(_minBaseFee: uint64):
    self._only_owner()
    self.minBaseFee = _minBaseFee
    self._update(MIN_BASE_FEE, convert(_minBaseFee, uint256))


@external
def setDAFootprintGasScalar(_daFootprintGasScalar: uint16):
    self._only_owner()
    self.daFootprintGasScalar = _daFootprintGasScalar
    self._update(DA_FOOTPRINT_GAS_SCALAR, convert(_daFootprintGasScalar, uint256))


@internal
@view
def _only_owner():
    assert msg.sender == self.owner, "Ownable: caller is not the owner"


@internal
def _update(_type: uint8, _word: uint256):
    log ConfigUpdate(version=0, updateType=_type, data=abi_encode(_word))


@internal
def _update_scalars(_overhead: uint256, _scalar: uint256):
    log ConfigUpdate(version=0, updateType=FEE_SCALARS, data=abi_encode(_overhead, _scalar))
