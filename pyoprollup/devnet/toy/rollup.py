"""The toy's chain, and what its node would say.

``state(n) = state(n - 1) * a + b`` on 64 bits, with a and b the first two groups of 8 bytes of L1 block n's
hash. The header of a block has Ethereum's form: the state stands in the extra data, its keccak-256 is the
state root, and the time is the number. The genesis block has number and state 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pyoprollup.challenger.trace.node_outputs import RollupNode
from pyoprollup.challenger.trace.outputs import L2Headers
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.headers import Header
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.refs import BlockID, BlockLabel, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import U64_MAX, ZERO_ADDRESS, ZERO_HASH, Hash32
from pyoprollup.rollupapi import OutputResponse, SafeHeadResponse
from pyoprollup.sources.l1 import L1Heads

__all__ = ["TOY_GENESIS", "ToyBlock", "ToyRollup"]


@dataclass(frozen=True)
class ToyBlock:
    """A block: its number, the hash of the block before it, and the state after it."""

    number: int
    parent_hash: Hash32
    state: int

    @property
    def state_bytes(self) -> bytes:
        """The state, 8 bytes, big-endian."""
        return self.state.to_bytes(8, "big")

    @cached_property
    def header(self) -> Header:
        """The header, with the 15 fields that all headers have."""
        return Header(
            parent_hash=self.parent_hash,
            uncle_hash=ZERO_HASH,
            coinbase=ZERO_ADDRESS,
            state_root=keccak256(self.state_bytes),
            transactions_root=ZERO_HASH,
            receipts_root=ZERO_HASH,
            logs_bloom=bytes(256),
            difficulty=0,
            number=self.number,
            gas_limit=0,
            gas_used=0,
            time=self.number,
            extra_data=self.state_bytes,
            mix_digest=ZERO_HASH,
            nonce=bytes(8),
        )

    @cached_property
    def hash(self) -> Hash32:
        """The header's hash."""
        return self.header.hash()

    @property
    def output(self) -> OutputV0:
        """The output after the block. There are no withdrawals."""
        return OutputV0(self.header.state_root, ZERO_HASH, self.hash)

    def next(self, l1_hash: Hash32) -> ToyBlock:
        """The block after it, made of an L1 block's hash."""
        a, b = int.from_bytes(l1_hash[:8], "big"), int.from_bytes(l1_hash[8:16], "big")
        return ToyBlock(self.number + 1, self.hash, self.state * a + b & U64_MAX)


TOY_GENESIS = ToyBlock(0, ZERO_HASH, 0)


class ToyRollup(RollupNode, L2Headers):
    """The toy on an L1, as its node would know it: always with all that L1 has. Reorgs of L1 are its own."""

    def __init__(self, l1: L1Heads) -> None:
        self._l1 = l1
        self._blocks = [TOY_GENESIS]
        self._l1_hashes = [ZERO_HASH]

    def block(self, number: int) -> ToyBlock:
        """A block; raises :class:`NotFound` for one that L1 has not got to, and what L1 does."""
        self._drop_orphans(number)
        while len(self._blocks) <= number:
            l1_hash = self._l1.l1_block_ref_by_number(len(self._blocks)).hash
            self._blocks.append(self._blocks[-1].next(l1_hash))
            self._l1_hashes.append(l1_hash)
        return self._blocks[number]

    def _drop_orphans(self, number: int) -> None:
        """Forget blocks up to a number whose L1 blocks are no more."""
        last = min(number, len(self._blocks) - 1)
        while last > 0:
            try:
                if self._l1.l1_block_ref_by_number(last).hash == self._l1_hashes[last]:
                    return
            except NotFound:
                pass
            del self._blocks[last:], self._l1_hashes[last:]
            last -= 1

    # --- as a rollup node

    def sync_status(self) -> SyncStatus:
        """Where it is: at L1's head, which is not dealt with in games that were made there."""
        return SyncStatus(current_l1=self._l1.l1_block_ref_by_label(BlockLabel.UNSAFE))

    def output_at_block(self, number: int) -> OutputResponse:
        """The output after a block; raises as :meth:`block` does."""
        block = self.block(number)
        origin = BlockID(self._l1_hashes[number], number)
        ref = L2BlockRef(block.hash, number, block.parent_hash, number, origin, 0)
        return OutputResponse.of(ref, block.output, self.sync_status())

    def safe_head_at_l1_block(self, number: int) -> SafeHeadResponse:
        """What was safe at an L1 block: the block of its number."""
        l1 = self._l1.l1_block_ref_by_number(number)
        return SafeHeadResponse(l1.id, BlockID(self.block(number).hash, number))

    # --- as an execution client

    def header_by_number(self, number: int) -> Header:
        """The header of a block; raises :class:`Unavailable`, also before L1 has got to it."""
        try:
            return self.block(number).header
        except NotFound as exc:
            raise Unavailable(str(exc)) from exc
