# pragma version 0.4.3
# pragma evm-version paris
"""
@title DelayedWETH
@license MIT
@notice The vault of the bonds: what is in it can be withdrawn some time after it was unlocked.
        Specification: fault-proof/stage-one/bond-incentives.md, "DelayedWETH".
"""

interface Config:
    def paused() -> bool: view

struct WithdrawalRequest:
    amount: uint256
    timestamp: uint256

event Approval:
    src: indexed(address)
    guy: indexed(address)
    wad: uint256

event Transfer:
    src: indexed(address)
    dst: indexed(address)
    wad: uint256

event Deposit:
    dst: indexed(address)
    wad: uint256

event Withdrawal:
    src: indexed(address)
    wad: uint256

DELAY_SECONDS: immutable(uint256)
OWNER: immutable(address)
CONFIG: immutable(address)
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
withdrawals: public(HashMap[address, HashMap[address, WithdrawalRequest]])


@deploy
def __init__(_delay: uint256, _owner: address, _config: address):
    DELAY_SECONDS = _delay
    OWNER = _owner
    CONFIG = _config


@external
@payable
def __default__():
    """
    @notice Takes money. The compiler knows one function of a name: the other withdraw() is here.
    """
    if len(msg.data) >= 36 and slice(msg.data, 0, 4) == method_id("withdraw(uint256)"):
        assert msg.value == 0
        self._withdraw(msg.sender, convert(slice(msg.data, 4, 32), uint256))
    else:
        self._deposit()


@external
@pure
def version() -> String[16]:
    return "1.5.1-pyoprollup"


@external
@pure
def name() -> String[16]:
    return "Wrapped Ether"


@external
@pure
def symbol() -> String[8]:
    return "WETH"


@external
@pure
def decimals() -> uint8:
    return 18


@external
@view
def delay() -> uint256:
    return DELAY_SECONDS


@external
@view
def proxyAdminOwner() -> address:
    return OWNER


@external
@view
def systemConfig() -> address:
    return CONFIG


@external
@view
def config() -> address:
    return CONFIG


@external
@view
def totalSupply() -> uint256:
    return self.balance


@external
@payable
def deposit():
    self._deposit()


@external
def unlock(_guy: address, _wad: uint256):
    """
    @notice Begins to wait for a withdrawal of the caller's money, in the name of _guy.
    """
    self.withdrawals[msg.sender][_guy].timestamp = block.timestamp
    self.withdrawals[msg.sender][_guy].amount += _wad


@external
def withdraw(_guy: address, _wad: uint256):
    """
    @notice Pays out what was unlocked in the name of _guy, to the caller.
    """
    self._withdraw(_guy, _wad)


@external
def approve(_guy: address, _wad: uint256) -> bool:
    self.allowance[msg.sender][_guy] = _wad
    log Approval(src=msg.sender, guy=_guy, wad=_wad)
    return True


@external
def transfer(_dst: address, _wad: uint256) -> bool:
    self._transfer(msg.sender, _dst, _wad)
    return True


@external
def transferFrom(_src: address, _dst: address, _wad: uint256) -> bool:
    self._transfer(_src, _dst, _wad)
    return True


@external
def hold(_guy: address, _wad: uint256 = max_value(uint256)):
    """
    @notice The owner takes money of an account, all of it if no amount is given.
    """
    self._only_owner()
    amount: uint256 = _wad
    if len(msg.data) < 68:
        amount = self.balanceOf[_guy]
    self.allowance[_guy][msg.sender] = amount
    log Approval(src=_guy, guy=msg.sender, wad=amount)
    self._transfer(_guy, msg.sender, amount)


@external
def recover(_wad: uint256):
    """
    @notice The owner takes ether, whoever it belongs to.
    """
    self._only_owner()
    assert raw_call(
        msg.sender, b"", value=min(_wad, self.balance), revert_on_failure=False
    ), "DelayedWETH: recover failed"


@internal
@view
def _only_owner():
    assert msg.sender == OWNER, "DelayedWETH: not owner"


@internal
@payable
def _deposit():
    self.balanceOf[msg.sender] += msg.value
    log Deposit(dst=msg.sender, wad=msg.value)


@internal
def _withdraw(_guy: address, _wad: uint256):
    assert not staticcall Config(CONFIG).paused(), "DelayedWETH: contract is paused"
    request: WithdrawalRequest = self.withdrawals[msg.sender][_guy]
    assert request.amount >= _wad, "DelayedWETH: insufficient unlocked withdrawal"
    assert request.timestamp > 0, "DelayedWETH: withdrawal not unlocked"
    assert request.timestamp + DELAY_SECONDS <= block.timestamp, "DelayedWETH: withdrawal delay not met"
    assert self.balanceOf[msg.sender] >= _wad
    self.withdrawals[msg.sender][_guy].amount = request.amount - _wad
    self.balanceOf[msg.sender] -= _wad
    assert raw_call(msg.sender, b"", value=_wad, revert_on_failure=False)
    log Withdrawal(src=msg.sender, wad=_wad)


@internal
def _transfer(_src: address, _dst: address, _wad: uint256):
    assert self.balanceOf[_src] >= _wad
    allowed: uint256 = self.allowance[_src][msg.sender]
    if _src != msg.sender and allowed != max_value(uint256):
        assert allowed >= _wad
        self.allowance[_src][msg.sender] = allowed - _wad
    self.balanceOf[_src] -= _wad
    self.balanceOf[_dst] += _wad
    log Transfer(src=_src, dst=_dst, wad=_wad)
