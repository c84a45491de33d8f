# pragma version 0.4.3
# pragma evm-version paris
"""
@title Proxy
@license MIT
@notice Stands at the address of a predeploy and runs the code of its implementation on its own storage.
        The upgrade transactions of the forks come from the zero address, which may change the implementation.
        Specification: protocol/predeploys.md; EIP-1967, whose storage slots the layout file assigns.
"""

event Upgraded:
    implementation: indexed(address)

event AdminChanged:
    previousAdmin: address
    newAdmin: address

# More of what a call returns is cut off. Memory costs gas, and upgrade transactions have little of it.
MAX_OUTPUT: constant(uint256) = 1_024

_implementation: address
_admin: address


@external
@payable
@raw_return
def upgradeTo(_new: address) -> Bytes[MAX_OUTPUT]:
    if not self._is_admin():
        return self._delegate()
    self._implementation = _new
    log Upgraded(implementation=_new)
    return b""


@external
@payable
@raw_return
def changeAdmin(_new: address) -> Bytes[MAX_OUTPUT]:
    if not self._is_admin():
        return self._delegate()
    log AdminChanged(previousAdmin=self._admin, newAdmin=_new)
    self._admin = _new
    return b""


@external
@payable
@raw_return
def implementation() -> Bytes[MAX_OUTPUT]:
    if not self._is_admin():
        return self._delegate()
    return abi_encode(self._implementation)


@external
@payable
@raw_return
def admin() -> Bytes[MAX_OUTPUT]:
    if not self._is_admin():
        return self._delegate()
    return abi_encode(self._admin)


@external
@payable
@raw_return
def __default__() -> Bytes[MAX_OUTPUT]:
    return self._delegate()


@internal
@view
def _is_admin() -> bool:
    return msg.sender == self._admin or msg.sender == empty(address)


@internal
def _delegate() -> Bytes[MAX_OUTPUT]:
    return raw_call(self._implementation, msg.data, max_outsize=MAX_OUTPUT, is_delegate_call=True)
