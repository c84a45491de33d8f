"""Typed access to the fields of a JSON object from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pyoprollup.errors import DecodeError
from pyoprollup.eth.types import (
    Address,
    Hash32,
    address_from_hex,
    bytes_from_hex,
    hash_from_hex,
    quantity_from_hex,
)

__all__ = ["QuantityReader"]

T = TypeVar("T")


class QuantityReader:
    """Reads the fields of one object; every :class:`DecodeError` names the field.

    ``name`` says what the object is, for the messages. A field that is ``null`` counts as missing.
    """

    __slots__ = ("_fields", "_name")

    def __init__(self, value: object, name: str) -> None:
        if not isinstance(value, dict):
            raise DecodeError(f"{name}: expected a JSON object")
        self._fields: dict[str, Any] = value
        self._name = name

    def only(self, *known: str) -> None:
        """Refuse fields with other names than these; raises :class:`DecodeError` with the first.

        For objects whose fields are all optional: what is not read there would be dropped in silence,
        and the caller would take the answer for the answer to another question.
        """
        for key in self._fields:
            if key not in known:
                raise DecodeError(f"{self._name}: unknown field {str(key)[:80]!r}")

    def hash(self, key: str) -> Hash32:
        """A required 32-byte value."""
        return hash_from_hex(self._fields.get(key), f"{self._name}.{key}")

    def address(self, key: str) -> Address:
        """The address in a required field."""
        return address_from_hex(self._fields.get(key), f"{self._name}.{key}")

    def uint64(self, key: str) -> int:
        """A required quantity of at most 64 bits."""
        return quantity_from_hex(self._fields.get(key), f"{self._name}.{key}", 64)

    def uint256(self, key: str) -> int:
        """A required quantity of at most 256 bits."""
        return quantity_from_hex(self._fields.get(key), f"{self._name}.{key}", 256)

    def data(self, key: str) -> bytes:
        """Required bytes of any length."""
        return bytes_from_hex(self._fields.get(key), f"{self._name}.{key}")

    def fixed(self, key: str, size: int) -> bytes:
        """Required bytes of exactly this length."""
        value = self.data(key)
        if len(value) != size:
            raise DecodeError(f"{self._name}.{key}: expected {size} bytes, got {len(value)}")
        return value

    def boolean(self, key: str) -> bool:
        """The boolean in a required field."""
        value = self._fields.get(key)
        if not isinstance(value, bool):
            raise DecodeError(f"{self._name}.{key}: expected a boolean")
        return value

    def items(self, key: str) -> list[Any]:
        """The list in a required field."""
        value = self._fields.get(key)
        if not isinstance(value, list):
            raise DecodeError(f"{self._name}.{key}: expected a list")
        return value

    def data_list(self, key: str) -> tuple[bytes, ...]:
        """A required list of bytes."""
        field = f"{self._name}.{key}"
        return tuple([bytes_from_hex(item, field) for item in self.items(key)])

    def hash_list(self, key: str) -> tuple[Hash32, ...]:
        """A required list of 32-byte values."""
        field = f"{self._name}.{key}"
        return tuple([hash_from_hex(item, field) for item in self.items(key)])

    def object(self, key: str) -> Any:
        """A required field of any kind but ``null``."""
        value = self._fields.get(key)
        if value is None:
            raise DecodeError(f"{self._name}.{key}: missing")
        return value

    def optional(self, key: str, read: Callable[[str], T]) -> T | None:
        """``read(key)``, or ``None`` if the field is missing: ``obj.optional("root", obj.hash)``."""
        return None if self._fields.get(key) is None else read(key)
