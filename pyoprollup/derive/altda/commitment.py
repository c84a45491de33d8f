"""Commitments to alt-DA inputs: ``type (1 byte) ++ contents``.

Type 0 is the keccak-256 hash of the input (32 bytes); type 1 is opaque to the protocol (at least
one byte, judged by the DA server). Specification: experimental/alt-da.md, Input Commitment Submission.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import keccak256

__all__ = ["Commitment", "CommitmentError", "CommitmentType", "decode_commitment", "keccak_commitment"]


class CommitmentError(DecodeError):
    """Bytes that are no commitment of a known type."""


class CommitmentType(IntEnum):
    """What a commitment's contents are."""

    KECCAK256 = 0
    GENERIC = 1


@dataclass(frozen=True, slots=True)
class Commitment:
    """A commitment; ``data`` without the type byte."""

    type: CommitmentType
    data: bytes

    def encode(self) -> bytes:
        """Wire form, as a DA server takes it."""
        return bytes((self.type,)) + self.data

    def verify(self, data: bytes) -> bool:
        """Whether ``data`` is the input; always true for generic commitments."""
        return self.type is CommitmentType.GENERIC or keccak256(data) == self.data

    def __str__(self) -> str:
        return f"0x{self.encode().hex()}"


def keccak_commitment(data: bytes) -> Commitment:
    """The keccak-256 commitment to ``data``."""
    return Commitment(CommitmentType.KECCAK256, keccak256(data))


def decode_commitment(data: bytes) -> Commitment:
    """Decode a commitment; raises :class:`CommitmentError`."""
    if not data:
        raise CommitmentError("commitment is empty")
    kind, contents = data[0], data[1:]
    if kind == CommitmentType.KECCAK256:
        if len(contents) != 32:
            raise CommitmentError(f"keccak-256 commitment has {len(contents)} bytes, expected 32")
        return Commitment(CommitmentType.KECCAK256, contents)
    if kind == CommitmentType.GENERIC:
        if not contents:
            raise CommitmentError("generic commitment is empty")
        return Commitment(CommitmentType.GENERIC, contents)
    raise CommitmentError(f"commitment type {kind} is not known")
