"""What a host reads: L1 and its blobs as derivation does, with whole headers, and the state of L2.

As everywhere, reads raise ``Unavailable`` if there is no answer and ``NotFound`` if there is no such thing.
What they return was verified, or is verified by whoever asks: a node or code is what has the hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.headers import Header
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.sources.l1 import BlobSource, BlockInfo

__all__ = ["HostBlocks", "HostL2", "HostSources"]


class HostBlocks(Protocol):
    """Blocks of a chain by hash, with what they consist of."""

    def header(self, block_hash: Hash32) -> Header: ...

    def transactions_by_hash(self, block_hash: Hash32) -> Sequence[bytes]:
        """Transactions of a block in 2718 encoding."""
        ...

    def fetch_receipts(self, block_hash: Hash32) -> tuple[BlockInfo, Sequence[Receipt]]: ...


class HostL2(HostBlocks, Protocol):
    """L2, with its state."""

    def state_node(self, digest: Hash32) -> bytes:
        """A node of the state's trie, or of an account's storage."""
        ...

    def code(self, digest: Hash32) -> bytes:
        """The code of a contract."""
        ...

    def proof(self, block: Hash32 | int, address: Address, slots: Sequence[int] = ()) -> Sequence[bytes]:
        """The nodes that lead to an account after a block, and to slots of its storage; its code is not
        among them."""
        ...

    def witness(self, parent: Hash32, attributes: PayloadAttributes) -> Sequence[bytes]:
        """Nodes and code that executing a block reads; empty if that can only be told one by one."""
        ...

    def output(self, block_hash: Hash32) -> OutputV0:
        """What the output root of a block commits to."""
        ...


@dataclass(frozen=True, slots=True)
class HostSources:
    """All that is read."""

    l1: HostBlocks
    blobs: BlobSource
    l2: HostL2
