"""Typed reading of configuration JSON, with errors that name the field and the value.

Configuration comes from files and from other nodes, so nothing about it is taken for granted: a
wrong type, a number out of range, a misspelt key and a file nested a million levels deep all end in
:class:`ConfigError`. As in the reference, a missing key and ``null`` both mean the zero value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from pyoprollup.errors import ConfigError, DecodeError
from pyoprollup.eth.types import Address, Hash32, bytes_from_hex

__all__ = ["ConfigReader", "parse_json", "shown"]

MAX_CONFIG_BYTES = 16_000_000
"""Largest configuration file that is read: far above any real one, far below trouble."""

MAX_NESTING = 32
"""Deepest nesting of arrays and objects that is read."""

_STRINGS_AND_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def parse_json(text: str | bytes, what: str, max_bytes: int = MAX_CONFIG_BYTES) -> Any:
    """The value of a JSON text (UTF-8) of at most ``max_bytes``; ``what`` names it in errors.

    Raises :class:`ConfigError` for anything that is not JSON, for ``NaN`` and ``Infinity``, and for
    a text that is too large or too deeply nested.
    """
    if len(text) > max_bytes:
        raise ConfigError(f"{what}: {len(text)} bytes of JSON, at most {max_bytes} are read")
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as exc:
            raise ConfigError(f"{what}: malformed JSON: {exc}") from exc
    _check_nesting(text, what)

    def refuse(constant: str) -> NoReturn:
        raise ConfigError(f"{what}: {constant} is no JSON number")

    try:
        return json.loads(text, parse_constant=refuse)
    except ConfigError:
        raise
    except ValueError as exc:
        raise ConfigError(f"{what}: malformed JSON: {exc}") from exc


def _check_nesting(text: str, what: str) -> None:
    """Refuse deep nesting beforehand, in time linear in the text.

    The decoder recurses. Under a recursion limit that some other library has raised (py-evm does),
    it overflows the stack of the process rather than raising ``RecursionError``.
    """
    depth = 0
    for token in _STRINGS_AND_BRACKETS.finditer(text):
        match text[token.start()]:
            case "[" | "{":
                depth += 1
                if depth > MAX_NESTING:
                    raise ConfigError(f"{what}: malformed JSON: nested more than {MAX_NESTING} levels deep")
            case "]" | "}":
                depth -= 1


class ConfigReader:
    """Reads the fields of one JSON object and remembers which it read.

    ``path`` is where the object lies (``""`` at the top); it prefixes the field in every error.
    """

    __slots__ = ("_path", "_seen", "_values")

    def __init__(self, value: object, path: str = "") -> None:
        if not isinstance(value, Mapping):
            raise ConfigError(f"{path or 'configuration'}: expected an object, got {shown(value)}")
        self._values = value
        self._path = path
        self._seen: set[object] = set()

    def name(self, key: str) -> str:
        """Full name of the field ``key``, for errors."""
        return f"{self._path}.{key}" if self._path else key

    def take(self, key: str) -> Any:
        """The raw value of ``key``, ``None`` when it is missing."""
        self._seen.add(key)
        return self._values.get(key)

    def finish(self) -> None:
        """Raise :class:`ConfigError` if the object has unknown keys.

        A key that is ignored may be a rule that is not followed, so the reference refuses unknown
        keys too. An unknown key that is ``null`` sets nothing and passes.
        """
        for key, value in self._values.items():
            if key not in self._seen and value is not None:
                raise ConfigError(f"{self.name(str(key))}: unknown field (value {shown(value)})")

    def optional_uint(self, key: str, bits: int = 64) -> int | None:
        """An unsigned integer of at most ``bits`` bits, ``None`` when missing."""
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise ConfigError(f"{self.name(key)}: expected an integer, got {shown(value)}")
        if value < 0 or value.bit_length() > bits:
            raise ConfigError(f"{self.name(key)}: {shown(value)} does not fit {bits} unsigned bits")
        return value

    def uint(self, key: str, bits: int = 64) -> int:
        """As :meth:`optional_uint`, 0 when missing."""
        return self.optional_uint(key, bits) or 0

    def optional_bool(self, key: str) -> bool | None:
        """A boolean, ``None`` when missing."""
        value = self.take(key)
        if value is not None and not isinstance(value, bool):
            raise ConfigError(f"{self.name(key)}: expected true or false, got {shown(value)}")
        return value

    def optional_text(self, key: str) -> str | None:
        """A string, ``None`` when missing."""
        value = self.take(key)
        if value is not None and not isinstance(value, str):
            raise ConfigError(f"{self.name(key)}: expected a string, got {shown(value)}")
        return value

    def optional_bytes(self, key: str, size: int | None = None) -> bytes | None:
        """Bytes from ``0x``-prefixed hex, exactly ``size`` of them if given; ``None`` when missing."""
        value = self.take(key)
        if value is None:
            return None
        try:
            data = bytes_from_hex(value, self.name(key))
        except DecodeError as exc:
            raise ConfigError(str(exc)) from exc
        if size is not None and len(data) != size:
            raise ConfigError(f"{self.name(key)}: expected {size} bytes, got {len(data)}: {shown(value)}")
        return data

    def hash(self, key: str) -> Hash32:
        """32 bytes, zero when missing."""
        return Hash32(self.optional_bytes(key, 32) or bytes(32))

    def optional_address(self, key: str) -> Address | None:
        """20 bytes, ``None`` when missing."""
        data = self.optional_bytes(key, 20)
        return None if data is None else Address(data)

    def address(self, key: str) -> Address:
        """20 bytes, zero when missing."""
        return self.optional_address(key) or Address(bytes(20))

    def section(self, key: str) -> ConfigReader:
        """The object at ``key``, an empty one when missing."""
        value = self.take(key)
        return ConfigReader({} if value is None else value, self.name(key))

    def optional_section(self, key: str) -> ConfigReader | None:
        """The object at ``key``, ``None`` when missing."""
        value = self.take(key)
        return None if value is None else ConfigReader(value, self.name(key))


def shown(value: object) -> str:
    """``repr`` of a value, cut to a length that fits an error message."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # integers beyond the digit limit, endless nesting
        return f"<{type(value).__name__}>"
    return text if len(text) <= 80 else text[:77] + "..."
