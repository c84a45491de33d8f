"""One channel on its way to L1: which frames are in flight, which have arrived, and when."""

from __future__ import annotations

from pyoprollup.batcher.channel_builder import ChannelBuilder
from pyoprollup.batcher.tx_data import TxData, TxID
from pyoprollup.eth.refs import BlockID

__all__ = ["Channel"]


class Channel:
    """A channel, and its transactions by id."""

    def __init__(self, builder: ChannelBuilder) -> None:
        self.builder = builder
        self.config = builder.config
        self._pending: dict[TxID, TxData] = {}
        self._confirmed: dict[TxID, BlockID] = {}
        self.min_inclusion_block: int | None = None
        self.max_inclusion_block: int | None = None

    @property
    def id(self) -> bytes:
        return self.builder.id

    @property
    def is_full(self) -> bool:
        return self.builder.is_full

    @property
    def latest_l2(self) -> BlockID | None:
        return self.builder.latest_l2

    @property
    def none_submitted(self) -> bool:
        """Whether nothing was sent that arrived or may arrive."""
        return not self._pending and not self._confirmed

    @property
    def is_timed_out(self) -> bool:
        """Whether its frames arrived too far apart: derivation ignores the channel.

        Before Granite derivation waits longer, and blocks may be sent in vain.
        """
        first, last = self.min_inclusion_block, self.max_inclusion_block
        return first is not None and last is not None and last - first >= self.config.channel_timeout

    @property
    def is_fully_submitted(self) -> bool:
        """Whether all of it has arrived."""
        return self.is_full and not self._pending and not self.builder.pending_frames

    @property
    def has_tx_data(self) -> bool:
        """Whether there is enough for a transaction."""
        pending = self.builder.pending_frames
        if self.is_full or not self.config.use_blobs:
            return pending > 0
        # As many blobs as a transaction takes, rather than several transactions.
        return pending >= self.config.max_frames_per_tx

    def next_tx_data(self) -> TxData:
        """The next frames, which count as in flight then. Only if there :attr:`has_tx_data`."""
        count = min(self.config.max_frames_per_tx, self.builder.pending_frames)
        frames = tuple([self.builder.next_frame() for _ in range(count)])
        data = TxData(frames, self.config.use_blobs)
        self._pending[data.id] = data
        return data

    def tx_failed(self, tx_id: TxID) -> bool:
        """The transaction did not arrive: send its frames again, and those after it.

        Returns whether it was in flight.
        """
        data = self._pending.pop(tx_id, None)
        if data is not None:
            self.builder.rewind_frame_cursor(data.frames[0].id.number)
        return data is not None

    def tx_confirmed(self, tx_id: TxID, block: BlockID) -> bool:
        """The transaction is in this L1 block. Returns whether the channel has timed out."""
        if self._pending.pop(tx_id, None) is None:
            return False
        self._confirmed[tx_id] = block
        self.builder.frame_published(block.number)
        first, last = self.min_inclusion_block, self.max_inclusion_block
        self.min_inclusion_block = block.number if first is None else min(first, block.number)
        self.max_inclusion_block = block.number if last is None else max(last, block.number)
        return self.is_timed_out
