"""Plain-``bytes`` value types and the hex forms that exist only at the JSON edge.

Hashes and addresses are ordinary ``bytes`` at run time (a subclass would cost more than the
hashing it protects); the NewTypes exist for the type checker and the reader.
"""

from __future__ import annotations

from typing import NewType

from pyoprollup.errors import DecodeError

__all__ = [
    "U64_MAX",
    "ZERO_ADDRESS",
    "ZERO_HASH",
    "Address",
    "Hash32",
    "address_from_hex",
    "bytes_from_hex",
    "hash_from_hex",
    "number_text",
    "quantity_from_hex",
    "to_hex",
    "to_quantity",
]

Hash32 = NewType("Hash32", bytes)
"""32 bytes: a keccak-256 digest or any other 256-bit identifier."""

Address = NewType("Address", bytes)
"""20 bytes: an account address."""

ZERO_HASH = Hash32(bytes(32))
ZERO_ADDRESS = Address(bytes(20))
U64_MAX = (1 << 64) - 1


def to_hex(data: bytes) -> str:
    """``0x``-prefixed lower-case hex of ``data``; ``0x`` for empty bytes."""
    return "0x" + data.hex()


def to_quantity(value: int) -> str:
    """JSON-RPC quantity: ``0x``-prefixed hex without leading zeros."""
    return hex(value)


def number_text(value: int) -> str:
    """A number for a message; one of more than 256 bits is only described.

    Transactions may carry larger ones, and Python refuses to write out the largest of them.
    """
    bits = value.bit_length()
    return str(value) if bits <= 256 else f"a number of {bits} bits"


def bytes_from_hex(text: object, field: str = "value") -> bytes:
    """Bytes of a ``0x``-prefixed hex string.

    Raises :class:`DecodeError` (naming ``field``) for anything that is not such a string.
    """
    if not isinstance(text, str) or text[:2] not in ("0x", "0X"):
        raise DecodeError(f"{field}: expected 0x-prefixed hex, got {_shown(text)}")
    digits = text[2:]
    # bytes.fromhex skips white space, which no JSON form of the protocol allows.
    if len(digits) % 2 or (not digits.isalnum() and digits):
        raise DecodeError(f"{field}: malformed hex {_shown(text)}")
    try:
        return bytes.fromhex(digits)
    except ValueError as exc:
        raise DecodeError(f"{field}: malformed hex {_shown(text)}") from exc


def hash_from_hex(text: object, field: str = "hash") -> Hash32:
    """A 32-byte value from hex; raises :class:`DecodeError` on any other length."""
    data = bytes_from_hex(text, field)
    if len(data) != 32:
        raise DecodeError(f"{field}: expected 32 bytes, got {len(data)}")
    return Hash32(data)


def address_from_hex(text: object, field: str = "address") -> Address:
    """A 20-byte value from hex; raises :class:`DecodeError` on any other length."""
    data = bytes_from_hex(text, field)
    if len(data) != 20:
        raise DecodeError(f"{field}: expected 20 bytes, got {len(data)}")
    return Address(data)


def quantity_from_hex(text: object, field: str = "quantity", bits: int = 256) -> int:
    """An unsigned integer of at most ``bits`` bits from a JSON-RPC quantity (or a JSON integer).

    Raises :class:`DecodeError` when the value is malformed or does not fit.
    """
    if isinstance(text, int) and not isinstance(text, bool):
        value = text
    elif (
        isinstance(text, str)
        and text[:2] == "0x"
        and 2 < len(text) <= 66
        and text.isascii()
        and text[2:].isalnum()
    ):
        try:
            value = int(text, 16)
        except ValueError as exc:
            raise DecodeError(f"{field}: malformed quantity {_shown(text)}") from exc
    else:
        raise DecodeError(f"{field}: expected a hex quantity, got {_shown(text)}")
    if value < 0 or value.bit_length() > bits:
        raise DecodeError(f"{field}: {_shown(text)} does not fit {bits} unsigned bits")
    return value


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
