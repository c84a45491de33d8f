"""Channel bank: puts channels together from frames in any order, until Holocene.

Specification: protocol/derivation.md, Channel Bank; protocol/canyon/overview.md, Consensus Layer.

<https://specs.optimism.io/protocol/derivation.html#channel-bank>
<https://specs.optimism.io/protocol/canyon/overview.html#consensus-layer>
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from heapq import heappop, heappush

from pyoprollup.derive.channel import Channel, FrameRejected
from pyoprollup.derive.codec.frame import Frame
from pyoprollup.derive.drops import Dropped, DropReason, DropSink, ignore_drops
from pyoprollup.derive.errors import EndOfData, NotEnoughData
from pyoprollup.derive.frame_queue import FrameQueue
from pyoprollup.derive.provenance import ChannelSource
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.rules import Rules
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.rollup.time import L1Time

__all__ = ["ChannelBank", "RawChannel"]

_U64 = 1 << 64


@dataclass(frozen=True, slots=True)
class RawChannel:
    """A complete channel: its compressed data and where it came from."""

    data: bytes
    source: ChannelSource | None


class ChannelBank:
    """Buffers channels in the order in which their first frame was seen.

    A channel can be read once all its frames are there and while it has not timed out: before
    Canyon only the oldest one, from Canyon on the first that is ready. The bank is read before
    it takes another frame, since the order decides what a full bank prunes.
    """

    def __init__(self, config: RollupConfig, prev: FrameQueue, drops: DropSink = ignore_drops) -> None:
        self._config = config
        self._prev = prev
        self._drops = drops
        self._channels: OrderedDict[bytes, Channel] = OrderedDict()
        self._serials: dict[bytes, int] = {}
        # A heap of the channels that became ready; some may have been removed since. Before Canyon
        # very many may have to wait, which must not make each read slow.
        self._ready: list[tuple[int, bytes]] = []
        self._next_serial = 0
        self._total_size = 0

    @property
    def origin(self) -> L1BlockRef:
        return self._prev.origin

    def _rules(self) -> Rules:
        return self._config.schedule.at_l1(L1Time(self.origin.time))

    def next_data(self) -> RawChannel:
        """The next complete channel; takes at most one frame from the stage before."""
        try:
            channel = self.read()
        except EndOfData:
            self.ingest_frame(self._prev.next_frame())
            raise NotEnoughData("channel bank took a frame") from None
        if channel is None:
            raise NotEnoughData("channel bank dropped a channel that timed out")
        return channel

    def ingest_frame(self, frame: Frame) -> None:
        """Buffer a frame of the current L1 block, then prune the bank to its size limit."""
        origin = self.origin
        channel = self._channels.get(frame.id)
        if channel is None:
            channel = self._open(frame.id, origin)
        if self._timed_out(channel, origin):
            self._drop_frame(frame, DropReason.FRAME_CHANNEL_TIMED_OUT, "channel timed out")
            return
        before = channel.size
        try:
            displaced = channel.add_frame(frame, origin)
        except FrameRejected as exc:
            self._drop_frame(frame, exc.reason, exc.detail)
            return
        for other in displaced:
            self._drop_frame(other, DropReason.FRAME_PRUNED_BY_END, f"closed by frame {frame.number}")
        self._total_size = (self._total_size + channel.size - before) % _U64
        if channel.is_ready():
            heappush(self._ready, (self._serials[frame.id], frame.id))
        self._prune(self._rules().max_channel_bank_size)

    def _open(self, channel_id: bytes, origin: L1BlockRef) -> Channel:
        channel = Channel(channel_id, origin)
        self._channels[channel_id] = channel
        self._serials[channel_id] = self._next_serial
        self._next_serial += 1
        return channel

    def _prune(self, limit: int) -> None:
        while self._total_size > limit:
            oldest = next(iter(self._channels))
            detail = f"bank holds {self._total_size} bytes, limit {limit}"
            self._drop_channel(self._remove(oldest), DropReason.CHANNEL_BANK_FULL, detail)

    def _remove(self, channel_id: bytes) -> Channel:
        channel = self._channels.pop(channel_id)
        del self._serials[channel_id]
        self._total_size = (self._total_size - channel.size) % _U64
        return channel

    def read(self) -> RawChannel | None:
        """The next channel that may be read.

        ``None`` when the oldest channel had timed out and was removed instead; raises
        :class:`EndOfData` when there is nothing to read.
        """
        if not self._channels:
            raise EndOfData("channel bank is empty")
        origin = self.origin
        oldest = next(iter(self._channels))
        if self._timed_out(self._channels[oldest], origin):
            detail = f"opened at L1 block {self._channels[oldest].open_block.number}"
            self._drop_channel(self._remove(oldest), DropReason.CHANNEL_TIMED_OUT, detail)
            return None
        # If the oldest has not timed out, no other one has.
        ready = self._first_ready()
        if ready is None or (ready != oldest and not self._rules().read_any_ready_channel):
            raise EndOfData("no channel is ready")
        channel = self._remove(ready)
        return RawChannel(channel.data(), channel.source())

    def _first_ready(self) -> bytes | None:
        ready = self._ready
        while ready:
            serial, channel_id = ready[0]
            if self._serials.get(channel_id) == serial:
                return channel_id
            heappop(ready)
        return None

    def _timed_out(self, channel: Channel, origin: L1BlockRef) -> bool:
        timeout = self._config.channel_timeout_at(L1Time(origin.time))
        return channel.open_block.number + timeout < origin.number

    def _drop_frame(self, frame: Frame, reason: DropReason, detail: str) -> None:
        self._drops(Dropped(reason, frame.source, self.origin.id, detail))

    def _drop_channel(self, channel: Channel, reason: DropReason, detail: str) -> None:
        self._drops(Dropped(reason, channel.source(), self.origin.id, detail))

    def flush_channel(self) -> None:
        """Nothing to flush: invalid batches do not invalidate channels before Holocene."""

    def clear(self, reason: DropReason | None = None) -> None:
        """Forget all channels; with a ``reason``, record each of them as dropped."""
        if reason is not None:
            for channel in self._channels.values():
                self._drop_channel(channel, reason, f"{len(channel)} frames buffered")
        self._channels.clear()
        self._ready.clear()
        self._serials.clear()
        self._total_size = 0

    def reset(self, _base: L1BlockRef, _system_config: SystemConfig) -> None:
        self.clear()
