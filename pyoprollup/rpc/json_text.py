"""JSON from outside, and JSON to send."""

from __future__ import annotations

from typing import Any

import msgspec

from pyoprollup.errors import DecodeError

__all__ = ["from_json_text", "to_json_text"]


def from_json_text(data: bytes) -> Any:
    """The value of a JSON text; raises :class:`DecodeError`.

    Of a key that is there twice the last value counts, as in Go. Values nested as deeply as the
    interpreter's stack, numbers without end and text that is not UTF-8 are refused.
    """
    try:
        return msgspec.json.decode(data)
    except RecursionError:
        raise DecodeError("nested too deeply") from None
    except ValueError as exc:
        raise DecodeError(str(exc)[:200]) from exc


def to_json_text(value: Any) -> bytes:
    """The JSON text of a value made of the types that JSON has."""
    return msgspec.json.encode(value)
