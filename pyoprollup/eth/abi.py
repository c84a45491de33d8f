"""Solidity's ABI: arguments and results as bytes. The one place that uses eth-abi, which does the work.

Values are ``int`` for ``uintN`` and ``intN``, ``bool``, ``bytes`` of the exact size for ``address`` and
``bytesN``, ``bytes`` and ``str`` for themselves, and tuples for structs and arrays. What is decoded may be
hostile: it takes time linear in its length, and ends in :class:`DecodeError` if it is malformed.
Specification: the Solidity documentation, "Contract ABI Specification".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_abi.codec import ABICodec
from eth_abi.decoding import AddressDecoder, ContextFramesBytesIO
from eth_abi.encoding import AddressEncoder, BytesEncoder
from eth_abi.exceptions import DecodingError, EncodingError, InsufficientDataBytes, ParseError
from eth_abi.registry import BaseEquals
from eth_abi.registry import registry as plain_registry

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32

__all__ = ["check_types", "decode_arguments", "encode_arguments", "event_topic", "selector"]

_READS_PER_BYTE = 8
"""How often a byte may be read. A plain encoding is read thrice at most for each level of nesting."""
_READS = 1 << 12


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
    try:
        return bytes(_CODEC.encode(list(types), list(arguments)))
    except (EncodingError, ParseError, TypeError, ValueError) as exc:
        raise ValueError(f"({','.join(types)}): {exc}") from exc


def decode_arguments(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """What :func:`encode_arguments` encoded; bytes after it are ignored, as contracts do.

    Raises :class:`DecodeError` for anything else, padding that is not zero included.
    """
    try:
        return tuple(_CODEC.decode(list(types), bytes(data)))
    except (DecodingError, ValueError, OverflowError) as exc:
        raise DecodeError(f"({','.join(types)}): {exc}") from exc


def check_types(types: Sequence[str]) -> None:
    """Raise :class:`ValueError` unless all of them are types."""
    for kind in types:
        try:
            known = _CODEC.is_encodable_type(kind)
        except (ParseError, ValueError):
            known = False
        if not known:
            raise ValueError(f"{kind!r} is not a type of the ABI")


class _Stream(ContextFramesBytesIO):
    """The bytes to decode, which may be read a limited number of times.

    Offsets of an encoding may point at the same bytes many times over, and so make a short answer into a very
    long value.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._left = _READS_PER_BYTE * len(data) + _READS

    def read(self, size: int | None = -1, /) -> bytes:
        data: bytes = super().read(size)
        self._left -= len(data)
        if self._left < 0:
            raise InsufficientDataBytes("parts of the encoding are used too often")
        return data


class _ExactAddressEncoder(AddressEncoder):
    """Takes 20 bytes: eth-abi would take hex as well."""

    encode_fn = staticmethod(bytes)

    @classmethod
    def validate_value(cls, value: object) -> None:
        if not (isinstance(value, bytes) and len(value) == 20):
            cls.invalidate_value(value)


class _ExactBytesEncoder(BytesEncoder):
    """Takes as many bytes as the type has: eth-abi would fill up what is too short."""

    def validate_value(self, value: object) -> None:
        if not (isinstance(value, bytes) and len(value) == self.value_bit_size // 8):
            self.invalidate_value(value)


class _AddressBytesDecoder(AddressDecoder):
    """An address as 20 bytes rather than as hex."""

    decoder_fn = staticmethod(bytes)


def _codec() -> ABICodec:
    registry = plain_registry.copy()
    registry.unregister("address")
    registry.register(BaseEquals("address"), _ExactAddressEncoder, _AddressBytesDecoder, label="address")
    registry.unregister_encoder("bytes<M>")
    registry.register_encoder(BaseEquals("bytes", with_sub=True), _ExactBytesEncoder, label="bytes<M>")
    codec = ABICodec(registry)
    codec.stream_class = _Stream
    return codec


_CODEC = _codec()
