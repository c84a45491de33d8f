# pragma version 0.4.3
# pragma evm-version paris
"""
@title OptimismPortal
@license MIT
@notice Deposits to L2, as an event that every rollup node reads. There are no withdrawals here, and no
        market for L2 gas: a deposit may ask for as much as its sender likes.
        Specification: protocol/deposits.md, Deposit contract.
"""

event TransactionDeposited:
    sender: indexed(address)
    to: indexed(address)
    version: indexed(uint256)
    opaqueData: Bytes[MAX_OPAQUE]

MAX_DATA: constant(uint256) = 120_000
MAX_OPAQUE: constant(uint256) = MAX_DATA + 73
ALIAS_OFFSET: constant(uint160) = 97_431_955_772_380_292_505_369_553_133_200_691_419_628_441_873
RECEIVE_GAS: constant(uint64) = 100_000
ZERO_WORD: constant(bytes32) = empty(bytes32)
TOPIC: constant(bytes32) = keccak256("TransactionDeposited(address,address,uint256,bytes)")


@external
@pure
def version() -> String[16]:
    return "2.8.1-pyoprollup"


@external
@pure
def minimumGasLimit(_byteCount: uint64) -> uint64:
    return self._minimum_gas_limit(convert(_byteCount, uint256))


@external
@payable
def depositTransaction(_to: address, _value: uint256, _gasLimit: uint64, _isCreation: bool, _data: Bytes[MAX_DATA]):
    """
    @notice A transaction on L2 that nobody there can refuse. What is paid in here is minted there.
    """
    if _isCreation and _to != empty(address):
        raw_revert(method_id("BadTarget()"))
    size: uint256 = len(_data)
    if _gasLimit < self._minimum_gas_limit(size):
        raw_revert(method_id("SmallGasLimit()"))
    padding: Bytes[32] = slice(ZERO_WORD, 0, (32 - (size + 73) % 32) % 32)
    # One buffer for the whole event: concat reads the call's data where it is.
    raw_log(
        [TOPIC, self._word(self._depositor()), self._word(_to), empty(bytes32)],
        concat(
            convert(32, bytes32),
            convert(size + 73, bytes32),
            convert(msg.value, bytes32),
            convert(_value, bytes32),
            convert(_gasLimit, bytes8),
            b"\x01" if _isCreation else b"\x00",
            _data,
            padding,
        ),
    )


@external
@payable
def donateETH():
    """
    @notice Takes money for nothing.
    """
    pass


@external
@payable
def __default__():
    """
    @notice Money sent here is sent on to the same account on L2.
    """
    if len(msg.data) != 0:
        raw_revert(b"")
    log TransactionDeposited(
        sender=self._depositor(),
        to=msg.sender,
        version=0,
        opaqueData=concat(
            convert(msg.value, bytes32), convert(msg.value, bytes32), convert(RECEIVE_GAS, bytes8), b"\x00"
        ),
    )


@internal
@pure
def _minimum_gas_limit(_size: uint256) -> uint64:
    return convert(_size * 40 + 21_000, uint64)


@internal
@view
def _depositor() -> address:
    """
    @notice Contracts appear on L2 under another address: their code there may be somebody else's.
    """
    if msg.sender == tx.origin:
        return msg.sender
    return convert(unsafe_add(convert(msg.sender, uint160), ALIAS_OFFSET), address)


@internal
@pure
def _word(_account: address) -> bytes32:
    return convert(convert(_account, uint256), bytes32)
