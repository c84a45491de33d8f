"""The challenge contract of alt-DA, as far as derivation reads it.

* ``event ChallengeStatusChanged(uint256 indexed challengedBlockNumber, bytes challengedCommitment,
  uint8 status)`` reports every challenge and every resolution;
* the answer itself is calldata only: ``resolve(uint256 challengedBlockNumber, bytes
  challengedCommitment, bytes resolveData)``.

ABI decoding is as lenient as go-ethereum's: offsets may point anywhere, padding may be missing or
hold anything, and the selector of the call is not looked at. Stricter decoders (``eth-abi``) would
disagree with every other node about such bytes.

Specification: experimental/alt-da.md, Data Availability Challenge Contract.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.derive.altda.commitment import Commitment, decode_commitment
from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.receipts import Log
from pyoprollup.eth.types import U64_MAX

__all__ = [
    "CHALLENGE_STATUS_TOPIC",
    "ChallengeError",
    "ChallengeEvent",
    "decode_challenge_event",
    "decode_resolved_input",
]

CHALLENGE_STATUS_TOPIC = keccak256(b"ChallengeStatusChanged(uint256,bytes,uint8)")


class ChallengeError(DecodeError):
    """An event or calldata of the challenge contract is not of the form above."""


@dataclass(frozen=True, slots=True)
class ChallengeEvent:
    """A change of status of the commitment in L1 block ``block_number``.

    ``status`` is 1 for a new challenge and 2 for an answer; other values (up to 255) mean nothing.
    """

    commitment: Commitment
    block_number: int
    status: int


def decode_challenge_event(log: Log) -> ChallengeEvent:
    """The challenge event in a log of the challenge contract.

    Raises :class:`ChallengeError`, or the commitment's :class:`~pyoprollup.errors.DecodeError`.
    """
    if log.topics[:1] != (CHALLENGE_STATUS_TOPIC,):
        raise ChallengeError("event is not ChallengeStatusChanged")
    commitment = _bytes_argument(log.data, 0)
    status = _word(log.data, 1)
    if status > 0xFF:
        raise ChallengeError(f"status {status:#x} does not fit 8 bits")
    if len(log.topics) != 2:
        raise ChallengeError(f"event has {len(log.topics)} topics, expected 2")
    block_number = int.from_bytes(log.topics[1], "big")
    decoded = decode_commitment(commitment)
    if block_number > U64_MAX:
        raise ChallengeError(f"challenged block number {block_number:#x} does not fit 64 bits")
    return ChallengeEvent(decoded, block_number, status)


def decode_resolved_input(calldata: bytes) -> bytes:
    """The input in the calldata of a ``resolve`` call. Raises :class:`ChallengeError`."""
    if len(calldata) < 4:
        raise ChallengeError(f"calldata of {len(calldata)} bytes has no selector")
    arguments = calldata[4:]
    _word(arguments, 0)
    _bytes_argument(arguments, 1)
    data = _bytes_argument(arguments, 2)
    if not data:
        raise ChallengeError("resolved input is empty")
    return data


def _word(data: bytes, index: int) -> int:
    start = 32 * index
    if start + 32 > len(data):
        raise ChallengeError(f"{len(data)} bytes have no argument {index}")
    return int.from_bytes(data[start : start + 32], "big")


def _bytes_argument(data: bytes, index: int) -> bytes:
    """Argument ``index``, whose word is the offset of ``length (32 bytes) ++ contents``."""
    start = _word(data, index) + 32
    if start > len(data):
        raise ChallengeError(f"argument {index} at offset {start - 32:#x} is beyond {len(data)} bytes")
    end = start + int.from_bytes(data[start - 32 : start], "big")
    if end > len(data):
        raise ChallengeError(f"argument {index} runs past the end of {len(data)} bytes")
    return data[start:end]
