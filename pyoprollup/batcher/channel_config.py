"""Parameters of channels: sizes, timeouts, compression."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from pyoprollup.derive.compression.channel_compressor import CompressionAlgo
from pyoprollup.derive.params import FRAME_V0_OVERHEAD, SINGULAR_BATCH_TYPE, SPAN_BATCH_TYPE
from pyoprollup.errors import ConfigError
from pyoprollup.eth.blobs import MAX_BLOB_DATA_SIZE

__all__ = ["MAX_BLOBS_PER_TX", "ChannelConfig", "CompressorKind", "max_data_size"]

MAX_BLOBS_PER_TX = 6
"""Blobs that L1 lets into a block since Cancun, and so into a transaction."""


class CompressorKind(StrEnum):
    """How a channel of singular batches knows that it is full."""

    SHADOW = "shadow"
    RATIO = "ratio"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """Parameters of a channel. Durations count L1 blocks, sizes bytes.

    ``target_output_size`` 0 stands for as much as the target number of frames holds.
    """

    seq_window_size: int
    channel_timeout: int
    """L1 blocks that the frames of a channel may span on L1."""
    max_channel_duration: int = 0
    """L1 blocks that a channel stays open; 0: until it is full."""
    sub_safety_margin: int = 10
    """L1 blocks by which to be early: taken off the channel timeout and the sequencing window."""
    max_frame_size: int = 120_000 - 1
    max_blocks_per_span_batch: int = 0
    """0: no limit."""
    target_num_frames: int = 1
    batch_type: int = SINGULAR_BATCH_TYPE
    use_blobs: bool = False
    """One blob for each frame."""
    compressor: CompressorKind = CompressorKind.SHADOW
    approx_compr_ratio: float = 0.6
    """Compressed size by uncompressed, a little less than it usually is (ratio compressor only)."""
    compression_algo: CompressionAlgo = CompressionAlgo.ZLIB
    target_output_size: int = 0

    def __post_init__(self) -> None:
        if not self.target_output_size:
            size = max(max_data_size(self.target_num_frames, self.max_frame_size), 0)
            object.__setattr__(self, "target_output_size", size)

    @property
    def max_frames_per_tx(self) -> int:
        return self.target_num_frames if self.use_blobs else 1

    def for_blobs(self, target_num_frames: int | None = None) -> ChannelConfig:
        """The same for blobs: each frame fills one, the version byte left out."""
        return replace(
            self,
            use_blobs=True,
            max_frame_size=MAX_BLOB_DATA_SIZE - 1,
            target_num_frames=target_num_frames or self.target_num_frames,
            target_output_size=0,
        )

    def for_calldata(self, max_l1_tx_size: int = 120_000) -> ChannelConfig:
        """The same for calldata of at most so many bytes: one frame, the version byte left out."""
        return replace(
            self,
            use_blobs=False,
            max_frame_size=max_l1_tx_size - 1,
            target_num_frames=1,
            target_output_size=0,
        )

    def check(self) -> None:
        """Raise :class:`ConfigError` if the parameters are inconsistent."""
        if self.channel_timeout < self.sub_safety_margin:
            # A channel would be too late when it is opened.
            raise ConfigError(
                f"channel_timeout {self.channel_timeout} is less than sub_safety_margin"
                f" {self.sub_safety_margin}"
            )
        if self.max_frame_size <= FRAME_V0_OVERHEAD:
            raise ConfigError(f"max_frame_size {self.max_frame_size}: no room besides the frame's header")
        if self.batch_type not in (SINGULAR_BATCH_TYPE, SPAN_BATCH_TYPE):
            raise ConfigError(f"batch_type {self.batch_type} is not known")
        if self.max_blocks_per_span_batch and self.batch_type != SPAN_BATCH_TYPE:
            raise ConfigError("max_blocks_per_span_batch is set, but batches are singular")
        if self.target_num_frames < 1:
            raise ConfigError(f"target_num_frames {self.target_num_frames} must be at least 1")
        if self.use_blobs and self.target_num_frames > MAX_BLOBS_PER_TX:
            raise ConfigError(f"target_num_frames {self.target_num_frames}: at most {MAX_BLOBS_PER_TX} blobs")
        if self.use_blobs and self.max_frame_size >= MAX_BLOB_DATA_SIZE:
            raise ConfigError(f"max_frame_size {self.max_frame_size} does not fit a blob")
        if self.compressor is CompressorKind.RATIO and not 0 < self.approx_compr_ratio <= 1:
            raise ConfigError(f"approx_compr_ratio {self.approx_compr_ratio} is not in (0, 1]")


def max_data_size(num_frames: int, max_frame_size: int) -> int:
    """Bytes of a channel that so many frames of this size hold."""
    return num_frames * (max_frame_size - FRAME_V0_OVERHEAD)
