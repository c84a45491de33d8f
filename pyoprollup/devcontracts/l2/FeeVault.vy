# pragma version 0.4.3
# pragma evm-version paris
"""
@title FeeVault
@license MIT
@notice Collects one kind of fee, and lets anybody send it on to whom it belongs.
        Specification: protocol/predeploys.md, the fee vaults; protocol/exec-engine.md, Fees.
"""

interface MessagePasser:
    def initiateWithdrawal(_target: address, _gasLimit: uint256, _data: Bytes[32]): payable

event Withdrawal:
    value: uint256
    to: address
    sender: address
    withdrawalNetwork: uint8

MESSAGE_PASSER: constant(address) = 0x4200000000000000000000000000000000000016
WITHDRAWAL_GAS: constant(uint256) = 400_000
L1: constant(uint8) = 0

# Their values at genesis are in the allocation: there is no constructor.
totalProcessed: public(uint256)
RECIPIENT: public(address)
MIN_WITHDRAWAL_AMOUNT: public(uint256)
WITHDRAWAL_NETWORK: public(uint8)


@external
@pure
def version() -> String[16]:
    return "1.5.0-pyoprollup"


@external
@payable
def __default__():
    if len(msg.data) != 0:
        raw_revert(b"")


@external
def withdraw():
    """
    @notice Send everything to the recipient, on L1 through a withdrawal or on L2 at once.
    """
    value: uint256 = self.balance
    assert value >= self.MIN_WITHDRAWAL_AMOUNT, "FeeVault: withdrawal amount must be greater than minimum"
    self.totalProcessed += value
    to: address = self.RECIPIENT
    log Withdrawal(value=value, to=to, sender=msg.sender, withdrawalNetwork=self.WITHDRAWAL_NETWORK)
    if self.WITHDRAWAL_NETWORK == L1:
        extcall MessagePasser(MESSAGE_PASSER).initiateWithdrawal(to, WITHDRAWAL_GAS, b"", value=value)
    else:
        raw_call(to, b"", value=value)
