"""Pre-images: the types of their keys, what can be checked, and how program and host talk about them.

There are two channels. On one the program writes a key of 32 bytes, and gets eight bytes of length and the
pre-image. On the other it writes hints, each after four bytes of length, and gets one byte for each that has
been dealt with.

Specification: fault-proof/index.md, "Pre-image key types", "Hinting", "Pre-image communication".
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from hashlib import sha256
from typing import Protocol

from pyoprollup.cannon.errors import PreimageError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32, to_hex

__all__ = [
    "MAX_HINT",
    "MAX_PREIMAGE",
    "HintReader",
    "HintWriter",
    "KeyType",
    "OracleClient",
    "OracleServer",
    "Stream",
    "check_preimage",
    "typed_key",
]

MAX_PREIMAGE = 1 << 30
"""Bytes of a pre-image that are taken from a host."""
MAX_HINT = 1 << 28


class KeyType(IntEnum):
    """What the rest of a key is a hash of, and who vouches for it."""

    LOCAL = 1
    """A number; the pre-image belongs to one game."""
    KECCAK256 = 2
    GLOBAL_GENERIC = 3
    """Reserved: nothing can be loaded under it."""
    SHA256 = 4
    BLOB = 5
    """Keccak-256 of a blob's commitment (48) and a point (32); the pre-image is the field element there."""
    PRECOMPILE = 6
    """Keccak-256 of address, required gas and input; the pre-image is a byte for success, then the result."""


def typed_key(kind: KeyType, digest: bytes) -> Hash32:
    """The key of a digest: its first byte gives way to the type."""
    return Hash32(bytes([kind]) + digest[1:])


def check_preimage(key: bytes, data: bytes) -> bytes:
    """The data, if it can be the key's pre-image. Only hashes can be checked: others are believed.

    Raises :class:`PreimageError` if it cannot, or if there is no such type of keys.
    """
    kind = key[0] if len(key) == 32 else 0
    if kind == KeyType.KECCAK256:
        made_of = typed_key(KeyType.KECCAK256, keccak256(data))
    elif kind == KeyType.SHA256:
        made_of = typed_key(KeyType.SHA256, sha256(data).digest())
    elif kind in (KeyType.LOCAL, KeyType.BLOB, KeyType.PRECOMPILE):
        return data
    else:
        raise PreimageError(f"{to_hex(key[:33])} is a key of no type that can be asked for")
    if made_of != key:
        raise PreimageError(f"{len(data)} bytes with key {to_hex(made_of)} are no pre-image of {to_hex(key)}")
    return data


class Stream(Protocol):
    """Both directions of a channel. Each raises :class:`PreimageError` if the other side is gone."""

    def read(self, count: int) -> bytes:
        """Exactly so many bytes."""
        ...

    def write(self, data: bytes) -> None:
        """Write all of it."""
        ...


class OracleClient:
    """The side that asks for pre-images."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def get(self, key: bytes) -> bytes:
        """Ask for a pre-image. Raises :class:`PreimageError` if it is longer than ``MAX_PREIMAGE``."""
        self._stream.write(key)
        size = int.from_bytes(self._stream.read(8), "big")
        if size > MAX_PREIMAGE:
            raise PreimageError(f"the pre-image of {to_hex(key)} is said to have {size} bytes")
        return self._stream.read(size) if size else b""


class HintWriter:
    """The side that gives hints."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def hint(self, hint: bytes) -> None:
        """Give a hint, and wait until it has been dealt with."""
        self._stream.write(len(hint).to_bytes(4, "big") + hint)
        self._stream.read(1)


class OracleServer:
    """The side that has pre-images."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def serve(self, get: Callable[[bytes], bytes]) -> None:
        """Answer one request. What ``get`` raises ends it without an answer."""
        data = get(self._stream.read(32))
        self._stream.write(len(data).to_bytes(8, "big"))
        if data:
            self._stream.write(data)


class HintReader:
    """The side that takes hints."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def next(self, take: Callable[[bytes], None]) -> None:
        """Take one hint. The program goes on even if ``take`` raises."""
        size = int.from_bytes(self._stream.read(4), "big")
        if size > MAX_HINT:
            raise PreimageError(f"a hint is said to have {size} bytes")
        hint = self._stream.read(size) if size else b""
        try:
            take(hint)
        finally:
            self._stream.write(b"\0")
