# pragma version 0.4.3
# pragma evm-version paris
"""
@title L2CrossDomainMessenger
@license MIT
@notice Delivers messages from L1, and sends messages there as withdrawals.
        Specification: protocol/messengers.md.
"""

interface MessagePasser:
    def initiateWithdrawal(_target: address, _gasLimit: uint256, _data: Bytes[MAX_CALL]): payable

event SentMessage:
    target: indexed(address)
    sender: address
    message: Bytes[MAX_MESSAGE]
    messageNonce: uint256
    gasLimit: uint256

event SentMessageExtension1:
    sender: indexed(address)
    value: uint256

event RelayedMessage:
    msgHash: indexed(bytes32)

event FailedRelayedMessage:
    msgHash: indexed(bytes32)

MAX_MESSAGE: constant(uint256) = 16_384
MAX_CALL: constant(uint256) = MAX_MESSAGE + 4 + 7 * 32
MESSAGE_VERSION: constant(uint256) = 1
RELAY: constant(Bytes[4]) = method_id("relayMessage(uint256,address,address,uint256,uint256,bytes)")
MESSAGE_PASSER: constant(address) = 0x4200000000000000000000000000000000000016
ALIAS_OFFSET: constant(uint160) = 97_431_955_772_380_292_505_369_553_133_200_691_419_628_441_873

RELAY_OVERHEAD: constant(uint256) = 316_000
GAS_PER_BYTE: constant(uint256) = 40
# Kept for what comes after the call of the target.
RESERVED_GAS: constant(uint256) = 40_000

# Its value at genesis is in the allocation: there is no constructor.
OTHER_MESSENGER: public(address)
successfulMessages: public(HashMap[bytes32, bool])
failedMessages: public(HashMap[bytes32, bool])
_sender: address
_nonce: uint256


@external
@pure
def version() -> String[16]:
    return "2.1.1-pyoprollup"


@external
@view
def messageNonce() -> uint256:
    """
    @notice The nonce of the next message, with the version in its top two bytes.
    """
    return self._nonce | MESSAGE_VERSION << 240


@external
@view
def xDomainMessageSender() -> address:
    """
    @notice Who sent the message that is being delivered.
    """
    assert self._sender != empty(address), "CrossDomainMessenger: xDomainMessageSender is not set"
    return self._sender


@external
@pure
def baseGas(_message: Bytes[MAX_MESSAGE], _minGasLimit: uint32) -> uint64:
    return convert(self._base_gas(len(_message), convert(_minGasLimit, uint256)), uint64)


@external
@payable
def sendMessage(_target: address, _message: Bytes[MAX_MESSAGE], _minGasLimit: uint32):
    """
    @notice Have the target called on L1 with this message, once the withdrawal is proven there.
    """
    nonce: uint256 = self._nonce | MESSAGE_VERSION << 240
    gas_limit: uint256 = convert(_minGasLimit, uint256)
    self._nonce += 1
    extcall MessagePasser(MESSAGE_PASSER).initiateWithdrawal(
        self.OTHER_MESSENGER,
        self._base_gas(len(_message), gas_limit),
        abi_encode(nonce, msg.sender, _target, msg.value, gas_limit, _message, method_id=RELAY),
        value=msg.value,
    )
    log SentMessage(target=_target, sender=msg.sender, message=_message, messageNonce=nonce, gasLimit=gas_limit)
    log SentMessageExtension1(sender=msg.sender, value=msg.value)


@external
@payable
def relayMessage(
    _nonce: uint256,
    _sender: address,
    _target: address,
    _value: uint256,
    _minGasLimit: uint256,
    _message: Bytes[MAX_MESSAGE],
):
    """
    @notice Deliver a message: for the messenger on L1, or for anybody if that has failed before.
    """
    hash: bytes32 = keccak256(
        abi_encode(_nonce, _sender, _target, _value, _minGasLimit, _message, method_id=RELAY)
    )
    if self._is_other_messenger():
        assert msg.value == _value, "CrossDomainMessenger: the value is not the message's"
        assert not self.failedMessages[hash], "CrossDomainMessenger: message has failed before"
    else:
        assert msg.value == 0, "CrossDomainMessenger: value must be zero unless message is from a system address"
        assert self.failedMessages[hash], "CrossDomainMessenger: message cannot be replayed"
    assert _target != self and _target != MESSAGE_PASSER, "CrossDomainMessenger: blocked target"
    assert not self.successfulMessages[hash], "CrossDomainMessenger: message has already been relayed"
    success: bool = False
    if self._sender == empty(address) and msg.gas >= _minGasLimit * 64 // 63 + 2 * RESERVED_GAS:
        self._sender = _sender
        success = raw_call(
            _target, _message, value=_value, gas=msg.gas - RESERVED_GAS, revert_on_failure=False
        )
        self._sender = empty(address)
    if success:
        self.successfulMessages[hash] = True
        log RelayedMessage(msgHash=hash)
    else:
        self.failedMessages[hash] = True
        log FailedRelayedMessage(msgHash=hash)


@internal
@view
def _is_other_messenger() -> bool:
    aliased: uint160 = unsafe_add(convert(self.OTHER_MESSENGER, uint160), ALIAS_OFFSET)
    return msg.sender == convert(aliased, address)


@internal
@pure
def _base_gas(_size: uint256, _min_gas: uint256) -> uint256:
    return RELAY_OVERHEAD + GAS_PER_BYTE * _size + _min_gas * 64 // 63
