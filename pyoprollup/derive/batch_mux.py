"""Which of the two batch stages is at work: the queue, or from Holocene on the strict stage.

Specification: protocol/holocene/derivation.md, Activation.

<https://specs.optimism.io/protocol/holocene/derivation.html#activation>
"""

from __future__ import annotations

from pyoprollup.derive.batch_queue import BatchQueue
from pyoprollup.derive.batch_stage import BatchStage
from pyoprollup.derive.channel_in_reader import ChannelInReader
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.drops import DropSink, ignore_drops
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.rollup.time import L1Time
from pyoprollup.sources.l2 import L2Source

__all__ = ["BatchMux"]


class BatchMux:
    """Owns the active batch stage and swaps it at Holocene, or back when a reset goes to an L1
    block before the fork."""

    def __init__(
        self,
        config: RollupConfig,
        prev: ChannelInReader,
        l2: L2Source,
        drops: DropSink = ignore_drops,
    ) -> None:
        self._config = config
        self._prev = prev
        self._l2 = l2
        self._drops = drops
        self.active: BatchQueue | BatchStage = BatchQueue(config, prev, l2, drops)

    @property
    def origin(self) -> L1BlockRef:
        return self._prev.origin

    def next_batch(self, parent: L2BlockRef) -> tuple[SingularBatch, bool]:
        """The batch after ``parent``, and whether it concludes the batch that it came from."""
        return self.active.next_batch(parent)

    def flush_channel(self) -> None:
        self.active.flush_channel()

    def activate_holocene(self) -> None:
        """Switch to the strict stage; queued batches are dropped, the view of L1 is kept, since
        the first batches of the new rules still build on earlier L1 blocks."""
        stage = BatchStage(self._config, self._prev, self._l2, self._drops)
        stage.take_over(self.active)
        self.active.discard()
        self.active = stage

    def reset(self, base: L1BlockRef, system_config: SystemConfig) -> None:
        strict = self._config.schedule.at_l1(L1Time(base.time)).strict_ordering
        wanted = BatchStage if strict else BatchQueue
        if not isinstance(self.active, wanted):
            self.active = wanted(self._config, self._prev, self._l2, self._drops)
        self.active.reset(base, system_config)
