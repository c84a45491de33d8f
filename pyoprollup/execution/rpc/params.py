"""Parameters that several methods take."""

from __future__ import annotations

from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth.types import quantity_from_hex
from pyoprollup.rpc.errors import INVALID_PARAMS, JsonRpcError

__all__ = ["flag", "index_of", "storage_key"]


def index_of(value: Any) -> int:
    """An index in a block."""
    return quantity_from_hex(value, "index", 64)


def flag(value: Any) -> bool:
    """A boolean; ``null`` is false."""
    if value is None:
        return False
    if not isinstance(value, bool):
        raise DecodeError("expected a boolean")
    return value


def storage_key(value: Any) -> tuple[int, int]:
    """A storage slot, and how many bytes it is written with. Prefix and leading zeros are optional."""
    if not isinstance(value, str):
        raise DecodeError("storage key: expected hex")
    digits = value[2:] if value[:2] in ("0x", "0X") else value
    digits = "0" + digits if len(digits) % 2 else digits
    if len(digits) > 64:
        raise JsonRpcError(INVALID_PARAMS, f'storage key too long (want at most 32 bytes): "{value[:80]}"')
    try:
        data = bytes.fromhex(digits) if not digits or digits.isalnum() else None
    except ValueError:
        data = None
    if data is None:
        raise JsonRpcError(INVALID_PARAMS, f'invalid hex in storage key: "{value}"')
    return int.from_bytes(data, "big"), len(data)
