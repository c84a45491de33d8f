"""JSON from outside, and JSON to send."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Any

import msgspec

from pyoprollup.errors import DecodeError

__all__ = ["MAX_DEPTH", "from_json_text", "to_json_text"]

MAX_DEPTH = 256
"""How deeply lists and objects may be nested."""

# A string, or what there is of it: without the last mark being optional, text that is nothing but
# marks would be searched to its end from each of them.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_BRACKETS = b"[]{}"
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in _BRACKETS)
_STEPS = [1 if byte in b"[{" else -1 for byte in range(256)]


def from_json_text(data: bytes) -> Any:
    """The value of a JSON text; raises :class:`DecodeError`.

    Of a key that is there twice the last value counts, as in Go. Text that is not UTF-8, numbers without
    end and nesting deeper than :data:`MAX_DEPTH` are refused.
    """
    if _is_deep(data):
        raise DecodeError("nested too deeply")
    try:
        return msgspec.json.decode(data)
    except RecursionError:
        raise DecodeError("nested too deeply") from None
    except ValueError as exc:
        raise DecodeError(str(exc)[:200]) from exc


def _is_deep(data: bytes) -> bool:
    """Whether nesting exceeds the limit.

    The decoder recurses on the machine's stack, up to Python's limit, which py-evm raises by so much that
    the stack ends first: without this check a request of 100 kB would kill the process.
    """
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return False
    brackets = _STRING.sub(b"", data).translate(None, _NOT_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > MAX_DEPTH


def to_json_text(value: Any) -> bytes:
    """The JSON text of a value made of the types that JSON has."""
    return msgspec.json.encode(value)
