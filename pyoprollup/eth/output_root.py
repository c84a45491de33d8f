"""Output roots: the commitment to an L2 block that is proposed to L1.

Specification: protocol/proposals.md, L2 Output Commitment Construction. Version 0 hashes 128 bytes:
the version (32 zero bytes), the state root, the storage root of the L2-to-L1 message passer, and the
block hash.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_HASH, Hash32

__all__ = ["OUTPUT_VERSION_V0", "OutputV0", "output_root", "unmarshal_output"]

OUTPUT_VERSION_V0 = ZERO_HASH


@dataclass(frozen=True, slots=True)
class OutputV0:
    """What a version 0 output root commits to."""

    state_root: Hash32
    message_passer_storage_root: Hash32
    block_hash: Hash32

    def marshal(self) -> bytes:
        """The 128 bytes that are hashed."""
        return OUTPUT_VERSION_V0 + self.state_root + self.message_passer_storage_root + self.block_hash

    def root(self) -> Hash32:
        """The output root: what is proposed to L1."""
        return keccak256(self.marshal())


def output_root(output: OutputV0) -> Hash32:
    """The root of an output."""
    return output.root()


def unmarshal_output(data: bytes) -> OutputV0:
    """The inverse of :meth:`OutputV0.marshal`.

    Raises :class:`DecodeError` for an unknown version or a wrong length.
    """
    if data[:32] != OUTPUT_VERSION_V0:
        raise DecodeError(f"output version 0x{data[:32].hex()} is not supported")
    if len(data) != 128:
        raise DecodeError(f"a version 0 output has 128 bytes, not {len(data)}")
    return OutputV0(Hash32(data[32:64]), Hash32(data[64:96]), Hash32(data[96:]))
