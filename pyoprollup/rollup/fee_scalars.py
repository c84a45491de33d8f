"""The packed fee scalars that the system configuration carries in its ``scalar`` word.

Specification: protocol/ecotone/l1-attributes.md and protocol/system-config.md. The first byte of
the 32 is a version:

* 0: Bedrock's single scalar, a big-endian integer that must fit the last 4 bytes;
* 1: bytes 24..28 are the blob base fee scalar, bytes 28..32 the base fee scalar, the rest is zero.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.errors import DecodeError
from pyoprollup.eth.types import Hash32

__all__ = ["EcotoneScalars", "ScalarError", "check_ecotone_scalar", "decode_scalar", "ecotone_scalars"]

L1_SCALAR_BEDROCK = 0
L1_SCALAR_ECOTONE = 1

_U32_MAX = (1 << 32) - 1


class ScalarError(DecodeError):
    """A scalar word has an unknown version or bytes where its version allows none."""


class BedrockPaddingError(ScalarError):
    """A version 0 scalar that does not fit 32 bits."""


@dataclass(frozen=True, slots=True)
class EcotoneScalars:
    """Both fee scalars, 32-bit unsigned, in millionths."""

    blob_base_fee_scalar: int
    base_fee_scalar: int

    def encode(self) -> Hash32:
        """The version 1 word of these scalars."""
        blob = self.blob_base_fee_scalar.to_bytes(4, "big")
        return Hash32(b"\x01" + bytes(23) + blob + self.base_fee_scalar.to_bytes(4, "big"))


def check_ecotone_scalar(scalar: bytes) -> None:
    """Raise :class:`ScalarError` unless the word is one that Ecotone accepts from L1."""
    version = scalar[0]
    if version == L1_SCALAR_BEDROCK:
        if any(scalar[1:28]):
            raise BedrockPaddingError(f"scalar 0x{scalar.hex()}: version 0 with more than 32 bits")
    elif version == L1_SCALAR_ECOTONE:
        if any(scalar[1:24]):
            raise ScalarError(f"scalar 0x{scalar.hex()}: version 1 with non-zero padding")
    else:
        raise ScalarError(f"scalar 0x{scalar.hex()}: unknown version {version}")


def decode_scalar(scalar: bytes) -> EcotoneScalars:
    """Both scalars of a word, without a look at its padding; :class:`ScalarError` on its version."""
    base_fee_scalar = int.from_bytes(scalar[28:32], "big")
    if scalar[0] == L1_SCALAR_BEDROCK:
        return EcotoneScalars(0, base_fee_scalar)
    if scalar[0] == L1_SCALAR_ECOTONE:
        return EcotoneScalars(int.from_bytes(scalar[24:28], "big"), base_fee_scalar)
    raise ScalarError(f"scalar 0x{scalar.hex()}: unknown version {scalar[0]}")


def ecotone_scalars(scalar: bytes) -> EcotoneScalars:
    """The scalars that the L1 attributes carry from Ecotone on.

    A Bedrock scalar of more than 32 bits counts as the largest 32-bit one. Raises
    :class:`ScalarError` for every other malformed word.
    """
    try:
        check_ecotone_scalar(scalar)
    except BedrockPaddingError:
        return EcotoneScalars(0, _U32_MAX)
    return decode_scalar(scalar)
