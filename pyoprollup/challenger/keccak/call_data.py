"""The call that adds leaves to an upload, read as the contract reads it.

A contract written in Solidity takes any call data whose parts lie within it: what is between and behind them
does not matter, nor is it an error if the last word is not full. A reader that wants the one form that
everybody writes would be blind for what somebody writes in another, and could not challenge it.

Specification: Solidity documentation, Contract ABI Specification, "Strict Encoding Mode".
"""

from __future__ import annotations

from pyoprollup.challenger.keccak.types import InputData
from pyoprollup.errors import DecodeError
from pyoprollup.eth.abi import selector
from pyoprollup.eth.types import U64_MAX, Hash32

__all__ = ["decode_add_leaves"]

_SELECTOR = selector("addLeavesLPP(uint256,uint256,bytes,bytes32[],bool)")
_WORD = 32
_HEAD = 5 * _WORD


def decode_add_leaves(data: bytes) -> tuple[int, InputData] | None:
    """The number of the upload and what is added, from call data; ``None`` for a call of anything else.

    Raises :class:`DecodeError` for arguments that no contract can read.
    """
    if data[:4] != _SELECTOR:
        return None
    arguments = data[4:]
    if len(arguments) < _HEAD:
        raise DecodeError(f"addLeavesLPP: {len(arguments)} bytes of arguments, not {_HEAD} and more")
    uuid, _start, input_at, commitments_at, finalize = (
        _word(arguments, place) for place in range(0, _HEAD, _WORD)
    )
    if finalize > 1:
        raise DecodeError("addLeavesLPP: finalize is neither true nor false")
    packed = _array(arguments, commitments_at, _WORD)
    commitments = [Hash32(packed[place : place + _WORD]) for place in range(0, len(packed), _WORD)]
    return uuid, InputData(_array(arguments, input_at, 1), tuple(commitments), bool(finalize))


def _word(data: bytes, place: int) -> int:
    return int.from_bytes(data[place : place + _WORD], "big")


def _array(data: bytes, place: int, item_size: int) -> bytes:
    """The items of an array, which are behind their number."""
    begin = place + _WORD
    if begin <= len(data):
        count = _word(data, place)
        end = begin + count * item_size
        if count <= U64_MAX and end <= len(data):
            return data[begin:end]
    raise DecodeError("addLeavesLPP: an argument lies outside the call data")
