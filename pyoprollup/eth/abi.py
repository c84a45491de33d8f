"""Solidity's ABI: arguments and results as bytes. What does the work, eth-abi, is loaded when
it is needed first, by :mod:`pyoprollup.eth.abi_codec`.

Values are ``int`` for ``uintN`` and ``intN``, ``bool``, ``bytes`` of the exact size for ``address`` and
``bytesN``, ``bytes`` and ``str`` for themselves, and tuples for structs and arrays. What is decoded may be
hostile: it takes time linear in its length, and ends in :class:`DecodeError` if it is malformed.
Specification: the Solidity documentation, "Contract ABI Specification".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32

__all__ = ["check_types", "decode_arguments", "encode_arguments", "event_topic", "selector"]


def selector(signature: str) -> bytes:
    """The four bytes by which a function, or an error, of this signature is called."""
    return keccak256(signature.encode())[:4]


def event_topic(signature: str) -> Hash32:
    """The first topic of an event of this signature."""
    return keccak256(signature.encode())


def encode_arguments(types: Sequence[str], arguments: Sequence[Any]) -> bytes:
    """Arguments in the form of call data, without a selector.

    Raises :class:`ValueError` for a wrong number of them, other types, and values that do not fit.
    """
    if len(types) != len(arguments):
        raise ValueError(f"({','.join(types)}): {len(types)} values expected, not {len(arguments)}")
    from pyoprollup.eth.abi_codec import CODEC, EncodingError, ParseError

    try:
        return bytes(CODEC.encode(list(types), list(arguments)))
    except (EncodingError, ParseError, TypeError, ValueError) as exc:
        raise ValueError(f"({','.join(types)}): {exc}") from exc


def decode_arguments(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """What :func:`encode_arguments` encoded; bytes after it are ignored, as contracts do.

    Raises :class:`DecodeError` for anything else, padding that is not zero included.
    """
    from pyoprollup.eth.abi_codec import CODEC, DecodingError

    try:
        return tuple(CODEC.decode(list(types), bytes(data)))
    except (DecodingError, ValueError, OverflowError) as exc:
        raise DecodeError(f"({','.join(types)}): {exc}") from exc


def check_types(types: Sequence[str]) -> None:
    """Raise :class:`ValueError` unless all of them are types."""
    from pyoprollup.eth.abi_codec import CODEC, ParseError

    for kind in types:
        try:
            known = CODEC.is_encodable_type(kind)
        except (ParseError, ValueError):
            known = False
        if not known:
            raise ValueError(f"{kind!r} is not a type of the ABI")
