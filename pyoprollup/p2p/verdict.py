"""Results of validation, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pyoprollup.eth.payload import ExecutionPayloadEnvelope

__all__ = ["GossipReason", "ValidationResult", "Verdict"]


class ValidationResult(Enum):
    """The result for a message: accept, ignore or reject."""

    ACCEPT = "accept"
    """Taken, and passed on to other peers."""
    IGNORE = "ignore"
    """Dropped."""
    REJECT = "reject"
    """Dropped, to the discredit of the peer that it came from."""


class GossipReason(Enum):
    """Why a message is not accepted, in the order of the checks."""

    DUPLICATE_MESSAGE = "duplicate_message"
    BAD_COMPRESSION_LENGTH = "bad_compression_length"
    TOO_LARGE = "too_large"
    TOO_SMALL = "too_small"
    BAD_COMPRESSION = "bad_compression"
    NO_KNOWN_SIGNER = "no_known_signer"
    BAD_SIGNATURE = "bad_signature"
    FOREIGN_SIGNER = "foreign_signer"
    BAD_ENCODING = "bad_encoding"
    TOO_OLD = "too_old"
    TOO_NEW = "too_new"
    BAD_BLOCK_HASH = "bad_block_hash"
    WITHDRAWALS_BEFORE_V2 = "withdrawals_before_v2"
    NO_WITHDRAWALS_LIST = "no_withdrawals_list"
    WITHDRAWALS_NOT_EMPTY = "withdrawals_not_empty"
    BLOB_GAS_USED_BEFORE_V3 = "blob_gas_used_before_v3"
    EXCESS_BLOB_GAS_BEFORE_V3 = "excess_blob_gas_before_v3"
    NO_BLOB_GAS_USED = "no_blob_gas_used"
    BLOB_GAS_USED_NOT_ZERO = "blob_gas_used_not_zero"
    EXCESS_BLOB_GAS_NOT_ZERO = "excess_blob_gas_not_zero"
    BEACON_ROOT_BEFORE_V3 = "beacon_root_before_v3"
    NO_BEACON_ROOT = "no_beacon_root"
    WITHDRAWALS_ROOT_BEFORE_V4 = "withdrawals_root_before_v4"
    NO_WITHDRAWALS_ROOT = "no_withdrawals_root"
    TOO_MANY_BLOCKS = "too_many_blocks"
    ALREADY_SEEN = "already_seen"

    @property
    def result(self) -> ValidationResult:
        """What becomes of a message for this reason."""
        return ValidationResult.IGNORE if self in _IGNORED else ValidationResult.REJECT


_IGNORED = frozenset(
    {GossipReason.DUPLICATE_MESSAGE, GossipReason.NO_KNOWN_SIGNER, GossipReason.ALREADY_SEEN}
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """On a message: ``reason`` is ``None`` if it is accepted, and ``envelope`` then its block."""

    reason: GossipReason | None
    detail: str = ""
    envelope: ExecutionPayloadEnvelope | None = None

    @property
    def result(self) -> ValidationResult:
        return ValidationResult.ACCEPT if self.reason is None else self.reason.result

    def __str__(self) -> str:
        if self.reason is None:
            return "accepted"
        text = f"{self.result.value}: {self.reason.value}"
        return f"{text} ({self.detail})" if self.detail else text
