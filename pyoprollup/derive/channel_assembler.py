"""Channel assembler: one channel at a time from consecutive frames, from Holocene on.

Specification: protocol/holocene/derivation.md, Channel bank.

<https://specs.optimism.io/protocol/holocene/derivation.html#channel-bank>
"""

from __future__ import annotations

from pyoprollup.derive.channel import Channel, FrameRejected
from pyoprollup.derive.channel_bank import RawChannel
from pyoprollup.derive.codec.frame import Frame
from pyoprollup.derive.drops import Dropped, DropReason, DropSink, ignore_drops
from pyoprollup.derive.frame_queue import FrameQueue
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.rules import Rules
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.rollup.time import L1Time

__all__ = ["ChannelAssembler"]


class ChannelAssembler:
    """Holds the one channel that is being put together ("staging channel")."""

    def __init__(self, config: RollupConfig, prev: FrameQueue, drops: DropSink = ignore_drops) -> None:
        self._config = config
        self._prev = prev
        self._drops = drops
        self._channel: Channel | None = None

    @property
    def origin(self) -> L1BlockRef:
        return self._prev.origin

    def next_data(self) -> RawChannel:
        """The next complete channel; takes frames until one completes or the source raises."""
        origin = self.origin
        rules = self._config.schedule.at_l1(L1Time(origin.time))
        self._drop_if_timed_out(origin)
        while True:
            frame = self._prev.next_frame()
            channel = self._take(frame, origin, rules)
            if channel is not None and frame.is_last:
                self._channel = None
                return RawChannel(channel.data(), channel.source())

    def _drop_if_timed_out(self, origin: L1BlockRef) -> None:
        channel = self._channel
        if channel is None:
            return
        if channel.open_block.number + self._config.channel_timeout_at(L1Time(origin.time)) < origin.number:
            detail = f"opened at L1 block {channel.open_block.number}"
            self._drop_channel(DropReason.CHANNEL_TIMED_OUT, detail)

    def _take(self, frame: Frame, origin: L1BlockRef, rules: Rules) -> Channel | None:
        """Add ``frame``; the channel when it was taken, ``None`` when something was dropped."""
        if frame.number == 0:
            if self._channel is not None:
                self._drop_channel(DropReason.CHANNEL_REPLACED, f"by channel {frame.id.hex()}")
            self._channel = Channel(frame.id, origin, require_in_order=True)
        channel = self._channel
        if channel is None:
            self._drop_frame(frame, DropReason.FRAME_WITHOUT_CHANNEL, f"frame {frame.number}")
            return None
        try:
            channel.add_frame(frame, origin)
        except FrameRejected as exc:
            self._drop_frame(frame, exc.reason, exc.detail)
            return None
        if channel.size > rules.max_rlp_bytes_per_channel:
            detail = f"{channel.size} bytes, limit {rules.max_rlp_bytes_per_channel}"
            self._drop_channel(DropReason.CHANNEL_TOO_LARGE, detail)
            return None
        return channel

    def _drop_frame(self, frame: Frame, reason: DropReason, detail: str) -> None:
        self._drops(Dropped(reason, frame.source, self.origin.id, detail))

    def _drop_channel(self, reason: DropReason, detail: str) -> None:
        if self._channel is not None:
            self._drops(Dropped(reason, self._channel.source(), self.origin.id, detail))
            self._channel = None

    def flush_channel(self) -> None:
        """Drop the staging channel, because a batch of the channel before was invalid."""
        self._drop_channel(DropReason.CHANNEL_FLUSHED, "an earlier batch was invalid")

    def clear(self, reason: DropReason | None = None) -> None:
        """Forget the staging channel; with a ``reason``, record it as dropped."""
        if reason is not None:
            self._drop_channel(reason, "channel not finished")
        self._channel = None

    def reset(self, _base: L1BlockRef, _system_config: SystemConfig) -> None:
        self.clear()
