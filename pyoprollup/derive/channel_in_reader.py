"""Channel reader: complete channels in, batches out, one at a time.

Specification: protocol/derivation.md, Channel Reader (Batch Decoding).

<https://specs.optimism.io/protocol/derivation.html#channel-reader-batch-decoding>
"""

from __future__ import annotations

from pyoprollup.derive.batch_reader import BatchReader, ChannelCutShort
from pyoprollup.derive.channel_bank import RawChannel
from pyoprollup.derive.channel_mux import ChannelMux
from pyoprollup.derive.codec.batch import Batch
from pyoprollup.derive.codec.raw_span_batch import RawSpanBatch
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch import derive_span_batch
from pyoprollup.derive.codec.span_batch_txs import SpanBatchDeriveError
from pyoprollup.derive.compression.decompress import DecompressionError
from pyoprollup.derive.drops import Dropped, DropReason, DropSink, Subject, ignore_drops
from pyoprollup.derive.errors import NotEnoughData
from pyoprollup.derive.provenance import BatchSource
from pyoprollup.errors import DecodeError
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.rollup.time import L1Time

__all__ = ["ChannelInReader"]


class ChannelInReader:
    """Reads one channel after another.

    Limits and compression go by the time of the L1 block at which a channel became complete. A
    batch that does not decode ends its channel; a span batch whose transactions do not rebuild,
    or that comes before Delta, is skipped alone.
    """

    def __init__(self, config: RollupConfig, prev: ChannelMux, drops: DropSink = ignore_drops) -> None:
        self._config = config
        self._prev = prev
        self._drops = drops
        self._reader: BatchReader | None = None
        self._channel: RawChannel | None = None

    @property
    def origin(self) -> L1BlockRef:
        return self._prev.origin

    def next_batch(self) -> Batch:
        """The next batch; raises :class:`NotEnoughData` when something was skipped instead."""
        if self._reader is None:
            self._open(self._prev.next_data())
        reader, channel = self._reader, self._channel
        assert reader is not None and channel is not None
        try:
            item = reader.next_batch()
        except DecodeError as exc:
            self._next_channel()
            cut_short = isinstance(exc, ChannelCutShort)
            reason = DropReason.CHANNEL_CUT_SHORT if cut_short else DropReason.BATCH_MALFORMED
            self._drop(reason, channel.source, str(exc))
            raise NotEnoughData("channel ended with a fault") from exc
        if item is None:
            self._next_channel()
            raise NotEnoughData("channel is used up")
        batch, source = item
        if isinstance(batch, SingularBatch):
            return batch
        return self._span_batch(batch, source)

    def _span_batch(self, raw: RawSpanBatch, source: BatchSource) -> Batch:
        config = self._config
        rules = config.schedule.at_l1(L1Time(self.origin.time))
        if not rules.span_batches:
            self._drop(DropReason.SPAN_BATCH_BEFORE_DELTA, source, f"L1 time {self.origin.time}")
            raise NotEnoughData("span batch before Delta")
        try:
            return derive_span_batch(
                raw,
                config.block_time,
                config.genesis.l2_time,
                config.l2_chain_id,
                source,
                rules.post_exec_in_spans,
            )
        except SpanBatchDeriveError as exc:
            self._drop(DropReason.SPAN_BATCH_MALFORMED, source, str(exc))
            raise NotEnoughData("span batch does not rebuild") from exc

    def _open(self, channel: RawChannel) -> None:
        rules = self._config.schedule.at_l1(L1Time(self.origin.time))
        try:
            self._reader = BatchReader(
                channel.data,
                rules.max_rlp_bytes_per_channel,
                rules.brotli_channels,
                channel.source,
                self.origin.id,
            )
        except DecompressionError as exc:
            self._drop(DropReason.CHANNEL_UNREADABLE, channel.source, str(exc))
            raise NotEnoughData("channel cannot be opened") from exc
        self._channel = channel

    def _drop(self, reason: DropReason, subject: Subject, detail: str) -> None:
        self._drops(Dropped(reason, subject, self.origin.id, detail))

    def _next_channel(self) -> None:
        self._reader = None
        self._channel = None

    def flush_channel(self) -> None:
        """Forget the rest of the channel, and whatever the stages before hold of it."""
        if self._channel is not None:
            detail = "a batch of the channel was invalid"
            self._drop(DropReason.CHANNEL_FLUSHED, self._channel.source, detail)
        self._next_channel()
        self._prev.flush_channel()

    def reset(self, _base: L1BlockRef, _system_config: SystemConfig) -> None:
        self._next_channel()
