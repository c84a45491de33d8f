from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.batcher import ChannelConfig, CompressorKind
from pyoprollup.batcher.channel_config import max_data_size
from pyoprollup.errors import ConfigError
from pyoprollup.eth.blobs import MAX_BLOB_DATA_SIZE


def test_sizes_follow_from_frames() -> None:
    config = ChannelConfig(100, 50)
    assert config.target_output_size == 119_999 - 23 == max_data_size(1, 119_999)
    blobs = config.for_blobs(6)
    blobs.check()
    assert blobs.max_frame_size == MAX_BLOB_DATA_SIZE - 1
    assert blobs.target_output_size == 6 * (MAX_BLOB_DATA_SIZE - 24)
    assert (blobs.max_frames_per_tx, config.max_frames_per_tx) == (6, 1)
    calldata = blobs.for_calldata(5000)
    calldata.check()
    assert (calldata.max_frame_size, calldata.target_num_frames, calldata.use_blobs) == (4999, 1, False)


@pytest.mark.parametrize(
    "change",
    [
        {"channel_timeout": 9},
        {"max_frame_size": 23},
        {"batch_type": 2},
        {"max_blocks_per_span_batch": 5},
        {"target_num_frames": 0},
        {"use_blobs": True, "target_num_frames": 7},
        {"use_blobs": True, "max_frame_size": MAX_BLOB_DATA_SIZE},
        {"compressor": CompressorKind.RATIO, "approx_compr_ratio": 0.0},
        {"compressor": CompressorKind.RATIO, "approx_compr_ratio": 1.5},
    ],
)
def test_refuses_what_makes_no_sense(change: dict[str, object]) -> None:
    config = ChannelConfig(100, 50)
    config.check()
    with pytest.raises(ConfigError):
        replace(config, **change).check()  # type: ignore[arg-type]
