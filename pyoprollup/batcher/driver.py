"""The batch submitter: loads L2 blocks, builds channels, publishes them on L1 and handles receipts.

It is a :class:`~pyoprollup.events.Stepper`: it has no thread and does not sleep.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from pyoprollup.batcher.channel_manager import ChannelManager
from pyoprollup.batcher.config import BatcherConfig
from pyoprollup.batcher.errors import (
    AlreadyRunningError,
    BlockRejected,
    NotRunningError,
    ReorgError,
    ThrottlingUnsupported,
)
from pyoprollup.batcher.metrics import BatcherMetrics
from pyoprollup.batcher.ports import AltDAClient
from pyoprollup.batcher.publisher import Publisher
from pyoprollup.batcher.recent_txs import check_recent_txs
from pyoprollup.batcher.sync_actions import compute_sync_actions
from pyoprollup.batcher.throttler import Throttler
from pyoprollup.errors import ConfigError, RollupError, Unavailable
from pyoprollup.eth.refs import BlockID, L1BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.events import AT_ONCE, News, Tell, no_news
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.sources.l1 import L1Sender
from pyoprollup.sources.l2 import L2Payloads, RollupSource
from pyoprollup.txmgr.manager import TxManager

__all__ = ["BatchSubmitter"]

_CLEAR_RETRY = 5.0
_GENESIS_POLL = 30.0
_MIN_BACKOFF, _MAX_BACKOFF = 1.0, 30.0
_PUBLISH_EVERY = 100
"""Blocks after which to publish while more are being loaded."""


class BatchSubmitter:
    """A batch submitter. It owns its transaction manager and steps it.

    ``now`` gives seconds, as L1 and L2 timestamps do. ``tell`` hears of what it deals with by itself.
    """

    def __init__(
        self,
        rollup: RollupConfig,
        config: BatcherConfig,
        node: RollupSource,
        l2: L2Payloads,
        l1: L1Sender,
        tx_manager: TxManager,
        channels: ChannelManager,
        now: Callable[[], float],
        throttler: Throttler | None = None,
        alt_da: AltDAClient | None = None,
        tell: Tell = no_news,
    ) -> None:
        config.check()
        if config.use_alt_da and alt_da is None:
            raise ConfigError("use_alt_da is set, but there is no DA server")
        self.config = config
        self.channels = channels
        self.throttler = throttler
        self._rollup = rollup
        self._node = node
        self._l2 = l2
        self._l1 = l1
        self._tx_manager = tx_manager
        self._now = now
        self._news = News("batcher", tell)
        self.publisher = Publisher(
            rollup.batch_inbox_address,
            channels,
            l1,
            tx_manager,
            config.max_pending_txs,
            alt_da if config.use_alt_da else None,
            tell,
        )
        self._running = False
        self._stopping = False
        self._flushing = False
        self._agenda: deque[Callable[[float], float | None]] = deque()
        self._agenda_at = 0.0
        self._poll_at = 0.0
        self._backoff = _MIN_BACKOFF
        self._previous_l1: L1BlockRef | None = None
        self._sync_target: int | None = None

    @property
    def metrics(self) -> BatcherMetrics:
        return self.channels.metrics

    @property
    def is_running(self) -> bool:
        """Whether it was started and not stopped since."""
        return self._running

    @property
    def is_idle(self) -> bool:
        """Whether it is not running, and nothing that it sent is on its way."""
        return not self._running and not self._stopping

    # --- start, stop, flush

    def start_batch_submitting(self) -> None:
        """Begin, with nothing but what L1 and the node tell. Raises :class:`AlreadyRunningError`."""
        if self._running:
            raise AlreadyRunningError("the batcher is already running")
        self._running, self._stopping = True, False
        self.publisher.reset()
        self._previous_l1 = self._sync_target = None
        if self.throttler is not None:
            self.throttler.resend()
        self._agenda = deque([self._clear_state, self._wait_for_l2_genesis])
        if self.config.wait_node_sync:
            self._agenda.append(self._wait_node_sync)
        self._agenda_at = self._poll_at = self._now()

    def stop_batch_submitting(self, kill: bool = False) -> None:
        """Load and send nothing any more; with ``kill`` forget what is on its way, too.

        Otherwise step until :attr:`is_idle`. Raises :class:`NotRunningError`.
        """
        if not self._running:
            raise NotRunningError("the batcher is not running")
        self._running, self._stopping = False, True
        self._agenda.clear()
        if kill:
            self.publisher.kill()
            self._stopping = False

    def flush(self) -> None:
        """End the current channel and send all there is. Raises :class:`NotRunningError`."""
        if not self._running:
            raise NotRunningError("the batcher is not running")
        self.publisher.request(force=True)
        self._flushing = True

    # --- running

    @property
    def next_due(self) -> float:
        """When there is something to do."""
        times = [self._tx_manager.next_due]
        if self._running:
            times.append(self._agenda_at if self._agenda else self._poll_at)
            if self._flushing and not self._agenda:
                times.append(AT_ONCE)
            if self.throttler is not None:
                times.append(self.throttler.next_due)
        return min(times)

    def step(self, now: float) -> None:
        """Do what is due.

        Raises :class:`~pyoprollup.batcher.errors.ThrottlingUnsupported`, after having stopped.
        """
        self._tx_manager.step(now)
        self.publisher.collect()
        if self._stopping and not self.publisher.in_flight:
            self._stopping = False
        if not self._running:
            return
        try:
            self._run_agenda(now)
            if not self._agenda and now >= self._poll_at:
                self._poll(now)
            if not self._agenda:
                self._flushing = False
                self._publish()
            if self.throttler is not None:
                self.throttler.step(now)
        except ThrottlingUnsupported:
            self.stop_batch_submitting()
            raise

    def wake(self) -> None:
        """Ask the node and load blocks at once."""
        self._agenda_at = self._poll_at = self._now()
        self._tx_manager.wake()
        if self.throttler is not None:
            self.throttler.wake()

    def _publish(self, more_blocks: bool = False) -> None:
        throttling = self.throttler is not None and self.throttler.controller.is_throttling
        self.publisher.publish(throttling, more_blocks)

    def _run_agenda(self, now: float) -> None:
        """What has to be done before anything else; each part tells how long to wait, ``None``: done."""
        while self._agenda and now >= self._agenda_at:
            delay = self._agenda[0](now)
            if delay is None:
                self._agenda.popleft()
            else:
                self._agenda_at = now + delay

    def _wait_for_l2_genesis(self, now: float) -> float | None:
        remaining = self._rollup.genesis.l2_time - now
        return min(remaining, _GENESIS_POLL) if remaining > 0 else None

    def _clear_state(self, _now: float) -> float | None:
        """Forget everything, and begin after the safe head."""
        try:
            status = self._node.sync_status()
        except Unavailable as error:
            self._source_failed("sync-status", error)
            return _CLEAR_RETRY
        safe = self._safe_head_origin(status)
        if safe is None:
            return _CLEAR_RETRY
        self.metrics.clears += 1
        self.channels.clear(safe)
        self._news("state-cleared", l1_origin=safe)
        return None

    def _safe_head_origin(self, status: SyncStatus) -> BlockID | None:
        safe = status.local_safe_l2 if self.config.prefer_local_safe_l2 else status.safe_l2
        safe = safe or status.safe_l2
        if safe is None:
            return None
        # The genesis block may not tell its origin.
        return safe.l1_origin if safe.l1_origin.number else self._rollup.genesis.l1

    def _wait_node_sync(self, _now: float) -> float | None:
        """Wait until the node has derived what this batcher, or one before it, has put on L1."""
        try:
            if self._sync_target is None:
                self._sync_target = self._recent_block()
            status = self._node.sync_status()
        except Unavailable as error:
            self._source_failed("node-sync", error)
            return self.config.node_sync_poll_interval
        if status.current_l1 is None or status.current_l1.number < self._sync_target:
            return self.config.node_sync_poll_interval
        self._sync_target = None
        return None

    def _recent_block(self) -> int:
        depth = self.config.check_recent_txs_depth
        if not depth:
            return self._l1.block_number()
        return check_recent_txs(self._l1, depth, self._tx_manager.address)[0]

    # --- loading blocks

    def _poll(self, now: float) -> None:
        self._poll_at = now + self.config.poll_interval
        try:
            status = self._node.sync_status()
        except Unavailable as error:
            self._source_failed("sync-status", error)
            return
        if status.head_l1 is None:
            self._poll_at = now + self._backoff
            self._backoff = min(2 * self._backoff, _MAX_BACKOFF)
            return
        self._backoff = _MIN_BACKOFF
        try:
            self._load_blocks(self._sync_and_prune(status))
        except ReorgError as error:
            self._news.failed("l2-reorg", error)
            self.metrics.l2_reorgs += 1
            self._agenda = deque([self._wait_node_sync, self._clear_state])
            self._agenda_at = now
            return
        except (Unavailable, BlockRejected) as error:
            self._source_failed("load-blocks", error)
        self._update_load(now)
        self.publisher.request()

    def _source_failed(self, what: str, error: RollupError) -> None:
        self.metrics.source_errors += 1
        self._news.failed(f"{what}-failed", error)

    def _sync_and_prune(self, status: SyncStatus) -> tuple[int, int] | None:
        """Forget what is safe; the range of blocks to load."""
        channels = self.channels
        actions = compute_sync_actions(
            status,
            self._previous_l1,
            channels.blocks,
            channels.channels,
            self.config.prefer_local_safe_l2,
        )
        if actions is None:
            return None
        self._previous_l1 = status.current_l1
        if actions.clear_origin is not None:
            self.metrics.clears += 1
            channels.clear(actions.clear_origin)
        else:
            channels.prune_safe_blocks(actions.blocks_to_prune)
            channels.prune_channels(actions.channels_to_prune)
        return actions.blocks_to_load

    def _load_blocks(self, numbers: tuple[int, int] | None) -> None:
        """Raises :class:`ReorgError`, :class:`Unavailable` and :class:`BlockRejected`."""
        if numbers is None:
            return
        first, last = numbers
        for number in range(first, last + 1):
            self.channels.add_l2_block(self._l2.payload_by_number(number))
            if (number - first + 1) % _PUBLISH_EVERY == 0 and number < last:
                self.publisher.request()
                self._publish(more_blocks=True)

    def _update_load(self, now: float) -> None:
        if self.throttler is not None and self.throttler.is_enabled:
            self.metrics.pending_da_bytes = self.channels.unsubmitted_da_bytes()
            self.throttler.update(self.metrics.pending_da_bytes, now)
