"""The types of pre-image keys: the first of a key's 32 bytes.

Specification: fault-proof/index.md, "Pre-image key types".
"""

from __future__ import annotations

from enum import IntEnum

from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.preimages.errors import PreimageUnsupported
from pyoprollup.eth.types import Hash32, to_hex

__all__ = ["KeyType", "check_part", "key_type", "typed_key"]

_LENGTH_SIZE = 8


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


def key_type(key: bytes) -> KeyType:
    """The type of a key; raises :class:`PreimageUnsupported` if it is none that we know, or no key."""
    try:
        if len(key) == 32:
            return KeyType(key[0])
    except ValueError:
        pass
    raise PreimageUnsupported(f"a pre-image key of no known type: {to_hex(key[:33])}")


def typed_key(kind: KeyType, digest: bytes) -> Hash32:
    """The key of a digest: its first byte gives way to the type."""
    return Hash32(bytes([kind]) + digest[1:])


def check_part(data: PreimageOracleData) -> KeyType:
    """The type of a pre-image's key, if the contract can be given the part that is wanted.

    A part begins within the 8 bytes of the length or the pre-image behind it: the place just after the end
    is of no part, and the contract refuses it. Of a precompile only the input is known here, not the result:
    the contract computes that. A local one the game knows by itself, and says what parts it has: what we have
    of it is not sent. Raises :class:`PreimageUnsupported`.
    """
    kind = key_type(data.key)
    if kind is KeyType.GLOBAL_GENERIC:
        raise PreimageUnsupported("the contract takes no pre-images of the reserved type 3")
    if kind is KeyType.LOCAL:
        return kind
    if len(data.data) < _LENGTH_SIZE or data.offset < 0:
        raise PreimageUnsupported(f"pre-image {to_hex(data.key)} has no length before it")
    if kind is not KeyType.PRECOMPILE and data.offset >= len(data.data):
        size = len(data.data) - _LENGTH_SIZE
        raise PreimageUnsupported(
            f"pre-image {to_hex(data.key)} of {size} bytes has no part at {data.offset}"
        )
    return kind
