"""Whether data is the pre-image of a key, as far as that can be told from the two.

Specification: fault-proof/index.md, "Pre-image key types".
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32, to_hex
from pyoprollup.preimage.errors import UnsupportedKey, WrongPreimage
from pyoprollup.preimage.keys import KeyType

__all__ = ["GetPreimage", "check_preimage", "with_verification"]

GetPreimage = Callable[[Hash32], bytes]
"""The pre-image of a key; raises an :class:`~pyoprollup.preimage.errors.OracleError`."""


def check_preimage(key: bytes, data: bytes) -> None:
    """Raise :class:`WrongPreimage` if ``data`` is not the pre-image of ``key``.

    Hashes are checked. Local pre-images, field elements and results of precompiles pass: what they are is
    not to be seen from the key. Raises :class:`UnsupportedKey` for the reserved type, and unknown ones.
    """
    kind = key[0] if len(key) == 32 else 0
    if kind == KeyType.KECCAK256:
        digest: bytes = keccak256(data)
    elif kind == KeyType.SHA256:
        digest = sha256(data).digest()
    elif kind in (KeyType.LOCAL, KeyType.BLOB, KeyType.PRECOMPILE):
        return
    else:
        raise UnsupportedKey(f"no pre-image can have the key {to_hex(key[:33])}")
    if digest[1:] != key[1:]:
        raise WrongPreimage(f"{len(data)} bytes with the hash {to_hex(digest)} for the key {to_hex(key)}")


def with_verification(get: GetPreimage) -> GetPreimage:
    """``get``, with each of its answers checked by :func:`check_preimage`."""

    def checked(key: Hash32) -> bytes:
        data = get(key)
        check_preimage(key, data)
        return data

    return checked
