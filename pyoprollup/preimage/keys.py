"""The keys of pre-images: 32 bytes, of which the first says what kind of pre-image it is.

Specification: fault-proof/index.md, "Pre-image key types" and "Bootstrapping";
fault-proof/cannon-fault-proof-vm.md, "Local Context".
"""

from __future__ import annotations

from enum import IntEnum

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, Hash32

__all__ = [
    "KeyType",
    "LocalKey",
    "blob_element_key",
    "keccak256_key",
    "local_key",
    "localize_ident",
    "precompile_input",
    "precompile_key",
    "sha256_key",
    "typed_key",
]


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


class LocalKey(IntEnum):
    """The numbers of local pre-images: the first five are the game contract's, others of custom chains."""

    L1_HEAD = 1
    L2_OUTPUT_ROOT = 2
    """The agreed output root, or the hash of the agreed state of a super root's transition."""
    L2_CLAIM = 3
    L2_CLAIM_BLOCK_NUMBER = 4
    """8 bytes, big-endian; in a super game the timestamp of the proposal."""
    L2_CHAIN_ID = 5
    """8 bytes, big-endian; all bits are set for a chain whose configurations follow."""
    L2_CHAIN_CONFIG = 6
    """JSON, as the following are."""
    ROLLUP_CONFIG = 7
    DEPENDENCY_SET = 8
    L1_CHAIN_CONFIG = 9


def typed_key(kind: KeyType, digest: bytes) -> Hash32:
    """The key of a digest: its first byte gives way to the type."""
    return Hash32(bytes([kind]) + digest[1:])


def local_key(number: int) -> Hash32:
    """The pre-image key of a local pre-image: type 1, then the number in 8 bytes at the end of 31."""
    return typed_key(KeyType.LOCAL, number.to_bytes(32, "big"))


def localize_ident(ident: int, game: Address, local_context: Hash32) -> Hash32:
    """The key under which the oracle keeps a local pre-image of a game: type 1, then 31 bytes of a hash.

    The hash is the keccak-256 of the number (32 bytes, with the type in the first), the game's address (32)
    and the context of the lower game (32).
    """
    return typed_key(KeyType.LOCAL, keccak256(local_key(ident) + game.rjust(32, b"\0") + local_context))


def keccak256_key(digest: bytes) -> Hash32:
    """The key of what has this keccak-256 hash."""
    return typed_key(KeyType.KECCAK256, digest)


def sha256_key(digest: bytes) -> Hash32:
    """The key of what has this SHA-256 hash; of a blob's versioned hash, that of its commitment."""
    return typed_key(KeyType.SHA256, digest)


def blob_element_key(commitment: bytes, point: bytes) -> Hash32:
    """The key of a field element: that of the blob with ``commitment`` (48 bytes) at ``point`` (32 bytes).

    The point of element ``i`` is ``pyoprollup.eth.kzg.roots_of_unity()[i]``, not the number ``i``.
    """
    return typed_key(KeyType.BLOB, keccak256(commitment + point))


def precompile_input(address: Address, required_gas: int, data: bytes) -> bytes:
    """What the key of a call of a precompile is the hash of: address, gas (8 bytes, big-endian) and input."""
    return address + required_gas.to_bytes(8, "big") + data


def precompile_key(address: Address, required_gas: int, data: bytes) -> Hash32:
    """The key of the result of a call of a precompile."""
    return typed_key(KeyType.PRECOMPILE, keccak256(precompile_input(address, required_gas, data)))
