"""The keys of pre-images: 32 bytes, of which the first says what kind of pre-image it is.

Specification: fault-proof/index.md, "Pre-image key types"; fault-proof/cannon-fault-proof-vm.md,
"Local Context".
"""

from __future__ import annotations

from enum import IntEnum

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, Hash32

__all__ = ["KeyType", "localize_ident", "typed_key"]


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


def localize_ident(ident: int, game: Address, local_context: Hash32) -> Hash32:
    """The key under which the oracle keeps a local pre-image of a game: type 1, then 31 bytes of a hash.

    The hash is the keccak-256 of the number (32 bytes, with the type in the first), the game's address (32)
    and the context of the lower game (32).
    """
    key = typed_key(KeyType.LOCAL, ident.to_bytes(32, "big"))
    return typed_key(KeyType.LOCAL, keccak256(key + game.rjust(32, b"\0") + local_context))
