"""The oracle's record of a large pre-image, packed into a word.

Specification: fault-proof/stage-one/fault-dispute-game.md, "PreimageOracle Interaction".
"""

from __future__ import annotations

from struct import Struct

from pyoprollup.challenger.keccak.types import LargePreimageIdent, LargePreimageMetaData
from pyoprollup.errors import DecodeError

__all__ = ["parse_metadata"]

_METADATA = Struct(">QIIII")


def parse_metadata(ident: LargePreimageIdent, packed: bytes) -> LargePreimageMetaData:
    """From the contract's 32 bytes: timestamp 8, offset 4, size 4, blocks 4, bytes 4, countered 8.

    All big-endian. Raises :class:`DecodeError` for another length.
    """
    if len(packed) != 32:
        raise DecodeError(f"metadata of a large pre-image: {len(packed)} bytes, not 32")
    timestamp, offset, size, blocks, processed = _METADATA.unpack(packed[:24])
    return LargePreimageMetaData(ident, timestamp, offset, size, blocks, processed, any(packed[24:]))
