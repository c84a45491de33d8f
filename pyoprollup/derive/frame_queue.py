"""Frame queue: batcher data in, frames out, one at a time.

From Holocene on, the frames of one piece of data are pruned before any of them is handed on, so
that only consecutive frames of one channel after another remain.

Specification: protocol/derivation.md, Frame format; protocol/holocene/derivation.md, Frame queue.

<https://specs.optimism.io/protocol/derivation.html#frame-format>
<https://specs.optimism.io/protocol/holocene/derivation.html#frame-queue>
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeAlias

from pyoprollup.derive.codec.frame import Frame, FrameError, parse_frames
from pyoprollup.derive.drops import Dropped, DropReason, DropSink, ignore_drops
from pyoprollup.derive.errors import NotEnoughData
from pyoprollup.derive.l1_retrieval import L1Retrieval
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.rollup.time import L1Time

__all__ = ["FrameQueue", "prune_frame_queue"]

_FrameDrop: TypeAlias = Callable[[Frame, DropReason], None]


class FrameQueue:
    """Buffers the frames of one piece of batcher data."""

    def __init__(self, config: RollupConfig, prev: L1Retrieval, drops: DropSink = ignore_drops) -> None:
        self._config = config
        self._prev = prev
        self._drops = drops
        self._frames: deque[Frame] = deque()

    @property
    def origin(self) -> L1BlockRef:
        return self._prev.origin

    def next_frame(self) -> Frame:
        """The next frame; raises :class:`NotEnoughData` when a piece of data held none."""
        if not self._frames:
            self._load()
        if not self._frames:
            raise NotEnoughData("batcher data without frames")
        return self._frames.popleft()

    def _load(self) -> None:
        data, source = self._prev.next_data()
        try:
            frames = parse_frames(data, source)
        except FrameError as exc:
            self._drops(Dropped(DropReason.FRAMES_UNPARSABLE, source, self.origin.id, str(exc)))
            return
        if self._config.schedule.at_l1(L1Time(self.origin.time)).strict_ordering:
            frames = prune_frame_queue(frames, self._drop_frame)
        self._frames.extend(frames)

    def _drop_frame(self, frame: Frame, reason: DropReason) -> None:
        self._drops(Dropped(reason, frame.source, self.origin.id, f"frame {frame.number}"))

    def activate_holocene(self) -> None:
        """Forget frames of before the fork's first L1 block."""
        for frame in self._frames:
            self._drop_frame(frame, DropReason.FORK_ACTIVATION)
        self._frames.clear()

    def reset(self, _base: L1BlockRef, _system_config: SystemConfig) -> None:
        self._frames.clear()


def prune_frame_queue(
    frames: Iterable[Frame],
    drop: _FrameDrop = lambda _frame, _reason: None,
) -> list[Frame]:
    """The frames that Holocene's ordering rules leave, in order.

    Neighbours of one channel must be consecutive and end with the last frame; the first frame of
    a channel takes the place of a channel before it that was not finished; other frames of
    another channel go. Linear: every frame is pushed and popped at most once.
    """
    kept: list[Frame] = []
    for frame in frames:
        reason: DropReason | None = None
        while kept:
            current = kept[-1]
            if current.id == frame.id:
                if current.is_last:
                    reason = DropReason.FRAME_AFTER_LAST
                elif frame.number != (current.number + 1) & 0xFFFF:  # wraps, as everybody's does
                    reason = DropReason.FRAME_NOT_CONSECUTIVE
                break
            if frame.number != 0:
                reason = DropReason.FRAME_NOT_FIRST
                break
            if current.is_last:
                break
            drop(kept.pop(), DropReason.FRAME_OF_UNCLOSED_CHANNEL)
        if reason is None:
            kept.append(frame)
        else:
            drop(frame, reason)
    return kept
