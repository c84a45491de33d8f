# pragma version 0.4.3
# pragma evm-version paris
"""
@title RLP
@license MIT
@notice The number in an RLP-encoded block header, which may be anything.
"""

MAX_HEADER: constant(uint256) = 2048
MAX_ITEMS: constant(uint256) = 32
NUMBER_INDEX: constant(uint256) = 8


@internal
@pure
def _header_number(_header: Bytes[MAX_HEADER]) -> uint256:
    """
    @notice The ninth item of a list.
    """
    size: uint256 = len(_header)
    offset: uint256 = 0
    length: uint256 = 0
    isList: bool = False
    offset, length, isList = self._item(_header, 0, size)
    if not isList:
        raw_revert(method_id("UnexpectedString()"))
    if offset + length != size:
        raw_revert(method_id("InvalidDataRemainder()"))
    position: uint256 = offset
    at: uint256 = 0
    count: uint256 = 0
    numberOffset: uint256 = 0
    numberLength: uint256 = 0
    numberIsList: bool = False
    for i: uint256 in range(MAX_ITEMS + 1):
        if position >= size:
            break
        offset, length, isList = self._item(_header, position, size)
        if i == MAX_ITEMS:
            self._out_of_bounds()
        if i == NUMBER_INDEX:
            at = position
            numberOffset = offset
            numberLength = length
            numberIsList = isList
        position += offset + length
        count += 1
    if count <= NUMBER_INDEX:
        self._out_of_bounds()
    if numberIsList:
        raw_revert(method_id("UnexpectedList()"))
    if numberLength > 32:
        raw_revert(method_id("InvalidHeaderRLP()"))
    return self._number(_header, at + numberOffset, numberLength)


@internal
@pure
def _item(_data: Bytes[MAX_HEADER], _position: uint256, _end: uint256) -> (uint256, uint256, bool):
    """
    @notice Where the content of an item begins, counted from the item, how long it is, and whether it is a list.
    """
    if _position >= _end:
        raw_revert(method_id("EmptyItem()"))
    size: uint256 = _end - _position
    first: uint256 = self._number(_data, _position, 1)
    if first < 128:
        return 0, 1, False
    isList: bool = first >= 192
    short: uint256 = first - 128
    if isList:
        short = first - 192
    if short <= 55:
        if size <= short:
            raw_revert(method_id("ContentLengthMismatch()"))
        if not isList and short == 1 and self._number(_data, _position + 1, 1) < 128:
            raw_revert(method_id("InvalidHeader()"))
        return 1, short, isList
    width: uint256 = short - 55
    if size <= width:
        raw_revert(method_id("ContentLengthMismatch()"))
    length: uint256 = self._number(_data, _position + 1, width)
    if length <= 55 or self._number(_data, _position + 1, 1) == 0:
        raw_revert(method_id("InvalidHeader()"))
    if length >= size or size <= width + length:
        raw_revert(method_id("ContentLengthMismatch()"))
    return 1 + width, length, isList


@internal
@pure
def _number(_data: Bytes[MAX_HEADER], _position: uint256, _length: uint256) -> uint256:
    """
    @notice Up to 32 bytes as a number. What they must be in is known to be long enough.
    """
    number: uint256 = 0
    for i: uint256 in range(_length, bound=32):
        number = (number << 8) | convert(slice(_data, _position + i, 1), uint256)
    return number


@internal
@pure
def _out_of_bounds():
    raw_revert(abi_encode(convert(50, uint256), method_id=method_id("Panic(uint256)")))
