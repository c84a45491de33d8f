"""Solidity's ABI, as far as the contracts of a development chain need it; eth-abi does the work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import encode
from eth_abi.exceptions import ABITypeError, EncodingError, ParseError

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import keccak256

__all__ = ["decode_word", "encode_arguments", "encode_call", "event_topic", "selector"]


def selector(signature: str) -> bytes:
    """The four bytes by which a function, or an error, of this signature is called."""
    return keccak256(signature.encode())[:4]


def event_topic(signature: str) -> bytes:
    """The first topic of an event of this signature."""
    return keccak256(signature.encode())


def encode_call(function: dict[str, Any], arguments: Sequence[Any]) -> bytes:
    """Calldata for a function of an ABI in JSON form; see :func:`encode_arguments`."""
    types = [item["type"] for item in function["inputs"]]
    return selector(f"{function['name']}({','.join(types)})") + encode_arguments(types, arguments)


def encode_arguments(types: Sequence[str], arguments: Sequence[Any]) -> bytes:
    """Arguments: ``int`` for ``uintN``, ``bool``, and ``bytes`` for ``address``, ``bytesN`` and ``bytes``.

    Raises :class:`ValueError` for a wrong number of them, other types, and values that do not fit.
    """
    for kind, value in zip(types, arguments, strict=True):
        # eth-abi would fill up what is too short, and take hex for an address.
        if kind == "address" and not (isinstance(value, bytes) and len(value) == 20):
            raise ValueError(f"{value!r} is no {kind}")
        if kind[:5] == "bytes" and kind[5:] and len(value) != int(kind[5:]):
            raise ValueError(f"{value!r} is no {kind}")
    try:
        return bytes(encode(types, arguments))
    except (EncodingError, ABITypeError, ParseError, TypeError) as exc:
        raise ValueError(f"({','.join(types)}): {exc}") from exc


def decode_word(data: bytes, index: int = 0) -> int:
    """A word of what a call returned, as a number; raises :class:`DecodeError` if it is not there."""
    word = data[32 * index : 32 * index + 32]
    if len(word) != 32:
        raise DecodeError(f"{len(data)} bytes have no word {index}")
    return int.from_bytes(word, "big")
