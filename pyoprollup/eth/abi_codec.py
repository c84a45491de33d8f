"""The ABI's codec with exact values: the one place that uses eth-abi, which takes a while to be imported.

Specification: the Solidity documentation, "Contract ABI Specification".
"""

from __future__ import annotations

from eth_abi.codec import ABICodec
from eth_abi.decoding import AddressDecoder, ContextFramesBytesIO
from eth_abi.encoding import AddressEncoder, BytesEncoder
from eth_abi.exceptions import DecodingError, EncodingError, InsufficientDataBytes, ParseError
from eth_abi.registry import BaseEquals
from eth_abi.registry import registry as plain_registry

__all__ = ["CODEC", "DecodingError", "EncodingError", "ParseError"]

_READS_PER_BYTE = 8
"""How often a byte may be read. A plain encoding is read thrice at most for each level of nesting."""
_READS = 1 << 12


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


CODEC = _codec()
