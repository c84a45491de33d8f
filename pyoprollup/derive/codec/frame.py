"""Frames: the pieces in which a channel travels in batcher data.

Batcher data is ``version (1 byte, 0) ++ frame ++ frame …``; a frame is ``channel_id (16) ++
number (uint16) ++ data_length (uint32) ++ data ++ is_last (1 byte, 0 or 1)``, integers
big-endian. Either all frames of one piece of data parse, or none counts.

Specification: protocol/derivation.md, Batcher Transaction Format and Frame Format.

<https://specs.optimism.io/protocol/derivation.html#batcher-transaction-format>
<https://specs.optimism.io/protocol/derivation.html#frame-format>
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from pyoprollup.derive.params import (
    CHANNEL_ID_LENGTH,
    DERIVATION_VERSION_0,
    FRAME_OVERHEAD,
    FRAME_V0_OVERHEAD,
    MAX_FRAME_LENGTH,
)
from pyoprollup.derive.provenance import DataSource, FrameSource
from pyoprollup.errors import DecodeError

__all__ = ["Frame", "FrameError", "frame_size", "parse_frames"]

_HEAD = Struct(">16sHI")


class FrameError(DecodeError):
    """Batcher data that is not a sequence of whole frames."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. ``id`` is the 16-byte channel id, ``number`` counts from 0."""

    id: bytes
    number: int
    data: bytes
    is_last: bool
    source: FrameSource | None = None

    def encode(self) -> bytes:
        """Wire form, without the version byte that precedes the first frame of the data."""
        head = _HEAD.pack(self.id, self.number, len(self.data))
        return head + self.data + (b"\x01" if self.is_last else b"\x00")


def frame_size(frame: Frame) -> int:
    """Bytes that a buffered frame counts towards the limits of its buffer."""
    return len(frame.data) + FRAME_OVERHEAD


def parse_frames(data: bytes, source: DataSource | None = None) -> list[Frame]:
    """All frames of one piece of batcher data; at least one.

    Raises :class:`FrameError` when any byte of ``data`` does not fit.
    """
    if not data:
        raise FrameError("batcher data is empty")
    if data[0] != DERIVATION_VERSION_0:
        raise FrameError(f"batcher data version: expected 0, got {data[0]}")
    frames: list[Frame] = []
    position, size = 1, len(data)
    while position < size:
        frame, position = _parse_frame(data, position, size, source)
        frames.append(frame)
    if not frames:
        raise FrameError("batcher data has no frame")
    return frames


def _parse_frame(data: bytes, start: int, size: int, source: DataSource | None) -> tuple[Frame, int]:
    if size - start < FRAME_V0_OVERHEAD:
        raise FrameError(f"frame at byte {start}: {size - start} bytes are too few for a frame")
    channel_id, number, length = _HEAD.unpack_from(data, start)
    if length > MAX_FRAME_LENGTH:
        raise FrameError(f"frame at byte {start}: data length {length} exceeds {MAX_FRAME_LENGTH}")
    body = start + CHANNEL_ID_LENGTH + 6
    end = body + length
    if end >= size:
        raise FrameError(f"frame at byte {start}: data length {length} runs past the end")
    is_last = data[end]
    if is_last > 1:
        raise FrameError(f"frame at byte {start}: is_last is {is_last}, must be 0 or 1")
    origin = FrameSource(source, channel_id, number, is_last == 1, start, end + 1)
    return Frame(channel_id, number, data[body:end], is_last == 1, origin), end + 1
