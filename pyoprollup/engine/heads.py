"""The heads of the L2 chain: unsafe, pending safe, local safe, safe, finalized.

``finalized <= safe <= local safe <= pending safe <= unsafe``, each an ancestor of the next. How they move
is here, as functions from heads to heads; :class:`~pyoprollup.engine.controller.EngineController` holds
them and is the only one to move them. Specification: protocol/rollup-node.md and protocol/derivation.md,
Engine queue.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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

    # --- how they move

    def derived(self, ref: L2BlockRef, concluding: bool, *, interop: bool) -> EngineHeads:
        """When is a block safe: the heads after derivation has come to ``ref``, a block that the engine has.

        1. It is *pending safe* if it follows the pending-safe head: L1 has its batch, but the batch may be in
           the middle of a span batch that turns out to be invalid. A block that is behind that head is there
           already; one that follows another block is out of date, and nothing moves.
        2. It is *local safe*, and all blocks before it, if it is ``concluding``: the last of its batch.
        3. It is *safe*, if it is local safe and depends on no messages of other chains: before Interop,
           always.

        Specification: protocol/derivation.md, Engine queue; glossary of protocol/rollup-node.md.
        """
        heads = self
        if ref.number > self.pending_safe.number:
            if ref.parent_hash != self.pending_safe.hash:
                return self
            heads = replace(heads, pending_safe=ref)
        if concluding and ref.number > self.local_safe.number:
            heads = replace(heads, local_safe=ref)
            if not interop:
                heads = replace(heads, safe=ref)
        return heads

    def with_unsafe(self, ref: L2BlockRef, *, interop: bool) -> EngineHeads:
        """The tip moves, forward or back."""
        return replace(self, unsafe=ref, cross_unsafe=self.cross_unsafe if interop else ref)

    def with_finalized(self, ref: L2BlockRef) -> EngineHeads:
        """A block is final. One that is not safe (any more) or further back moves nothing."""
        if not self.finalized.number <= ref.number <= self.safe.number:
            return self
        return replace(self, finalized=ref)

    def without_pending(self) -> EngineHeads:
        """The batch under way is invalid: its blocks do not count."""
        return replace(self, pending_safe=self.local_safe)

    @staticmethod
    def found(unsafe: L2BlockRef, safe: L2BlockRef, finalized: L2BlockRef, *, interop: bool) -> EngineHeads:
        """The heads after a reset."""
        return EngineHeads(unsafe, safe if interop else unsafe, safe, safe, safe, finalized)

    @staticmethod
    def synced(ref: L2BlockRef) -> EngineHeads:
        """The heads after the engine has synced by itself to a block.

        It has checked the chain up to there, and derivation cannot go back behind it.
        """
        return EngineHeads(ref, ref, ref, ref, ref, ref)
