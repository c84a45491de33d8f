"""Values of a ``genesis.json`` as go-ethereum reads them, which is more than JSON-RPC allows.

Numbers are hex with any leading zeros, decimal, as strings or as JSON numbers; words of storage may be short.
"""

from __future__ import annotations

import re

from pyoprollup.errors import DecodeError
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.types import Address, address_from_hex, bytes_from_hex

__all__ = ["GenesisReader", "alloc_address", "storage_word"]

_NUMBER = re.compile(r"0[xX](?P<hex>[0-9a-fA-F]+)|(?P<decimal>[0-9]*)")
_MAX_DIGITS = 400
"""More than any number that fits, leading zeros included, has in a file that is meant."""


class GenesisReader(QuantityReader):
    """The fields of a genesis, or of an account in it; every :class:`DecodeError` names the field."""

    __slots__ = ()

    def uint64(self, key: str) -> int:
        """A required number of at most 64 bits."""
        return _number(self._fields.get(key), f"{self._name}.{key}", 64)

    def uint256(self, key: str) -> int:
        """A required number of at most 256 bits."""
        return _number(self._fields.get(key), f"{self._name}.{key}", 256)

    def data(self, key: str) -> bytes:
        """Required bytes of any length; an empty string is none."""
        value = self._fields.get(key)
        return b"" if value == "" else bytes_from_hex(value, f"{self._name}.{key}")

    def raw(self, key: str) -> object:
        """A value as it is in the file, ``None`` if it is not there."""
        return self._fields.get(key)

    def mapping(self, key: str) -> dict[str, object]:
        """An object, an empty one when it is missing."""
        value = self._fields.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise DecodeError(f"{self._name}.{key}: expected an object")
        return value


def _number(value: object, field: str, bits: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and len(value) <= _MAX_DIGITS and (match := _NUMBER.fullmatch(value)):
        number = int(match["hex"], 16) if match["hex"] else int(match["decimal"] or "0")
    else:
        raise DecodeError(f"{field}: expected a number, got {str(value)[:80]!r}")
    if number < 0 or number >> bits:
        raise DecodeError(f"{field}: does not fit {bits} unsigned bits")
    return number


def storage_word(value: object, field: str = "alloc.storage") -> int:
    """A slot or a value of storage: hex of at most 32 bytes, with or without a prefix.

    Raises :class:`DecodeError`.
    """
    if not isinstance(value, str):
        raise DecodeError(f"{field}: expected hex")
    data = bytes_from_hex(value if value.startswith("0x") else "0x" + value, field)
    if len(data) > 32:
        raise DecodeError(f"{field}: {len(data)} bytes, at most 32 are a word")
    return int.from_bytes(data, "big")


def alloc_address(text: str) -> Address:
    """A key of the allocation, which go-ethereum writes without a prefix. Raises :class:`DecodeError`."""
    return address_from_hex(text if text[:2] in ("0x", "0X") else "0x" + text, "genesis.alloc")
