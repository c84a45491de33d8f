# pragma version 0.4.3
# pragma evm-version paris
"""
@title GasPriceOracle
@license MIT
@notice Tells wallets what a transaction will pay for its place on L1, under the rules of every fork.
        Specification: protocol/exec-engine.md, Fees, and protocol/fjord/predeploys.md. Unsigned transactions
        are asked about: the signature is taken to have 68 bytes.
"""

interface L1Block:
    def basefee() -> uint256: view
    def blobBaseFee() -> uint256: view
    def baseFeeScalar() -> uint32: view
    def blobBaseFeeScalar() -> uint32: view
    def l1FeeOverhead() -> uint256: view
    def l1FeeScalar() -> uint256: view
    def operatorFeeScalar() -> uint32: view
    def operatorFeeConstant() -> uint64: view

DEPOSITOR: constant(address) = 0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001
L1_BLOCK: constant(L1Block) = L1Block(0x4200000000000000000000000000000000000015)
DECIMALS: constant(uint256) = 6
MILLION: constant(uint256) = 10**6
SIGNATURE: constant(uint256) = 68
MAX_DATA: constant(uint256) = 131_072

INTERCEPT: constant(uint256) = 42_585_600
COEFFICIENT: constant(uint256) = 836_500
MIN_SIZE: constant(uint256) = 100 * MILLION

ECOTONE: constant(uint256) = 1
FJORD: constant(uint256) = 2**8
ISTHMUS: constant(uint256) = 2**16
JOVIAN: constant(uint256) = 2**24

# A byte for each fork that is active, lowest first, as the real contract's flags lie.
_forks: uint256


@external
@pure
def version() -> String[16]:
    return "1.6.0-pyoprollup"


# --- forks, activated by upgrade transactions


@external
def setEcotone():
    self._activate(ECOTONE, 0, "GasPriceOracle: Ecotone already active")


@external
def setFjord():
    self._activate(FJORD, ECOTONE, "GasPriceOracle: Fjord already active")


@external
def setIsthmus():
    self._activate(ISTHMUS, FJORD, "GasPriceOracle: Isthmus already active")


@external
def setJovian():
    self._activate(JOVIAN, ISTHMUS, "GasPriceOracle: Jovian already active")


@internal
def _activate(_fork: uint256, _before: uint256, _again: String[64]):
    assert msg.sender == DEPOSITOR, "GasPriceOracle: only the depositor account can activate a fork"
    assert self._forks & _before == _before, "GasPriceOracle: the fork before is not active"
    assert self._forks & _fork == 0, _again
    self._forks |= _fork


@internal
@view
def _is(_fork: uint256) -> bool:
    return self._forks & _fork != 0


@external
@view
def isEcotone() -> bool:
    return self._is(ECOTONE)


@external
@view
def isFjord() -> bool:
    return self._is(FJORD)


@external
@view
def isIsthmus() -> bool:
    return self._is(ISTHMUS)


@external
@view
def isJovian() -> bool:
    return self._is(JOVIAN)


# --- what the fees follow from


@external
@view
def gasPrice() -> uint256:
    return block.basefee


@external
@view
def baseFee() -> uint256:
    return block.basefee


@external
@view
def overhead() -> uint256:
    assert not self._is(ECOTONE), "GasPriceOracle: overhead() is deprecated"
    return staticcall L1_BLOCK.l1FeeOverhead()


@external
@view
def scalar() -> uint256:
    assert not self._is(ECOTONE), "GasPriceOracle: scalar() is deprecated"
    return staticcall L1_BLOCK.l1FeeScalar()


@external
@view
def l1BaseFee() -> uint256:
    return staticcall L1_BLOCK.basefee()


@external
@view
def blobBaseFee() -> uint256:
    return staticcall L1_BLOCK.blobBaseFee()


@external
@view
def baseFeeScalar() -> uint32:
    return staticcall L1_BLOCK.baseFeeScalar()


@external
@view
def blobBaseFeeScalar() -> uint32:
    return staticcall L1_BLOCK.blobBaseFeeScalar()


@external
@pure
def decimals() -> uint256:
    return DECIMALS


# --- fees


@external
@view
def getOperatorFee(_gasUsed: uint256) -> uint256:
    """
    @notice The operator fee of a transaction that uses this much gas.
    """
    if not self._is(ISTHMUS):
        return 0
    fee: uint256 = _gasUsed * convert(staticcall L1_BLOCK.operatorFeeScalar(), uint256)
    if self._is(JOVIAN):
        fee *= 100
    else:
        fee = fee // MILLION
    return fee + convert(staticcall L1_BLOCK.operatorFeeConstant(), uint256)


@external
@view
def getL1Fee(_data: Bytes[MAX_DATA]) -> uint256:
    """
    @notice The fee for L1 data of an unsigned transaction.
    """
    if self._is(FJORD):
        return self._fjord_fee(self._fastlz_size(_data) + SIGNATURE)
    gas: uint256 = self._calldata_gas(_data)
    if self._is(ECOTONE):
        return gas * self._scaled_price() // (16 * MILLION)
    gas += staticcall L1_BLOCK.l1FeeOverhead()
    return gas * staticcall L1_BLOCK.basefee() * staticcall L1_BLOCK.l1FeeScalar() // MILLION


@external
@view
def getL1FeeUpperBound(_unsignedTxSize: uint256) -> uint256:
    """
    @notice The most that an unsigned transaction of this size can pay for L1 data.
    """
    assert self._is(FJORD), "GasPriceOracle: getL1FeeUpperBound only supports Fjord"
    size: uint256 = _unsignedTxSize + SIGNATURE
    return self._fjord_fee(size + size // 255 + 16)


@external
@view
def getL1GasUsed(_data: Bytes[MAX_DATA]) -> uint256:
    """
    @notice The L1 gas that an unsigned transaction counts for.
    """
    if self._is(FJORD):
        return self._fjord_size(self._fastlz_size(_data) + SIGNATURE) * 16 // MILLION
    gas: uint256 = self._calldata_gas(_data)
    if self._is(ECOTONE):
        return gas
    return gas + staticcall L1_BLOCK.l1FeeOverhead()


@internal
@view
def _scaled_price() -> uint256:
    fee: uint256 = 16 * staticcall L1_BLOCK.basefee() * convert(staticcall L1_BLOCK.baseFeeScalar(), uint256)
    blob_scalar: uint256 = convert(staticcall L1_BLOCK.blobBaseFeeScalar(), uint256)
    return fee + staticcall L1_BLOCK.blobBaseFee() * blob_scalar


@internal
@view
def _fjord_fee(_size: uint256) -> uint256:
    return self._fjord_size(_size) * self._scaled_price() // 10**12


@internal
@pure
def _fjord_size(_size: uint256) -> uint256:
    """
    @notice Millionths of a byte in a compressed batch, from the size that FastLZ comes to.
    """
    scaled: uint256 = COEFFICIENT * _size
    return max(MIN_SIZE, scaled - min(scaled, INTERCEPT))


@internal
@pure
def _calldata_gas(_data: Bytes[MAX_DATA]) -> uint256:
    gas: uint256 = 16 * SIGNATURE
    for index: uint256 in range(len(_data), bound=MAX_DATA):
        gas += 4 if slice(_data, index, 1) == b"\x00" else 16
    return gas


@internal
@pure
def _fastlz_size(_data: Bytes[MAX_DATA]) -> uint256:
    """
    @notice The size that FastLZ (level 1) compresses to. Only the size is needed: nothing is written.
    """
    total: uint256 = len(_data)
    limit: uint256 = total - min(total, 13)  # no match begins in the last 13 bytes
    table: uint256[8192] = empty(uint256[8192])  # newest position of three bytes, by their hash
    size: uint256 = 0
    anchor: uint256 = 0
    pos: uint256 = 2
    for _step: uint256 in range(MAX_DATA):
        if pos >= limit:
            break
        three: uint256 = convert(slice(_data, pos, 3), uint256)
        key: uint256 = self._hash(three)
        earlier: uint256 = table[key]
        table[key] = pos
        if pos - earlier > 8191 or convert(slice(_data, earlier, 3), uint256) != three:
            pos += 1
            continue
        if pos + 1 >= limit:
            break
        size += self._literals(pos - anchor)
        # From the third byte of the match on: equal bytes, and the first that differs.
        length: uint256 = 0
        end: uint256 = limit + 9
        for count: uint256 in range(MAX_DATA):
            if pos + 3 + count >= end:
                break
            length = count + 1
            if slice(_data, earlier + 3 + count, 1) != slice(_data, pos + 3 + count, 1):
                break
        rest: uint256 = (length - 1) % 262
        size += 3 * ((length - 1) // 262) + (3 if rest >= 6 else 2)
        pos += length
        for after: uint256 in range(2):
            table[self._hash(convert(slice(_data, pos + after, 3), uint256))] = pos + after
        pos += 2
        anchor = pos
    return size + self._literals(total - anchor)


@internal
@pure
def _hash(_three: uint256) -> uint256:
    little_endian: uint256 = _three >> 16 | _three & 65_280 | (_three & 255) << 16
    return (2_654_435_769 * little_endian & 4_294_967_295) >> 19


@internal
@pure
def _literals(_count: uint256) -> uint256:
    rest: uint256 = _count % 32
    return 33 * (_count // 32) + (rest + 1 if rest != 0 else 0)
