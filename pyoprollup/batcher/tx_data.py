"""The frames of one batcher transaction."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from pyoprollup.derive.codec.frame import Frame
from pyoprollup.derive.params import DERIVATION_VERSION_0
from pyoprollup.eth.blobs import blob_from_data

__all__ = ["FrameData", "FrameID", "TxData", "TxID"]

_VERSION = bytes([DERIVATION_VERSION_0])


class FrameID(NamedTuple):
    """A frame by channel id (16 bytes) and number."""

    channel: bytes
    number: int


class FrameData(NamedTuple):
    """A frame in its wire form."""

    id: FrameID
    data: bytes

    @classmethod
    def of(cls, frame: Frame) -> FrameData:
        return cls(FrameID(frame.id, frame.number), frame.encode())


class TxID(tuple[FrameID, ...]):
    """The frames of a transaction, which is how the batcher knows it.

    As text: ``<channel>:<number>+<number>|<channel>:<number>``.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return "|".join(
            f"{channel.hex()}:{'+'.join(str(frame.number) for frame in frames)}"
            for channel, frames in groupby(self, key=lambda frame: frame.channel)
        )


@dataclass(frozen=True, slots=True)
class TxData:
    """Frames for one transaction: calldata, or a blob for each frame."""

    frames: tuple[FrameData, ...]
    as_blob: bool = False

    @property
    def id(self) -> TxID:
        return TxID(frame.id for frame in self.frames)

    def __len__(self) -> int:
        """Bytes of all frames, without the version bytes."""
        return sum(len(frame.data) for frame in self.frames)

    def call_data(self) -> bytes:
        """The version byte, then the frames."""
        return _VERSION + b"".join(frame.data for frame in self.frames)

    def blobs(self) -> tuple[bytes, ...]:
        """A blob for each frame: version byte and frame.

        Raises :class:`~pyoprollup.eth.blobs.BlobError` if a frame does not fit.
        """
        return tuple([blob_from_data(_VERSION + frame.data) for frame in self.frames])
