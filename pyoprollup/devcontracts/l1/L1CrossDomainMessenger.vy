# pragma version 0.4.3
# pragma evm-version paris
"""
@title L1CrossDomainMessenger
@license MIT
@notice Sends messages to contracts on L2, which learn there who sent them. Messages from L2 do not arrive here:
        the deposit contract beside it proves no withdrawals.
        Specification: protocol/messengers.md.
"""

interface OptimismPortal:
    def depositTransaction(
        _to: address, _value: uint256, _gasLimit: uint64, _isCreation: bool, _data: Bytes[MAX_CALL]
    ): payable

event SentMessage:
    target: indexed(address)
    sender: address
    message: Bytes[MAX_MESSAGE]
    messageNonce: uint256
    gasLimit: uint256

event SentMessageExtension1:
    sender: indexed(address)
    value: uint256

MAX_MESSAGE: constant(uint256) = 16_384
MAX_CALL: constant(uint256) = MAX_MESSAGE + 4 + 7 * 32
MESSAGE_VERSION: constant(uint256) = 1
RELAY: constant(Bytes[4]) = method_id("relayMessage(uint256,address,address,uint256,uint256,bytes)")

# What a message costs on L2 besides what its target does.
RELAY_OVERHEAD: constant(uint256) = 316_000
GAS_PER_BYTE: constant(uint256) = 40

OTHER_MESSENGER: public(constant(address)) = 0x4200000000000000000000000000000000000007

# Its value at genesis is in the allocation: there is no constructor.
PORTAL: public(address)
_nonce: uint256


@external
@pure
def version() -> String[16]:
    return "2.4.1-pyoprollup"


@external
@view
def messageNonce() -> uint256:
    """
    @notice The nonce of the next message, with the version in its top two bytes.
    """
    return self._nonce | MESSAGE_VERSION << 240


@external
@pure
def baseGas(_message: Bytes[MAX_MESSAGE], _minGasLimit: uint32) -> uint64:
    return self._base_gas(len(_message), convert(_minGasLimit, uint256))


@external
@payable
def sendMessage(_target: address, _message: Bytes[MAX_MESSAGE], _minGasLimit: uint32):
    """
    @notice Have the target called on L2 with this message, and with the money that is paid in here.
    """
    nonce: uint256 = self._nonce | MESSAGE_VERSION << 240
    gas_limit: uint256 = convert(_minGasLimit, uint256)
    self._nonce += 1
    extcall OptimismPortal(self.PORTAL).depositTransaction(
        OTHER_MESSENGER,
        msg.value,
        self._base_gas(len(_message), gas_limit),
        False,
        abi_encode(nonce, msg.sender, _target, msg.value, gas_limit, _message, method_id=RELAY),
        value=msg.value,
    )
    log SentMessage(target=_target, sender=msg.sender, message=_message, messageNonce=nonce, gasLimit=gas_limit)
    log SentMessageExtension1(sender=msg.sender, value=msg.value)


@internal
@pure
def _base_gas(_size: uint256, _min_gas: uint256) -> uint64:
    return convert(RELAY_OVERHEAD + GAS_PER_BYTE * _size + _min_gas * 64 // 63, uint64)
