from __future__ import annotations

import random
import zlib

import pytest

from pyoprollup.batcher.compressors import (
    CLOSE_OVERHEAD_ZLIB,
    NonCompressor,
    RatioCompressor,
    ShadowCompressor,
    new_compressor,
)
from pyoprollup.derive.channel_out import ChannelFull
from pyoprollup.derive.compression.channel_compressor import ChannelCompressor, CompressionAlgo, Compressor
from tests.unit.batcher.support import channel_config

ZLIB = CompressionAlgo.ZLIB
RANDOM = random.Random(1).randbytes(300_000)


def contents(compressor: Compressor) -> bytes:
    compressor.close()
    return zlib.decompress(compressor.read(1 << 30))


def test_close_overhead_zlib() -> None:
    compressor = ChannelCompressor(ZLIB)
    compressor.write(RANDOM[:1000])
    compressor.flush()
    flushed = len(compressor)
    compressor.close()
    # The reference's library needs a few bytes more to end a stream than others do.
    assert 0 < len(compressor) - flushed <= CLOSE_OVERHEAD_ZLIB


@pytest.mark.parametrize("name", ["none", "ratio", "shadow"])
def test_what_goes_in_comes_out(name: str) -> None:
    compressor = new_compressor(channel_config(compressor=name, max_frame_size=10_000))
    compressor.write(b"hello ")
    compressor.write(b"world")
    assert contents(compressor) == b"hello world"
    compressor.reset()
    compressor.write(b"again")
    assert contents(compressor) == b"again"


@pytest.mark.parametrize(
    ("target", "ratio", "threshold"), [(1, 0.4, 2), (1, 1.0, 1), (1000, 0.4, 2500), (25_000, 0.4, 62_500)]
)
def test_ratio_compressor_is_full_at_its_input_threshold(target: int, ratio: float, threshold: int) -> None:
    compressor = RatioCompressor(target, ratio, ZLIB)
    assert compressor.input_threshold == threshold
    compressor.write(bytes(threshold - 1))
    assert not compressor.is_full()
    compressor.write(b"\0")
    assert compressor.is_full()
    with pytest.raises(ChannelFull):
        compressor.write(b"\0")


def test_shadow_compressor_stays_below_its_target() -> None:
    compressor = ShadowCompressor(5_000, ZLIB)
    written = 0
    while True:
        try:
            compressor.write(RANDOM[written : written + 700])
        except ChannelFull:
            break
        written += 700
    assert compressor.is_full() and written == 4_900
    compressor.close()
    assert len(compressor) <= 5_000
    with pytest.raises(ChannelFull):
        compressor.write(b"")


@pytest.mark.parametrize("algo", list(CompressionAlgo))
def test_shadow_compressor_takes_one_write_of_any_size(algo: CompressionAlgo) -> None:
    """Brotli's version byte is no data: with it, a large first block was once refused for ever."""
    compressor = ShadowCompressor(1_000, algo)
    compressor.write(RANDOM[:10_000])
    assert compressor.is_full()
    compressor.close()
    assert len(compressor) > 10_000


@pytest.mark.parametrize(("algo", "refused"), [(ZLIB, True), (CompressionAlgo.BROTLI_10, False)])
def test_shadow_compressor_refuses_only_once_compressed_bytes_have_come_out(
    algo: CompressionAlgo, refused: bool
) -> None:
    """zlib's header is there at once; brotli keeps small writes back, so one more of them is taken."""
    compressor = ShadowCompressor(1_000, algo)
    compressor.write(RANDOM[:600])
    if refused:
        with pytest.raises(ChannelFull):
            compressor.write(RANDOM[600:1_200])
    else:
        compressor.write(RANDOM[600:1_200])
    assert compressor.is_full()
    with pytest.raises(ChannelFull):
        compressor.write(b"\0")
    compressor.close()
    assert (len(compressor) > 1_000) is not refused


def test_shadow_compressor_flushes_only_near_the_target() -> None:
    compressor = ShadowCompressor(1_000, ZLIB)
    compressor.write(bytes(949))
    compressor.write(bytes(900))  # compresses to nearly nothing
    assert not compressor.is_full()


def test_the_bound_may_be_too_low_for_much_random_data() -> None:
    """The overhead is meant for a blob; beyond that a frame too many is the worst that happens."""
    compressor = ShadowCompressor(len(RANDOM) + 51, ZLIB)
    compressor.write(RANDOM)
    assert not compressor.is_full()
    compressor.close()
    assert len(compressor) > len(RANDOM)


def test_non_compressor_ends_as_the_reference_does() -> None:
    """An empty block for the flush before the write, the data, an empty block of its own that is the last."""
    compressor = NonCompressor(1_000)
    compressor.write(RANDOM[:100])
    compressor.close()
    stream = compressor.read(1_000)
    assert len(stream) == 2 + 5 + (5 + 100) + 5 + 4
    assert stream[-9:-4] == b"\x01\x00\x00\xff\xff"
    assert zlib.decompress(stream) == RANDOM[:100]


def test_non_compressor_shows_what_was_written_before() -> None:
    compressor = NonCompressor(1_000)
    compressor.write(RANDOM[:600])
    compressor.write(RANDOM[:600])
    before = len(compressor)
    assert before >= 600 and not compressor.is_full()
    compressor.write(RANDOM[:600])
    assert compressor.is_full() and len(compressor) >= 1200
    assert contents(compressor) == RANDOM[:600] * 3
