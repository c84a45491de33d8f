"""The batcher's state: blocks, and the channels that they go into.

Blocks stay until they are safe. A cursor divides those that are in a channel from those that are not;
when a channel turns out to be useless, the cursor goes back to its first block.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import islice

from pyoprollup.batcher.block import SizedBlock
from pyoprollup.batcher.channel import Channel
from pyoprollup.batcher.channel_builder import ChannelBuilder, ChannelOutFactory, new_channel_out
from pyoprollup.batcher.channel_config_provider import ChannelConfigProvider
from pyoprollup.batcher.errors import BatcherError, BlockRejected, NoTxData, ReorgError
from pyoprollup.batcher.metrics import BatcherMetrics
from pyoprollup.batcher.tx_data import TxData, TxID
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.rollup.config import RollupConfig

__all__ = ["ChannelManager"]

_NO_BLOCK = BlockID(ZERO_HASH, 0)


class ChannelManager:
    """Turns blocks into transaction data.

    ``new_channel_id`` returns 16 unpredictable bytes, different each time.
    """

    def __init__(
        self,
        rollup: RollupConfig,
        provider: ChannelConfigProvider,
        new_channel_id: Callable[[], bytes],
        metrics: BatcherMetrics | None = None,
        channel_out_factory: ChannelOutFactory = new_channel_out,
    ) -> None:
        self.metrics = BatcherMetrics() if metrics is None else metrics
        self._rollup = rollup
        self._provider = provider
        self._new_channel_id = new_channel_id
        self._new_channel_out = channel_out_factory
        self._config = provider.channel_config()
        self._blocks: deque[SizedBlock] = deque()
        self._tip: Hash32 | None = None
        self._cursor = 0
        self._channels: list[Channel] = []
        self._current: Channel | None = None
        self._tx_channels: dict[TxID, Channel] = {}
        self._last_origin = _NO_BLOCK

    # --- what there is

    @property
    def blocks(self) -> deque[SizedBlock]:
        """All blocks that are not known to be safe, oldest first."""
        return self._blocks

    @property
    def channels(self) -> list[Channel]:
        """All channels with such blocks, oldest first."""
        return self._channels

    @property
    def current_channel(self) -> Channel | None:
        """The channel that blocks go into."""
        return self._current

    @property
    def pending_blocks(self) -> int:
        """Blocks that are in no channel."""
        return len(self._blocks) - self._cursor

    def unsubmitted_da_bytes(self) -> int:
        """Estimated bytes on L1 of all blocks that have not arrived there yet."""
        waiting = sum(block.da_size for block in islice(self._blocks, self._cursor, None))
        return waiting + sum(
            block.da_size
            for channel in self._channels
            if not channel.is_fully_submitted
            for block in channel.builder.blocks
        )

    # --- blocks in and out

    def clear(self, last_origin: BlockID) -> None:
        """Forget everything; begin after a channel whose blocks go up to this L1 origin."""
        self._blocks.clear()
        self._tip = None
        self._cursor = 0
        self._channels = []
        self._current = None
        self._tx_channels = {}
        self._last_origin = last_origin

    def add_l2_block(self, payload: ExecutionPayload) -> SizedBlock:
        """Append a block.

        Raises :class:`ReorgError` if it does not build on the last one, and :class:`BlockRejected` if
        it is malformed.
        """
        if self._tip is not None and self._tip != payload.parent_hash:
            raise ReorgError(f"block {payload.id} does not build on 0x{self._tip.hex()}")
        block = SizedBlock(self._rollup, payload)
        self._blocks.append(block)
        self._tip = payload.block_hash
        self.metrics.blocks_loaded += 1
        return block

    def prune_safe_blocks(self, count: int) -> None:
        """Forget the oldest blocks: they are safe."""
        if not 0 <= count <= len(self._blocks):
            raise BatcherError(f"cannot prune {count} of {len(self._blocks)} blocks")
        for _ in range(count):
            self._blocks.popleft()
        # Where another batcher was faster, there are blocks to be forgotten that are in no channel.
        self._cursor = max(0, self._cursor - count)

    def prune_channels(self, count: int) -> None:
        """Forget the oldest channels: all their blocks are safe."""
        if not 0 <= count <= len(self._channels):
            raise BatcherError(f"cannot prune {count} of {len(self._channels)} channels")
        self._drop(self._channels[:count])
        del self._channels[:count]

    # --- transactions come back

    def tx_failed(self, tx_id: TxID) -> None:
        """The transaction did not arrive."""
        self.metrics.txs_failed += 1
        if not self.put_back(tx_id):
            self.metrics.unknown_txs += 1

    def put_back(self, tx_id: TxID) -> bool:
        """The transaction was not sent, or did not arrive; whether it is known."""
        channel = self._tx_channels.pop(tx_id, None)
        return channel is not None and channel.tx_failed(tx_id)

    def tx_confirmed(self, tx_id: TxID, block: BlockID) -> None:
        """The transaction is in this L1 block. If that is too late for its channel, begin again."""
        channel = self._tx_channels.pop(tx_id, None)
        if channel is None:
            self.metrics.unknown_txs += 1
            return
        self.metrics.txs_confirmed += 1
        if channel.tx_confirmed(tx_id, block):
            self.metrics.channels_timed_out += 1
            self._invalidate(channel)
        elif channel.is_fully_submitted:
            self.metrics.channels_submitted += 1

    def _invalidate(self, channel: Channel) -> None:
        """Put the blocks of this and all newer channels back."""
        if channel.builder.blocks:
            number = channel.builder.blocks[0].ref.number
            # Blocks of the channel may be safe already.
            oldest = self._blocks[0].ref.number if self._blocks else number
            self._cursor = min(self._cursor, max(0, number - oldest))
        index = self._channels.index(channel)
        self._drop(self._channels[index:])
        del self._channels[index:]
        self._current = None

    def _drop(self, channels: list[Channel]) -> None:
        dropped = {id(channel) for channel in channels}
        self._tx_channels = {
            tx_id: channel for tx_id, channel in self._tx_channels.items() if id(channel) not in dropped
        }
        if self._current is not None and id(self._current) in dropped:
            self._current = None

    # --- transactions go out

    def tx_data(
        self, l1_head: BlockID, throttling: bool = False, force: bool = False, more_blocks: bool = False
    ) -> TxData:
        """What to send next. ``force`` ends the current channel before blocks are added, however little is in
        it, unless part of it went out already.

        With ``more_blocks`` others are about to be loaded, so that no channel ends by its age: its duration
        is for a batcher at the tip, not for one that works off a backlog of old blocks.

        When a channel is about to be sent for the first time, blobs or calldata is chosen again; if
        the decision changed, it and all newer channels are made again. Raises :class:`NoTxData` and
        :class:`BlockRejected`.
        """
        channel = self._ready_channel(l1_head, force, more_blocks)
        if channel.none_submitted:
            config = self._provider.channel_config(throttling)
            changed = config.use_blobs != self._config.use_blobs
            self._config = config
            if changed:
                self.metrics.da_switches += 1
                self._invalidate(channel)
                channel = self._made_again(l1_head, force, more_blocks)
        return self._next_tx_data(channel)

    def _made_again(self, l1_head: BlockID, force: bool, more_blocks: bool) -> Channel:
        """The channel that takes the place of one whose kind of data was changed."""
        try:
            return self._ready_channel(l1_head, force, more_blocks)
        except NoTxData:
            if not force:
                raise
            # What was to be ended was ended, and is open again now. (The reference leaves it open.)
            return self._ready_channel(l1_head, force, more_blocks)

    def _next_tx_data(self, channel: Channel) -> TxData:
        data = channel.next_tx_data()
        origin = channel.builder.latest_l1_origin
        if channel.is_full and origin is not None and origin.number > self._last_origin.number:
            self._last_origin = origin
        self._tx_channels[data.id] = channel
        return data

    def _ready_channel(self, l1_head: BlockID, force: bool, more_blocks: bool) -> Channel:
        """The oldest channel with data to send; blocks go into channels only if there is none.

        Without new blocks an open channel still ends in time: a sequencer that halts must not let the
        window of its last blocks pass.
        """
        if force and self._current is not None and not self._current.builder.total_frames:
            self._current.builder.close()
            self._output_frames(self._current)
        for channel in self._channels:
            if channel.has_tx_data:
                return channel
        open_channel = self._current is not None and not self._current.is_full
        if not self.pending_blocks and not open_channel:
            raise NoTxData("all blocks are in channels, and none of these has data to send")
        current = self._channel_with_space()
        self._process_blocks(current)
        if not more_blocks:
            # Only now: whatever ends the channel, the blocks are better in it than not.
            current.builder.check_timeout(l1_head.number)
        self._output_frames(current)
        if not current.has_tx_data:
            raise NoTxData("the current channel has nothing to send yet")
        return current

    def _output_frames(self, channel: Channel) -> None:
        channel.builder.output_frames()
        if channel.is_full:
            self._record_closed(channel)

    def _channel_with_space(self) -> Channel:
        current = self._current
        if current is None or current.is_full:
            channel_out = self._new_channel_out(self._config, self._rollup, self._new_channel_id())
            builder = ChannelBuilder(self._config, channel_out, self._last_origin.number)
            current = self._current = Channel(builder)
            self._channels.append(current)
            self.metrics.channels_opened += 1
        return current

    def _process_blocks(self, channel: Channel) -> None:
        """Add blocks to the channel until there are no more or it is full."""
        added = 0
        try:
            for block in islice(self._blocks, self._cursor, None):
                if not channel.builder.add_block(block):
                    break
                added += 1
                if channel.is_full:
                    break
        except BlockRejected:
            if not channel.builder.blocks:
                self._invalidate(channel)
            raise
        finally:
            self._cursor += added

    def _record_closed(self, channel: Channel) -> None:
        builder = channel.builder
        assert builder.full_reason is not None
        self.metrics.channels_closed += 1
        self.metrics.full_reasons[builder.full_reason] += 1
        self.metrics.input_bytes += builder.input_bytes
        self.metrics.output_bytes += builder.output_bytes
