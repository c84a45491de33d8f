"""The heads of the L2 chain: unsafe, pending safe, local safe, safe, finalized.

``finalized <= safe <= local safe <= pending safe <= unsafe``, each an ancestor of the next.
Specification: protocol/rollup-node.md and protocol/derivation.md, Engine queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from pyoprollup.engine.ports import ForkchoiceState
from pyoprollup.eth.refs import BlockID, L2BlockRef
from pyoprollup.eth.types import ZERO_HASH

__all__ = ["NO_BLOCK", "EngineHeads"]

NO_BLOCK = L2BlockRef(ZERO_HASH, 0, ZERO_HASH, 0, BlockID(ZERO_HASH, 0), 0)
"""Stands for a head that is not known yet."""


@dataclass(frozen=True, slots=True)
class EngineHeads:
    """All heads at one moment."""

    unsafe: L2BlockRef = NO_BLOCK
    """The tip: sequenced, gossiped or derived, whichever came last."""
    cross_unsafe: L2BlockRef = NO_BLOCK
    """Of the unsafe chain, what depends on known messages of other chains only; the tip before Interop."""
    pending_safe: L2BlockRef = NO_BLOCK
    """Derived from L1, but possibly from the middle of a span batch that turns out to be invalid."""
    local_safe: L2BlockRef = NO_BLOCK
    """Derived from L1, from a batch that was valid to its end."""
    safe: L2BlockRef = NO_BLOCK
    """Local safe, and so are the messages it depends on; the same before Interop."""
    finalized: L2BlockRef = NO_BLOCK
    """Derived from L1 blocks that are final."""
    backup_unsafe: L2BlockRef = NO_BLOCK
    """The tip that a derived block replaced, to go back to if the batch turns out to be invalid."""

    @property
    def forkchoice(self) -> ForkchoiceState:
        """What the engine is told."""
        return ForkchoiceState(self.unsafe.hash, self.safe.hash, self.finalized.hash)

    @property
    def ordered(self) -> bool:
        """Whether the numbers are in the order that they must be in."""
        chain = (self.finalized, self.safe, self.local_safe, self.pending_safe, self.unsafe)
        return all(low.number <= high.number for low, high in pairwise(chain))
