"""Source hashes: what makes each deposit transaction unique.

Specification: protocol/deposits.md, Source hash computation. Every kind of deposit has a domain;
the source hash is ``keccak256(domain as 32 bytes ‖ id)``, where the id is
``keccak256(L1 block hash ‖ number as 32 bytes)``, or the hash of the intent for an upgrade.
"""

from __future__ import annotations

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32

__all__ = [
    "l1_info_deposit_source",
    "upgrade_deposit_source",
    "user_deposit_source",
]

_USER_DEPOSIT = bytes(32)
_L1_INFO = (1).to_bytes(32, "big")
_UPGRADE = (2).to_bytes(32, "big")


def user_deposit_source(l1_block_hash: bytes, log_index: int) -> Hash32:
    """Of a user's deposit: ``log_index`` counts all logs of the L1 block."""
    return keccak256(_USER_DEPOSIT + keccak256(l1_block_hash + log_index.to_bytes(32, "big")))


def l1_info_deposit_source(l1_block_hash: bytes, sequence_number: int) -> Hash32:
    """Of the L1 attributes transaction: its L1 origin and the block's place in the epoch."""
    return keccak256(_L1_INFO + keccak256(l1_block_hash + sequence_number.to_bytes(32, "big")))


def upgrade_deposit_source(intent: str) -> Hash32:
    """Of a network upgrade transaction, which its intent names uniquely."""
    return keccak256(_UPGRADE + keccak256(intent.encode()))
