# pragma version 0.4.3
# pragma evm-version paris
"""
@title L2ToL1MessagePasser
@license MIT
@notice Keeps the withdrawals that L1 can be shown proofs of.
        Specification: protocol/withdrawals.md, The L2ToL1MessagePasser Contract.
"""

event MessagePassed:
    nonce: indexed(uint256)
    sender: indexed(address)
    target: indexed(address)
    value: uint256
    gasLimit: uint256
    data: Bytes[MAX_DATA]
    withdrawalHash: bytes32

MAX_DATA: constant(uint256) = 32_768
RECEIVE_GAS: constant(uint256) = 100_000
MESSAGE_VERSION: constant(uint256) = 1
NONCE: constant(uint256) = 0  # slot 1
U240: constant(uint256) = 2**240 - 1

# All of storage but slot 0, so index i is slot i + 1. The proofs of L1 want sentMessages at slot 0 as Solidity
# places the entries of a mapping, keccak256(key ++ slot); a HashMap would put the two the other way round.
_after_slot_0: uint256[2**256 - 2]


@external
@pure
def version() -> String[16]:
    return "1.1.1-pyoprollup"


@external
@pure
def MESSAGE_VERSION_NUMBER() -> uint16:
    return convert(MESSAGE_VERSION, uint16)


@external
@view
def sentMessages(_withdrawalHash: bytes32) -> bool:
    return self._after_slot_0[self._sent(_withdrawalHash)] != 0


@external
@view
def messageNonce() -> uint256:
    """
    @notice The nonce of the next withdrawal, with the version in its top two bytes.
    """
    return self._nonce()


@external
@payable
def initiateWithdrawal(_target: address, _gasLimit: uint256, _data: Bytes[MAX_DATA]):
    self._withdraw(_target, _gasLimit, _data)


@external
@payable
def __default__():
    """
    @notice Money sent here is withdrawn to the same account on L1.
    """
    if len(msg.data) != 0:
        raw_revert(b"")
    self._withdraw(msg.sender, RECEIVE_GAS, b"")


@internal
@payable
def _withdraw(_target: address, _gas: uint256, _data: Bytes[MAX_DATA]):
    nonce: uint256 = self._nonce()
    hash: bytes32 = keccak256(abi_encode(nonce, msg.sender, _target, msg.value, _gas, _data))
    self._after_slot_0[self._sent(hash)] = 1
    self._after_slot_0[NONCE] = unsafe_add(nonce, 1) & U240
    log MessagePassed(
        nonce=nonce,
        sender=msg.sender,
        target=_target,
        value=msg.value,
        gasLimit=_gas,
        data=_data,
        withdrawalHash=hash,
    )


@internal
@view
def _nonce() -> uint256:
    return self._after_slot_0[NONCE] & U240 | MESSAGE_VERSION << 240


@internal
@pure
def _sent(_hash: bytes32) -> uint256:
    return convert(keccak256(concat(_hash, empty(bytes32))), uint256) - 1
