"""Batch stage: takes batches in strict order, from Holocene on.

There is no queue: a batch is the next one or it is not. Span batches are split into singular
batches after a check of the span as a whole, and the first invalid batch ends its channel.

Specification: protocol/holocene/derivation.md, Batch queue.

<https://specs.optimism.io/protocol/holocene/derivation.html#batch-queue>
"""

from __future__ import annotations

from pyoprollup.derive.batch_input import BaseBatchStage
from pyoprollup.derive.batch_validity import BatchValidity, Verdict
from pyoprollup.derive.channel_in_reader import ChannelInReader
from pyoprollup.derive.check_singular_batch import check_singular_batch
from pyoprollup.derive.check_span_batch import check_span_batch_holocene
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch import SpanBatch, SpanOriginUnknown
from pyoprollup.derive.drops import DropReason, DropSink, Subject, ignore_drops
from pyoprollup.derive.errors import CriticalError, EndOfData, NotEnoughData
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.sources.l2 import L2Source

__all__ = ["BatchStage"]


class BatchStage(BaseBatchStage):
    """Hands out one batch after another, or flushes the channel."""

    def __init__(
        self,
        config: RollupConfig,
        prev: ChannelInReader,
        l2: L2Source,
        drops: DropSink = ignore_drops,
    ) -> None:
        super().__init__(config, prev, l2, drops)
        self._incoming: SpanBatch | None = None

    def next_batch(self, parent: L2BlockRef) -> tuple[SingularBatch, bool]:
        """The batch after ``parent``, and that it is safe at once.

        Nothing that comes later in its span can make it invalid. (The first op-node with Holocene still
        waited for the end of the span; newer ones do not.)
        """
        self._update_origins(parent)
        origin = self.origin
        if origin.number <= parent.l1_origin.number:
            # Only batches that the safe chain has already can be in these L1 blocks.
            batch = self._prev.next_batch()
            detail = f"safe head is at {parent.l1_origin}"
            self._drop(DropReason.BATCH_ORIGIN_BEHIND, batch.source, detail)
            raise NotEnoughData("skipping batches from before the safe head")
        if len(self._l1_blocks) < 2:
            raise CriticalError(
                f"only {len(self._l1_blocks)} L1 blocks in view at {origin} to continue {parent}"
            )
        self._check_epoch(parent)
        try:
            batch = self._next_candidate(parent)
        except EndOfData:
            return self._derive_next_empty_batch(True, parent), True
        verdict = check_singular_batch(self._config, self._l1_blocks, parent, batch, origin)
        if verdict.validity is BatchValidity.ACCEPT:
            return batch, True
        raise self._reject(verdict, batch.source)

    def _next_candidate(self, parent: L2BlockRef) -> SingularBatch:
        batch = self._next_from_span(parent)
        if batch is not None:
            return batch
        if self._incoming is None:
            following = self._prev.next_batch()
            if isinstance(following, SingularBatch):
                return following
            self._incoming = following
        span = self._incoming
        verdict = check_span_batch_holocene(
            self._config, self._l1_blocks, parent, span, self.origin, self._l2
        )
        # Only now: the check may have to wait for L2 and be made again.
        self._incoming = None
        if verdict.validity is not BatchValidity.ACCEPT:
            raise self._reject(verdict, span.source)
        return self._open_span(span, parent)

    def _open_span(self, span: SpanBatch, parent: L2BlockRef) -> SingularBatch:
        try:
            self._start_span(span.singular_batches(self._l1_blocks, parent.time))
        except SpanOriginUnknown as exc:
            verdict = Verdict.drop(DropReason.SPAN_ORIGIN_UNKNOWN, str(exc))
            raise self._reject(verdict, span.source) from exc
        assert self._span is not None
        # Handed out whatever its time: the check of the batch itself comes next.
        batch = self._span.batch(0, parent.hash)
        self._span_position = 1
        return batch

    def _reject(self, verdict: Verdict, subject: Subject) -> NotEnoughData | CriticalError:
        """Record a batch that is not accepted; the exception that says how it goes on."""
        if verdict.validity is BatchValidity.FUTURE or verdict.reason is None:
            return CriticalError(f"batch stage met a batch of validity {verdict.validity.value}")
        self._drop(verdict.reason, subject, verdict.detail)
        if verdict.validity is BatchValidity.DROP:
            self.flush_channel()
            return NotEnoughData("invalid batch ended its channel")
        # Past batches are passed over. Undecided ones too: what they name lies beyond the L1 block
        # that they were found in, so no later look would find them valid.
        return NotEnoughData(f"batch is {verdict.validity.value}")

    def flush_channel(self) -> None:
        """Drop the rest of the span at hand, and the channel that it came from."""
        self._incoming = None
        self._drop_span()
        self._prev.flush_channel()

    def discard(self) -> None:
        """Record all that is buffered as dropped, because the stage gives way to another."""
        self._drop_span()

    def reset(self, base: L1BlockRef, _system_config: SystemConfig) -> None:
        self._reset_base(base)
        self._incoming = None
