"""What the two batch stages share: the L1 blocks in view, the span batch that is being handed out,
and the empty batches that fill in when the sequencing window has passed.

Specification: protocol/derivation.md, Batch queue.
"""

from __future__ import annotations

from pyoprollup.derive.channel_in_reader import ChannelInReader
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch import SingularBatches
from pyoprollup.derive.drops import Dropped, DropReason, DropSink, Subject
from pyoprollup.derive.errors import EndOfData, ResetError
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.sources.l2 import L2Source

__all__ = ["BaseBatchStage"]


class BaseBatchStage:
    """``l1_blocks`` are the L1 blocks from the next block's possible origins up to ``_origin``,
    the L1 block that is being derived from."""

    def __init__(self, config: RollupConfig, prev: ChannelInReader, l2: L2Source, drops: DropSink) -> None:
        self._config = config
        self._prev = prev
        self._l2 = l2
        self._drops = drops
        self._origin: L1BlockRef | None = None
        self._l1_blocks: list[L1BlockRef] = []
        self._span: SingularBatches | None = None
        self._span_position = 0

    @property
    def origin(self) -> L1BlockRef:
        return self._prev.origin

    def take_over(self, other: BaseBatchStage) -> None:
        """Adopt the view of L1 of another stage; nothing else of it is kept."""
        self._origin = other._origin
        self._l1_blocks = list(other._l1_blocks)

    def _origin_behind(self, parent: L2BlockRef) -> bool:
        return self.origin.number < parent.l1_origin.number

    def _update_origins(self, parent: L2BlockRef) -> None:
        """Bring the L1 blocks in view up to date with both ends of the pipeline."""
        origin = self.origin
        if self._origin != origin:
            self._origin = origin
            if self._origin_behind(parent):
                # Blocks that the safe head has passed already: start afresh once caught up.
                self._l1_blocks.clear()
            else:
                self._l1_blocks.append(origin)
        blocks, number = self._l1_blocks, parent.l1_origin.number
        if blocks and number > blocks[0].number:
            for index, block in enumerate(blocks):
                if block.number == number:
                    del blocks[:index]
                    break

    def _check_epoch(self, parent: L2BlockRef) -> None:
        epoch = self._l1_blocks[0]
        if parent.l1_origin != epoch.id and parent.l1_origin.number != epoch.number - 1:
            raise ResetError(
                f"L1 block {epoch} in view does not fit L1 origin {parent.l1_origin} of {parent}"
            )

    def _start_span(self, batches: SingularBatches) -> None:
        self._span = batches
        self._span_position = 0

    def _span_left(self) -> int:
        return 0 if self._span is None else len(self._span) - self._span_position

    def _next_from_span(self, parent: L2BlockRef) -> SingularBatch | None:
        """The next block of the span batch at hand, if it follows ``parent``."""
        span = self._span
        if span is None or not self._span_left():
            return None
        timestamp = span.timestamp(self._span_position)
        if timestamp != parent.time + self._config.block_time:
            detail = f"next block of the span is at {timestamp}, parent at {parent.time}"
            self._drop(DropReason.SPAN_PARENT_CHANGED, span.span.source, detail)
            self._span = None
            return None
        batch = span.batch(self._span_position, parent.hash)
        self._span_position += 1
        return batch

    def _drop_span(self) -> None:
        if self._span is not None and self._span_left():
            detail = f"{self._span_left()} blocks of the span left"
            self._drop(DropReason.SPAN_FLUSHED, self._span.span.source, detail)
        self._span = None

    def _derive_next_empty_batch(self, out_of_data: bool, parent: L2BlockRef) -> SingularBatch:
        """An empty batch, when no other can come any more for the current epoch.

        Raises :class:`EndOfData` when it is not time yet, or after moving on to the next epoch.
        """
        epoch, origin = self._l1_blocks[0], self.origin
        expiry = epoch.number + self._config.seq_window_size
        expired = expiry < origin.number or (expiry == origin.number and out_of_data)
        if not expired or len(self._l1_blocks) < 2:
            raise EndOfData("no batch follows the safe head yet")
        timestamp = parent.time + self._config.block_time
        # Every epoch has at least one block, even if its time is already up.
        first_of_epoch = epoch.number == parent.l1_origin.number + 1
        if timestamp < self._l1_blocks[1].time or first_of_epoch:
            return SingularBatch(parent.hash, epoch.number, epoch.hash, timestamp)
        del self._l1_blocks[0]
        raise EndOfData("the epoch has no further block")

    def _drop(self, reason: DropReason, subject: Subject, detail: str) -> None:
        self._drops(Dropped(reason, subject, self.origin.id, detail))

    def _reset_base(self, base: L1BlockRef) -> None:
        # The base block is where the stages before start again, so it is in view at once.
        self._origin = base
        self._l1_blocks = [base]
        self._span = None
