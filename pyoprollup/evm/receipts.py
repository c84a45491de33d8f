"""Receipts of executed transactions, and what a header says of them all."""

from __future__ import annotations

from collections.abc import Iterable

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.receipts import Log, Receipt
from pyoprollup.eth.trie import ordered_trie_root
from pyoprollup.eth.types import Hash32

__all__ = ["block_bloom", "logs_bloom", "receipts_root"]


def logs_bloom(logs: Iterable[Log]) -> bytes:
    """Bloom filter of 2048 bits over the addresses and topics of ``logs`` (Yellow Paper, 4.3.1)."""
    bloom = 0
    for entry in {item for log in logs for item in (log.address, *log.topics)}:
        digest = keccak256(entry)
        for at in (0, 2, 4):
            bloom |= 1 << (int.from_bytes(digest[at : at + 2], "big") & 2047)
    return bloom.to_bytes(256, "big")


def block_bloom(receipts: Iterable[Receipt]) -> bytes:
    """Union of the filters of all receipts."""
    bloom = 0
    for receipt in receipts:
        bloom |= int.from_bytes(receipt.bloom, "big")
    return bloom.to_bytes(256, "big")


def receipts_root(receipts: Iterable[Receipt]) -> Hash32:
    """Root of the trie of receipts, in the form that the block commits to."""
    return ordered_trie_root([receipt.encode_for_root() for receipt in receipts])
