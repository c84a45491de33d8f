"""Finds the heads to start from: the L2 blocks whose L1 origins are canonical.

Specification: protocol/derivation.md, Finding the sync starting point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pyoprollup.engine import NO_BLOCK
from pyoprollup.errors import NotFound, RollupError
from pyoprollup.eth.refs import BlockLabel, L1BlockRef, L2BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.events import News, Tell, no_news
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.sources.l1 import L1Blocks
from pyoprollup.sources.l2 import L2Heads

__all__ = [
    "MAX_REORG_SEQ_WINDOWS",
    "RECOVER_MIN_SEQ_WINDOWS",
    "FindHeadsResult",
    "HeadsSearch",
    "InconsistentChain",
    "ReorgFinalized",
    "SyncStartError",
    "TooDeepReorg",
    "WrongChain",
    "find_l2_heads",
]

MAX_REORG_SEQ_WINDOWS = 5
"""Sequencing windows of L1 blocks that the unsafe head may go back at once, unless an operator says."""

RECOVER_MIN_SEQ_WINDOWS = 14
"""Sequencing windows after genesis from which "nothing is safe yet" cannot be true."""

_TELL_EVERY = 1_000
"""L2 blocks of a walk after which it tells where it is."""

_MAX_KEPT = 100_000
"""References of L2 blocks that a search keeps: some thirty megabytes."""


class SyncStartError(RollupError):
    """There is no place to start from."""


class WrongChain(SyncStartError):
    """L1 or the engine has another genesis block."""


class ReorgFinalized(SyncStartError):
    """L1 contradicts what the engine holds to be final."""


class TooDeepReorg(SyncStartError):
    """L1 contradicts more of the unsafe chain than a reorg would."""


class InconsistentChain(SyncStartError):
    """The L1 origins of an L2 block and its parent do not fit together."""


@dataclass(frozen=True, slots=True)
class FindHeadsResult:
    """``unsafe``: the highest block whose L1 origin may be canonical. ``safe``: the highest whose
    batches are certainly on this L1. ``finalized``: as the engine has it."""

    unsafe: L2BlockRef
    safe: L2BlockRef
    finalized: L2BlockRef


def find_l2_heads(
    config: RollupConfig,
    l1: L1Blocks,
    l2: L2Heads,
    *,
    skip_sync_start_check: bool = False,
    max_reorg_seq_windows: int = MAX_REORG_SEQ_WINDOWS,
) -> FindHeadsResult:
    """Walk back from the engine's head to the heads to start from: a :class:`HeadsSearch` without a pause."""
    return HeadsSearch(
        config,
        l1,
        l2,
        skip_sync_start_check=skip_sync_start_check,
        max_reorg_seq_windows=max_reorg_seq_windows,
    ).run()


class HeadsSearch:
    """Finds the heads to start from, by walking back from the engine's head.

    It goes back by a sequencing window of L1 blocks at least, which is some ten thousand L2 blocks, so it
    does not begin anew because one read has failed: :meth:`run` goes on where the last one was ended.

    ``skip_sync_start_check`` jumps to the safe head once a block with a canonical origin is found.
    ``max_reorg_seq_windows`` is how far the unsafe head may go back, in sequencing windows.
    """

    def __init__(
        self,
        config: RollupConfig,
        l1: L1Blocks,
        l2: L2Heads,
        *,
        skip_sync_start_check: bool = False,
        max_reorg_seq_windows: int = MAX_REORG_SEQ_WINDOWS,
        tell: Tell = no_news,
    ) -> None:
        self._config = config
        self._l1 = l1
        self._l2 = l2
        self._skip = skip_sync_start_check
        self._max_windows = max_reorg_seq_windows
        self._news = News("sync-start", tell)
        self._walk: _Walk | None = None
        """The walk that was ended by a source. It counts as long as heads and L1 are what they were."""
        self._refs: dict[Hash32, L2BlockRef] = {}
        """What was read of L2, for a walk that has to begin anew as the engine has a newer head."""

    def run(self) -> FindHeadsResult:
        """The heads. Raises :class:`SyncStartError`, and whatever the sources raise: then it is to be called
        again, and no block of L2 that was read is read again."""
        heads = _current_heads(self._config, self._l2)
        if _may_stay(self._config, heads):
            self._forget()
            return FindHeadsResult(heads.unsafe, heads.unsafe, heads.unsafe)
        if self._walk is None or self._walk.start != heads or not self._walk.is_canonical():
            self._walk = _Walk(
                self._config, self._l1, self._l2_ref, heads, self._skip, self._max_windows, self._news
            )
        try:
            found = self._walk.run()
        except SyncStartError:
            self._forget()
            raise
        self._forget()
        return found

    def _forget(self) -> None:
        self._walk = None
        self._refs.clear()

    def _l2_ref(self, block_hash: Hash32) -> L2BlockRef:
        ref = self._refs.get(block_hash)
        if ref is None:
            ref = self._l2.l2_block_ref_by_hash(block_hash)
            if len(self._refs) < _MAX_KEPT:
                self._refs[block_hash] = ref
        return ref


def _may_stay(config: RollupConfig, heads: FindHeadsResult) -> bool:
    """Whether the unsafe head is where to start, without a look at L1."""
    genesis = config.genesis
    window = RECOVER_MIN_SEQ_WINDOWS * config.seq_window_size
    if (
        heads.finalized.hash == genesis.l2.hash == heads.safe.hash
        and heads.unsafe.number > genesis.l2.number
        and heads.unsafe.l1_origin.number > genesis.l1.number + window
    ):
        # The engine synced by itself and was stopped before anything was made safe.
        return True
    # Or the engine was rewound without its labels.
    return heads.unsafe.number < max(heads.safe.number, heads.finalized.number)


def _current_heads(config: RollupConfig, l2: L2Heads) -> FindHeadsResult:
    try:
        finalized = l2.l2_block_ref_by_label(BlockLabel.FINALIZED)
    except NotFound:
        finalized = l2.l2_block_ref_by_hash(config.genesis.l2.hash)
    try:
        safe = l2.l2_block_ref_by_label(BlockLabel.SAFE)
    except NotFound:
        safe = finalized
    return FindHeadsResult(l2.l2_block_ref_by_label(BlockLabel.UNSAFE), safe, finalized)


class _Walk:
    """One search, from the unsafe head towards the finalized one."""

    def __init__(
        self,
        config: RollupConfig,
        l1: L1Blocks,
        l2_ref: Callable[[Hash32], L2BlockRef],
        heads: FindHeadsResult,
        skip: bool,
        max_windows: int,
        news: News,
    ) -> None:
        self.start = heads
        self._config = config
        self._max_depth = max_windows * config.sync_lookback
        self._l1 = l1
        self._l2_ref = l2_ref
        self._heads = heads
        self._block = heads.unsafe
        """The block that is looked at. To look at the same one twice changes nothing."""
        self._skip = skip
        self._news = news
        self._l1_block: L1BlockRef | None = None
        """The L1 block at the height of the current L2 block's origin; ``None`` if L1 is not there yet."""
        self._highest_canonical = NO_BLOCK
        """The highest block from which on down all origins are canonical."""

    def is_canonical(self) -> bool:
        """Whether L1 still is the chain that was walked along."""
        top, at = self._highest_canonical, self._l1_block
        try:
            if top != NO_BLOCK:
                return self._l1.l1_block_ref_by_number(top.l1_origin.number).hash == top.l1_origin.hash
            return at is None or self._l1.l1_block_ref_by_number(at.number) == at
        except NotFound:
            return False

    def run(self) -> FindHeadsResult:
        while True:
            block = self._block
            self._fetch_origin(block)
            self._check_chain(block)
            self._consider(block)
            ready = self._can_be_after_safe(block)
            if block.number == self._heads.finalized.number:
                return replace(self._heads, safe=block)
            if self._skip and self._highest_canonical.hash == block.hash and block != self._heads.safe:
                self._block = self._heads.safe
                continue
            self._block = self._parent(block)
            self._tell_progress()
            if ready:
                return replace(self._heads, safe=self._block)

    def _tell_progress(self) -> None:
        gone = self.start.unsafe.number - self._block.number
        if gone % _TELL_EVERY == 0:
            self._news("walking-back", at=self._block, blocks=gone, unsafe=self.start.unsafe)

    def _fetch_origin(self, block: L2BlockRef) -> None:
        known = self._l1_block
        origin = block.l1_origin
        if known is not None and origin.number == known.number:
            return  # whatever the origin's hash: this is the canonical block at its height
        if known is not None and origin.hash == known.parent_hash:
            self._l1_block = self._l1.l1_block_ref_by_hash(origin.hash)
            return
        try:
            self._l1_block = self._l1.l1_block_ref_by_number(origin.number)
        except NotFound:
            self._l1_block = None

    def _check_chain(self, block: L2BlockRef) -> None:
        genesis, finalized = self._config.genesis, self._heads.finalized
        if block.number == genesis.l2.number:
            if block.hash != genesis.l2.hash:
                raise WrongChain(f"L2 genesis is {block}, expected {genesis.l2}")
            if self._l1_block is not None and self._l1_block.hash != genesis.l1.hash:
                raise WrongChain(f"L1 genesis is {self._l1_block}, expected {genesis.l1}")
        if block.number == finalized.number and block.hash != finalized.hash:
            raise ReorgFinalized(f"finalized is {finalized}, the chain has {block}")

    def _consider(self, block: L2BlockRef) -> None:
        """Is this the new unsafe head, and is its origin canonical?"""
        if self._heads.unsafe == NO_BLOCK:
            self._heads = replace(self._heads, unsafe=block)
            if block.l1_origin.number + self._max_depth < self.start.unsafe.l1_origin.number:
                raise TooDeepReorg(f"back to {block}, from {self.start.unsafe}")
        if self._l1_block is None:
            # It may turn out to be canonical, so the unsafe head stays.
            self._highest_canonical = NO_BLOCK
        elif self._l1_block.hash == block.l1_origin.hash:
            if self._highest_canonical == NO_BLOCK:
                self._highest_canonical = block
        else:
            self._heads = replace(self._heads, unsafe=NO_BLOCK)
            self._highest_canonical = NO_BLOCK

    def _can_be_after_safe(self, block: L2BlockRef) -> bool:
        """Whether a sequencing window above this first block of an epoch is canonical."""
        top = self._highest_canonical.l1_origin.number
        return (
            block.number <= self._heads.safe.number
            and block.l1_origin.number + self._config.sync_lookback < top
            and block.sequence_number == 0
        )

    def _parent(self, block: L2BlockRef) -> L2BlockRef:
        parent = self._l2_ref(block.parent_hash)
        if parent.l1_origin == block.l1_origin:
            if parent.sequence_number + 1 != block.sequence_number:
                raise InconsistentChain(
                    f"sequence number {block.sequence_number} of {block} after "
                    f"{parent.sequence_number} of {parent}"
                )
            return parent
        if parent.l1_origin.number + 1 != block.l1_origin.number:
            raise InconsistentChain(
                f"origin {block.l1_origin} of {block} after {parent.l1_origin} of {parent}"
            )
        if block.sequence_number != 0:
            raise InconsistentChain(
                f"{block} is the first with its origin, with sequence number {block.sequence_number}"
            )
        l1 = self._l1_block
        if l1 is not None and l1.hash == block.l1_origin.hash and l1.parent_hash != parent.l1_origin.hash:
            raise InconsistentChain(
                f"origin {parent.l1_origin} of {parent} is not the parent of {block.l1_origin}"
            )
        return parent
