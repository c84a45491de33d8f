"""Which of the two channel stages is at work: the bank, or from Holocene on the assembler.

Specification: protocol/holocene/derivation.md, Activation.

<https://specs.optimism.io/protocol/holocene/derivation.html#activation>
"""

from __future__ import annotations

from pyoprollup.derive.channel_assembler import ChannelAssembler
from pyoprollup.derive.channel_bank import ChannelBank, RawChannel
from pyoprollup.derive.drops import DropReason, DropSink, ignore_drops
from pyoprollup.derive.frame_queue import FrameQueue
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.rollup.time import L1Time

__all__ = ["ChannelMux"]


class ChannelMux:
    """Owns the active channel stage and swaps it at Holocene, or back when a reset goes to an
    L1 block before the fork."""

    def __init__(self, config: RollupConfig, prev: FrameQueue, drops: DropSink = ignore_drops) -> None:
        self._config = config
        self._prev = prev
        self._drops = drops
        self.active: ChannelBank | ChannelAssembler = ChannelBank(config, prev, drops)

    @property
    def origin(self) -> L1BlockRef:
        return self._prev.origin

    def next_data(self) -> RawChannel:
        """The next complete channel."""
        return self.active.next_data()

    def flush_channel(self) -> None:
        self.active.flush_channel()

    def activate_holocene(self) -> None:
        """Switch to the assembler; channels that are still open are dropped."""
        self.active.clear(DropReason.FORK_ACTIVATION)
        self.active = ChannelAssembler(self._config, self._prev, self._drops)

    def reset(self, base: L1BlockRef, system_config: SystemConfig) -> None:
        strict = self._config.schedule.at_l1(L1Time(base.time)).strict_ordering
        wanted = ChannelAssembler if strict else ChannelBank
        if not isinstance(self.active, wanted):
            self.active = wanted(self._config, self._prev, self._drops)
        self.active.reset(base, system_config)
