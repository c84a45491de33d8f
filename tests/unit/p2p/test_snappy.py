from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.eth.signed_payload import SnappyError, compress
from pyoprollup.p2p.snappy import announced_size, compress_frames, decompress_frames

HEADER = b"\xff\x06\x00\x00sNaPpY"


@given(st.binary(max_size=300))
def test_announced_size(data: bytes) -> None:
    assert announced_size(compress(data)) == len(data)


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff\xff\xff\xff\x7f", b"\x80" * 10])
def test_no_size(data: bytes) -> None:
    with pytest.raises(SnappyError):
        announced_size(data)


@given(st.binary(max_size=300) | st.binary(min_size=1, max_size=20).map(lambda b: b * 20_000))
def test_frames_round_trip(data: bytes) -> None:
    assert decompress_frames(compress_frames(data), len(data)) == data


def test_the_limit_is_checked_before_decompression() -> None:
    data = compress_frames(bytes(200_000))
    assert len(decompress_frames(data, 200_000)) == 200_000
    with pytest.raises(SnappyError, match="200000 bytes exceeds 199999"):
        decompress_frames(data, 199_999)
    # A small chunk that claims much.
    with pytest.raises(SnappyError, match="too large"):
        decompress_frames(HEADER + b"\x00\x09\x00\x00" + bytes(4) + b"\xff\xff\xff\xff\x0f", 1 << 40)


def cut(at: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:at]


@pytest.mark.parametrize(
    "change",
    [
        cut(-1),
        cut(12),
        cut(16),
        lambda data: data[10:],
        lambda data: data + b"\x00",
        lambda data: data[:14] + bytes((data[14] ^ 1,)) + data[15:],  # checksum
        lambda data: data[:-1] + bytes((data[-1] ^ 1,)),
        lambda data: data + b"\x02\x00\x00\x00",  # a kind that must not be skipped
        lambda data: data + b"\x00\x03\x00\x00abc",
        lambda data: data + b"\x01\x05\x00\x01" + bytes(65_541),
    ],
)
def test_damaged_frames(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(SnappyError):
        decompress_frames(change(compress_frames(b"hello" * 100)), 1 << 20)


def test_frames_that_are_skipped() -> None:
    data = compress_frames(b"hello")
    for more in (b"", b"\xfe\x03\x00\x00abc", b"\x80\x01\x00\x00x", HEADER):
        assert decompress_frames(data + more, 100) == b"hello"


@given(st.binary(max_size=100))
def test_arbitrary_bytes(data: bytes) -> None:
    for frames in (data, HEADER + data):
        with suppress(SnappyError):
            decompress_frames(frames, 1000)
