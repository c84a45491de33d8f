"""Blocks from peers that are not linked to a trusted block yet, and the hashes that are trusted.

A hash is trusted if it is that of a range's end, or of the parent of a trusted block that was handed on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.types import Hash32
from pyoprollup.p2p.transport import PeerID
from pyoprollup.sources.lru import Lru

__all__ = ["Quarantine", "SyncResult"]

_MAX_QUARANTINED = 100
_MAX_TRUSTED = 10_000


@dataclass(frozen=True, slots=True)
class SyncResult:
    """A block, and the peer that has served it."""

    envelope: ExecutionPayloadEnvelope
    peer: PeerID


class Quarantine:
    """The last 100 blocks that came, by hash and by number, and the last 10,000 trusted hashes.

    ``on_untrusted`` is called with the peer of each block that is evicted without being trusted.
    """

    def __init__(self, on_untrusted: Callable[[PeerID], None]) -> None:
        self._on_untrusted = on_untrusted
        self._trusted: Lru[Hash32, None] = Lru(_MAX_TRUSTED)
        self._blocks: Lru[Hash32, SyncResult] = Lru(_MAX_QUARANTINED, self._leaves)
        self._by_number: dict[int, Hash32] = {}

    def __len__(self) -> int:
        return len(self._blocks)

    def trust(self, block_hash: Hash32) -> None:
        """Somebody vouches for a block."""
        self._trusted.put(block_hash, None)

    def is_trusted(self, block_hash: Hash32) -> bool:
        return block_hash in self._trusted

    def put(self, result: SyncResult) -> None:
        """Take a block in. Of several with the same number the last is found by it."""
        block = result.envelope.payload.id
        self._by_number[block.number] = block.hash
        self._blocks.put(block.hash, result)

    def get(self, block_hash: Hash32) -> SyncResult | None:
        return self._blocks.get(block_hash)

    def hash_at(self, number: int) -> Hash32 | None:
        """The block with this number."""
        return self._by_number.get(number)

    def remove(self, block_hash: Hash32) -> None:
        """Let a block go."""
        self._blocks.remove(block_hash)

    def _leaves(self, block_hash: Hash32, result: SyncResult) -> None:
        number = result.envelope.payload.block_number
        if self._by_number.get(number) == block_hash:
            del self._by_number[number]
        if block_hash not in self._trusted:
            self._on_untrusted(result.peer)
