"""A channel that is being put together from its frames.

Specification: protocol/derivation.md, Channel Bank; protocol/holocene/derivation.md, Channel Bank
(``require_in_order``).
"""

from __future__ import annotations

from pyoprollup.derive.codec.frame import Frame, frame_size
from pyoprollup.derive.drops import DropReason
from pyoprollup.derive.provenance import ChannelSource
from pyoprollup.errors import RollupError
from pyoprollup.eth.refs import L1BlockRef

__all__ = ["Channel", "FrameRejected"]

_U64 = 1 << 64


class FrameRejected(RollupError):
    """A frame that the channel does not take, and the rule that says so."""

    def __init__(self, reason: DropReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Channel:
    """Buffers the frames of one channel until the last of them and all before it are there.

    ``open_block`` is the L1 block of the first frame seen; with ``require_in_order`` (Holocene)
    frames must arrive consecutively. ``size`` counts data and overhead of the frames as the
    reference does, which is part of consensus since it decides what a full bank prunes.
    """

    __slots__ = (
        "_end_number",
        "_highest_number",
        "_inputs",
        "closed",
        "highest_block",
        "id",
        "open_block",
        "require_in_order",
        "size",
    )

    def __init__(self, id: bytes, open_block: L1BlockRef, require_in_order: bool = False) -> None:
        self.id = id
        self.open_block = open_block
        self.require_in_order = require_in_order
        self.closed = False
        self.size = 0
        self.highest_block: L1BlockRef | None = None
        self._inputs: dict[int, Frame] = {}
        self._highest_number = 0
        self._end_number = 0

    def __len__(self) -> int:
        """Number of buffered frames."""
        return len(self._inputs)

    def add_frame(self, frame: Frame, inclusion: L1BlockRef) -> list[Frame]:
        """Buffer ``frame``, found in L1 block ``inclusion``; the frames that it displaced.

        Raises :class:`FrameRejected` when the frame does not belong; the channel is unchanged then.
        """
        self._check(frame)
        displaced: list[Frame] = []
        if frame.is_last:
            self._end_number = frame.number
            self.closed = True
            if frame.number < self._highest_number:
                displaced = self._prune_beyond_end()
        self._highest_number = max(self._highest_number, frame.number)
        if self.highest_block is None or self.highest_block.number < inclusion.number:
            self.highest_block = inclusion
        self._inputs[frame.number] = frame
        self.size = (self.size + frame_size(frame)) % _U64
        return displaced

    def _check(self, frame: Frame) -> None:
        if frame.id != self.id:
            raise FrameRejected(
                DropReason.FRAME_OF_OTHER_CHANNEL,
                f"frame of channel {frame.id.hex()} for channel {self.id.hex()}",
            )
        if frame.is_last and self.closed:
            raise FrameRejected(
                DropReason.FRAME_SECOND_LAST, f"channel is already closed by frame {self._end_number}"
            )
        if frame.number in self._inputs:
            raise FrameRejected(DropReason.FRAME_DUPLICATE, f"frame {frame.number} is already there")
        if self.closed and frame.number >= self._end_number:
            raise FrameRejected(
                DropReason.FRAME_BEYOND_END,
                f"frame {frame.number} in a channel closed by frame {self._end_number}",
            )
        if self.require_in_order and frame.number != len(self._inputs):
            raise FrameRejected(
                DropReason.FRAME_NOT_CONSECUTIVE,
                f"frame {frame.number}, expected {len(self._inputs)}",
            )

    def _prune_beyond_end(self) -> list[Frame]:
        displaced = []
        for number, frame in list(self._inputs.items()):
            if number >= self._end_number:
                displaced.append(frame)
                del self._inputs[number]
            # Every buffered frame is subtracted here, kept or not. It looks like a slip, but
            # deployed nodes agree on it, and the size decides which channels a full bank prunes.
            self.size = (self.size - frame_size(frame)) % _U64
        self._highest_number = self._end_number
        return displaced

    def is_ready(self) -> bool:
        """Whether the last frame and all frames before it have arrived."""
        # Frames at or beyond the end are never kept, so the count tells of a gap.
        return self.closed and len(self._inputs) == self._end_number + 1

    def data(self) -> bytes:
        """The channel's (compressed) data: its frames' data, joined in order."""
        return b"".join(self._inputs[number].data for number in range(self._end_number + 1))

    def source(self) -> ChannelSource:
        """Provenance of the channel as it stands."""
        frames = tuple(self._inputs[number].source for number in sorted(self._inputs))
        size = sum(len(frame.data) for frame in self._inputs.values())
        return ChannelSource(self.id, self.open_block, frames, size)
