"""Batch queue: orders batches before Holocene, when they may arrive out of order.

Specification: protocol/derivation.md, Batch queue; protocol/delta/span-batches.md, Batch queue.

<https://specs.optimism.io/protocol/derivation.html#batch-queue>
<https://specs.optimism.io/protocol/delta/span-batches.html#batch-queue>
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyoprollup.derive.batch_input import BaseBatchStage
from pyoprollup.derive.batch_validity import BatchValidity, Verdict
from pyoprollup.derive.channel_in_reader import ChannelInReader
from pyoprollup.derive.check_singular_batch import check_singular_batch
from pyoprollup.derive.check_span_batch import check_span_batch
from pyoprollup.derive.codec.batch import Batch
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch import SpanOriginUnknown
from pyoprollup.derive.drops import DropReason, DropSink, ignore_drops
from pyoprollup.derive.errors import CriticalError, EndOfData, NotEnoughData, PipelineError
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.sources.l2 import L2Source

__all__ = ["BatchQueue", "check_batch"]


def check_batch(
    config: RollupConfig,
    l1_blocks: Sequence[L1BlockRef],
    safe_head: L2BlockRef,
    batch: Batch,
    inclusion: L1BlockRef,
    l2: L2Source,
) -> Verdict:
    """Check a batch of either kind, as the batch queue does.

    Raises :class:`~pyoprollup.errors.Unavailable` when ``l2`` does not answer.
    """
    if isinstance(batch, SingularBatch):
        return check_singular_batch(config, l1_blocks, safe_head, batch, inclusion)
    return check_span_batch(config, l1_blocks, safe_head, batch, inclusion, l2)


@dataclass(frozen=True, slots=True)
class _Queued:
    batch: Batch
    inclusion: L1BlockRef


class BatchQueue(BaseBatchStage):
    """Keeps batches in the order of L1 and hands out the first that fits on the safe head."""

    def __init__(
        self,
        config: RollupConfig,
        prev: ChannelInReader,
        l2: L2Source,
        drops: DropSink = ignore_drops,
    ) -> None:
        super().__init__(config, prev, l2, drops)
        self._batches: list[_Queued] = []
        # How many batches at the front are known to be future ones, as seen from _view: a long queue
        # is not looked through again for every batch that joins it.
        self._known_future = 0
        self._view: tuple[L2BlockRef, L1BlockRef, L1BlockRef] | None = None
        # Where a step stands that has to wait for L2 and is repeated: the batch that is being
        # checked, and whether the stage before had one.
        self._incoming: Batch | None = None
        self._out_of_data: bool | None = None

    def next_batch(self, parent: L2BlockRef) -> tuple[SingularBatch, bool]:
        """The batch after ``parent``, and whether it concludes the batch that it came from."""
        batch = self._next_from_span(parent)
        if batch is not None:
            return batch, not self._span_left()
        self._update_origins(parent)
        behind = self._origin_behind(parent)
        if self._out_of_data is None:
            self._out_of_data = self._load(parent, behind)
        out_of_data = self._out_of_data
        if behind:
            self._out_of_data = None
            if out_of_data:
                raise EndOfData("L1 origin is behind the safe head's")
            raise NotEnoughData("skipping batches from before the safe head")
        try:
            found = self._derive_next_batch(out_of_data, parent)
        except PipelineError as exc:
            self._out_of_data = None
            if not isinstance(exc, EndOfData):
                raise
            if out_of_data:
                raise
            raise NotEnoughData("no batch follows the safe head yet") from None
        self._out_of_data = None
        if isinstance(found, SingularBatch):
            return found, True
        return self._open_span(found, parent)

    def _open_span(self, found: Batch, parent: L2BlockRef) -> tuple[SingularBatch, bool]:
        assert not isinstance(found, SingularBatch)
        try:
            self._start_span(found.singular_batches(self._l1_blocks, parent.time))
        except SpanOriginUnknown as exc:
            # All origins were checked a moment ago.
            raise CriticalError(f"valid span batch: {exc}") from exc
        batch = self._next_from_span(parent)
        if batch is None:
            raise CriticalError(f"valid span batch does not continue {parent}")
        return batch, not self._span_left()

    def _load(self, parent: L2BlockRef, behind: bool) -> bool:
        """Take one batch from the stage before; whether there was none left."""
        if self._incoming is None:
            try:
                self._incoming = self._prev.next_batch()
            except EndOfData:
                return True
        batch = self._incoming
        if behind:
            self._drop(DropReason.BATCH_ORIGIN_BEHIND, batch.source, f"safe head is at {parent.l1_origin}")
        else:
            self._add_batch(batch, parent)
        self._incoming = None
        return False

    def _add_batch(self, batch: Batch, parent: L2BlockRef) -> None:
        if not self._l1_blocks:
            raise CriticalError(f"no L1 block in view for a batch at time {batch.timestamp}")
        queued = _Queued(batch, self.origin)
        verdict = self._check(queued, parent)
        if verdict.validity is BatchValidity.DROP:
            self._drop_batch(batch, verdict)
        else:
            self._batches.append(queued)

    def _check(self, queued: _Queued, parent: L2BlockRef) -> Verdict:
        return check_batch(self._config, self._l1_blocks, parent, queued.batch, queued.inclusion, self._l2)

    def _derive_next_batch(self, out_of_data: bool, parent: L2BlockRef) -> Batch:
        if not self._l1_blocks:
            raise CriticalError(f"no L1 block in view to continue {parent}")
        self._check_epoch(parent)
        view = (parent, self._l1_blocks[0], self._l1_blocks[-1])
        known = self._known_future if view == self._view else 0
        remaining: list[_Queued] = []
        dropped: list[tuple[Batch, Verdict]] = []
        found: Batch | None = None
        undecided = False
        start = known
        for index in range(start, len(self._batches)):
            queued = self._batches[index]
            verdict = self._check(queued, parent)
            if verdict.validity is BatchValidity.FUTURE:
                remaining.append(queued)
                known += 1
            elif verdict.validity is BatchValidity.DROP:
                dropped.append((queued.batch, verdict))
            elif verdict.validity is BatchValidity.ACCEPT:
                found = queued.batch
                remaining.extend(self._batches[index + 1 :])
                break
            elif verdict.validity is BatchValidity.UNDECIDED:
                undecided = True
                remaining.extend(self._batches[index:])
                break
            else:
                raise CriticalError(f"batch queue met a batch of validity {verdict.validity.value}")
        self._batches[start:] = remaining
        self._known_future, self._view = known, view
        for batch, verdict in dropped:
            self._drop_batch(batch, verdict)
        if undecided:
            raise EndOfData("the next batch needs more L1 blocks")
        return found if found is not None else self._derive_next_empty_batch(out_of_data, parent)

    def _drop_batch(self, batch: Batch, verdict: Verdict) -> None:
        if verdict.reason is not None:
            self._drop(verdict.reason, batch.source, verdict.detail)

    def flush_channel(self) -> None:
        """Nothing to flush: batches stand alone before Holocene."""

    def discard(self) -> None:
        """Record all that is buffered as dropped, because the stage gives way to its successor."""
        self._drop_span()
        for queued in self._batches:
            self._drop(DropReason.FORK_ACTIVATION, queued.batch.source, "still queued")
        self._batches = []

    def reset(self, base: L1BlockRef, _system_config: SystemConfig) -> None:
        self._reset_base(base)
        self._batches = []
        self._view = None
        self._incoming = None
        self._out_of_data = None
