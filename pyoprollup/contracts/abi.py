"""The little of Solidity's ABI that the contracts of a development chain take: words, and byte strings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import keccak256

__all__ = ["decode_word", "encode_arguments", "encode_call", "event_topic", "selector"]


def selector(signature: str) -> bytes:
    """The four bytes by which a function, or an error, of this signature is called."""
    return keccak256(signature.encode())[:4]


def event_topic(signature: str) -> bytes:
    """The first topic of an event of this signature."""
    return keccak256(signature.encode())


def encode_call(function: dict[str, Any], arguments: Sequence[Any]) -> bytes:
    """Calldata for a function of an ABI in JSON form; see :func:`encode_arguments`."""
    types = [item["type"] for item in function["inputs"]]
    return selector(f"{function['name']}({','.join(types)})") + encode_arguments(types, arguments)


def encode_arguments(types: Sequence[str], arguments: Sequence[Any]) -> bytes:
    """Arguments: ``int`` for ``uintN``, ``bool``, and ``bytes`` for ``address``, ``bytesN`` and ``bytes``.

    Raises :class:`ValueError` for a wrong number of them, other types, and values that do not fit.
    """
    head, tail = [], b""
    for kind, value in zip(types, arguments, strict=True):
        if kind == "bytes":
            head.append((32 * len(types) + len(tail)).to_bytes(32, "big"))
            tail += len(value).to_bytes(32, "big") + value + bytes(-len(value) % 32)
        else:
            head.append(_word(kind, value))
    return b"".join(head) + tail


def _word(kind: str, value: Any) -> bytes:
    if kind == "address" and isinstance(value, bytes) and len(value) == 20:
        return bytes(12) + value
    if kind == "bool" and isinstance(value, bool):
        return int(value).to_bytes(32, "big")
    if kind.startswith("uint") and isinstance(value, int) and 0 <= value < 1 << int(kind[4:]):
        return value.to_bytes(32, "big")
    if kind.startswith("bytes") and isinstance(value, bytes) and len(value) == int(kind[5:]):
        return value.ljust(32, b"\0")
    raise ValueError(f"{value!r} is no {kind}")


def decode_word(data: bytes, index: int = 0) -> int:
    """A word of what a call returned, as a number; raises :class:`DecodeError` if it is not there."""
    word = data[32 * index : 32 * index + 32]
    if len(word) != 32:
        raise DecodeError(f"{len(data)} bytes have no word {index}")
    return int.from_bytes(word, "big")
