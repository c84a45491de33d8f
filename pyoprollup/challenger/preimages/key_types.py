"""Whether a pre-image can be given to the oracle contract, by the type of its key.

Specification: fault-proof/index.md, "Pre-image key types".
"""

from __future__ import annotations

from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.preimages.errors import PreimageUnsupported
from pyoprollup.eth.types import to_hex
from pyoprollup.preimage.keys import KeyType

__all__ = ["check_part", "key_type"]

_LENGTH_SIZE = 8


def key_type(key: bytes) -> KeyType:
    """The type of a key; raises :class:`PreimageUnsupported` if it is none that we know, or no key."""
    try:
        if len(key) == 32:
            return KeyType(key[0])
    except ValueError:
        pass
    raise PreimageUnsupported(f"a pre-image key of no known type: {to_hex(key[:33])}")


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
