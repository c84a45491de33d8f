# pragma version 0.4.3
# pragma evm-version paris
"""
@title AlphabetVM
@license MIT
@notice A machine for games in tests: a state is a step's number and a letter, and each step increases both by
        one. Its lower games have 8 steps. The first leads to the number 16 times the agreed L2 block plus
        FIRST_STEP: the reference's contract adds 0 there, but the trace that its challenger plays by adds 1.
"""

MAX_STATE: constant(uint256) = 1024
MAX_PROOF: constant(uint256) = 16384
L2_BLOCK_NUMBER_IDENT: constant(uint256) = 4

interface PreimageOracle:
    def readPreimage(_key: bytes32, _offset: uint256) -> (bytes32, uint256): view

ABSOLUTE_PRESTATE: immutable(bytes32)
ORACLE: immutable(address)
FIRST_STEP: immutable(uint256)


@deploy
def __init__(_absolutePrestate: bytes32, _oracle: address, _firstStep: uint256):
    ABSOLUTE_PRESTATE = _absolutePrestate
    ORACLE = _oracle
    FIRST_STEP = _firstStep


@external
@view
def oracle() -> address:
    return ORACLE


@external
@view
def step(_stateData: Bytes[MAX_STATE], _proof: Bytes[MAX_PROOF], _localContext: bytes32) -> bytes32:
    index: uint256 = 0
    letter: uint256 = 0
    if (convert(keccak256(_stateData), uint256) ^ convert(ABSOLUTE_PRESTATE, uint256)) << 8 == 0:
        number: uint256 = self._l2_block_number(_localContext)
        if number == 0:
            self._overflow()
        index = ((number - 1) << 4) + FIRST_STEP
        letter = extract32(_stateData, 0, output_type=uint256) + index
    else:
        index = extract32(_stateData, 0, output_type=uint256)
        letter = extract32(_stateData, 32, output_type=uint256)
        if max(index, letter) == max_value(uint256):
            self._overflow()
        index += 1
        letter += 1
    digest: uint256 = convert(keccak256(abi_encode(index, letter)), uint256)
    # Its states always say "invalid".
    return convert((digest << 8 >> 8) | (1 << 248), bytes32)


@internal
@view
def _l2_block_number(_localContext: bytes32) -> uint256:
    """
    @notice The lower half of the number that the game has put into the oracle, behind the 8 bytes of its length.
    """
    key: bytes32 = convert((1 << 248) | L2_BLOCK_NUMBER_IDENT, bytes32)
    digest: uint256 = convert(keccak256(abi_encode(key, msg.sender, _localContext)), uint256)
    localized: bytes32 = convert((digest << 8 >> 8) | (1 << 248), bytes32)
    part: bytes32 = empty(bytes32)
    size: uint256 = 0
    part, size = staticcall PreimageOracle(ORACLE).readPreimage(localized, 0)
    return convert(part, uint256) >> 128 & (2**32 - 1)


@internal
@pure
def _overflow():
    raw_revert(abi_encode(convert(17, uint256), method_id=method_id("Panic(uint256)")))
