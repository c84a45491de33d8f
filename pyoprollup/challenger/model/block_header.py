"""The number in a block's header, read as the contract reads it, with its errors.

A header comes from whoever objects to a block number, and its hash from whoever proposed it, so both may be
anything.
"""

from __future__ import annotations

from pyoprollup.challenger.model.reverts import (
    ContentLengthMismatch,
    EmptyItem,
    InvalidDataRemainder,
    InvalidHeader,
    InvalidHeaderRLP,
    Panic,
    UnexpectedList,
    UnexpectedString,
)

__all__ = ["header_number"]

_NUMBER_INDEX = 8
_MAX_ITEMS = 32


def header_number(header: bytes) -> int:
    """The block number in an RLP-encoded header: its ninth item.

    Raises :class:`InvalidHeaderRLP`, the errors of RLP, and :class:`Panic` for a list with fewer items than
    nine or more than 32.
    """
    offset, length, is_list = _item(header)
    if not is_list:
        raise UnexpectedString
    if offset + length != len(header):
        raise InvalidDataRemainder
    items: list[bytes] = []
    position = offset
    while position < len(header):
        offset, length, _ = _item(header[position:])
        if len(items) == _MAX_ITEMS:
            raise Panic(0x32)
        items.append(header[position : position + offset + length])
        position += offset + length
    if len(items) <= _NUMBER_INDEX:
        raise Panic(0x32)
    offset, length, is_list = _item(items[_NUMBER_INDEX])
    if is_list:
        raise UnexpectedList
    if length > 32:
        raise InvalidHeaderRLP
    return int.from_bytes(items[_NUMBER_INDEX][offset:], "big")


def _item(data: bytes) -> tuple[int, int, bool]:
    """Where the content of the first item begins, how long it is, and whether it is a list."""
    if not data:
        raise EmptyItem
    first = data[0]
    if first < 0x80:
        return 0, 1, False
    is_list = first >= 0xC0
    short = first - (0xC0 if is_list else 0x80)
    if short <= 55:
        if len(data) <= short:
            raise ContentLengthMismatch
        if not is_list and short == 1 and data[1] < 0x80:
            raise InvalidHeader
        return 1, short, is_list
    width = short - 55
    if len(data) <= width:
        raise ContentLengthMismatch
    length = int.from_bytes(data[1 : 1 + width], "big")
    if data[1] == 0 or length <= 55:
        raise InvalidHeader
    if len(data) <= width + length:
        raise ContentLengthMismatch
    return 1 + width, length, is_list
