from __future__ import annotations

import random
import subprocess
import sys
import zlib
from functools import cache
from textwrap import dedent

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.derive.compression.decompress import (
    Compression,
    Decompressed,
    DecompressionError,
    StreamEnd,
    decompress_channel,
)
from pyoprollup.derive.compression.inflate import inflate
from pyoprollup.eth.rlp import encode_bytes
from tests.bit_writer import BrotliWriter

NO_LIMIT = 0
BROTLI = b"\x01"


@cache
def mixed(size: int, seed: int = 1) -> bytes:
    chance = random.Random(seed)
    data = bytearray()
    while len(data) < size:
        data += chance.randbytes(chance.randrange(30)) + bytes(chance.randrange(30))
        start = chance.randrange(len(data) + 1)
        data += data[start : start + chance.randrange(60)]
    return bytes(data[:size])


def batches(*sizes: int) -> bytes:
    return b"".join(encode_bytes(mixed(size, size)) for size in sizes)


def compress(data: bytes, algorithm: Compression) -> bytes:
    return (
        zlib.compress(data, 9) if algorithm is Compression.ZLIB else BROTLI + brotli.compress(data, quality=5)
    )


def read(channel: bytes, limit: int = NO_LIMIT) -> Decompressed:
    return decompress_channel(channel, limit, brotli_allowed=True)


algorithms = pytest.mark.parametrize("algorithm", list(Compression), ids=str)


# Opening


@pytest.mark.parametrize(
    "channel",
    [
        b"",
        b"\x00",
        b"\x02" + brotli.compress(b"x"),
        b"\x81",
        b"\x78",
        b"\x78\x9d",
        b"\x88\x1c",
        b"\x7f\x1e",
        b"\x7f\x06",
        b"\x78\xbb",
        b"\x78\xbb\0\0\0",
        b"\x78\xbb\0\0\0\2\x03\0",
    ],
    ids=lambda channel: channel.hex() or "empty",
)
def test_channels_that_cannot_be_opened(channel: bytes) -> None:
    with pytest.raises(DecompressionError):
        read(channel)


@pytest.mark.parametrize("channel", [BROTLI, BROTLI + brotli.compress(b"x")])
def test_brotli_before_fjord(channel: bytes) -> None:
    with pytest.raises(DecompressionError, match="Fjord"):
        decompress_channel(channel, NO_LIMIT, brotli_allowed=False)


@pytest.mark.parametrize("window", range(8))
def test_any_declared_window_may_be_exceeded(window: int) -> None:
    data = batches(40_000) * 2
    head = window << 12 | 0x800
    header = (head + -head % 31).to_bytes(2, "big")
    result = read(header + zlib.compress(data)[2:])
    assert (result.data, result.end) == (data, StreamEnd.CLEAN)


def test_an_empty_preset_dictionary_is_no_obstacle() -> None:
    data = batches(500)
    result = read(b"\x78\xbb\0\0\0\1" + zlib.compress(data)[2:])
    assert (result.data, result.end) == (data, StreamEnd.CLEAN)


def test_the_type_byte_alone() -> None:
    result = read(BROTLI)
    assert (result.data, result.end) == (b"", StreamEnd.TRUNCATED)


# Clean streams


@given(st.binary(max_size=500), st.integers(0, 9))
def test_zlib_round_trip(data: bytes, level: int) -> None:
    result = decompress_channel(zlib.compress(data, level), NO_LIMIT, brotli_allowed=False)
    assert result == Decompressed(data, StreamEnd.CLEAN, "", Compression.ZLIB)


@given(st.binary(max_size=500), st.integers(0, 11), st.integers(10, 24))
def test_brotli_round_trip(data: bytes, quality: int, window_bits: int) -> None:
    result = read(BROTLI + brotli.compress(data, quality=quality, lgwin=window_bits))
    assert result == Decompressed(data, StreamEnd.CLEAN, "", Compression.BROTLI)


@given(st.integers(0, 3000), st.integers(0, 9), st.integers(0, 40))
def test_the_library_and_inflate_agree(size: int, level: int, limit: int) -> None:
    """The library decompresses what ends cleanly or is clipped; ``inflate`` has the same result."""
    channel = zlib.compress(mixed(size), level)
    result = decompress_channel(channel, limit * 100, brotli_allowed=False)
    plain = inflate(channel, 2, limit * 100)
    assert result.data == plain.out[: limit * 100 or None]
    assert result.end is plain.end


def test_data_behind_zlib_is_ignored() -> None:
    data = batches(5000)
    result = read(zlib.compress(data) + b"more")
    assert (result.data, result.end) == (data, StreamEnd.CLEAN)


# Limits


@algorithms
@pytest.mark.parametrize("size", [1, 1000, 100_000, 1_500_000])
def test_limits(algorithm: Compression, size: int) -> None:
    data = mixed(size)
    channel = compress(data, algorithm)
    for limit in (size, size + 1):
        assert read(channel, limit) == Decompressed(data, StreamEnd.CLEAN, "", algorithm)
    if size > 1:
        clipped = read(channel, size - 1)
        assert (clipped.data, clipped.end) == (data[:-1], StreamEnd.CLIPPED)


@algorithms
@pytest.mark.parametrize("limit", [1, 1000, 4096, 70_000])
def test_a_fault_far_behind_the_limit_does_not_matter(algorithm: Compression, limit: int) -> None:
    data = batches(200_000, 300_000)
    channel = bytearray(compress(data, algorithm))
    channel[-20:] = bytes(20)
    result = read(bytes(channel), limit)
    assert (result.data, result.end) == (data[:limit], StreamEnd.CLIPPED)


def test_a_brotli_fault_in_the_portion_of_the_limit_matters() -> None:
    """The reference decodes all of a portion before it hands anything out."""
    data = batches(3000)
    channel = bytearray(BROTLI + brotli.compress(data))
    channel[-20:] = bytes(20)
    result = read(bytes(channel), 100)
    assert (result.data, result.end) == (b"", StreamEnd.CORRUPT)


@algorithms
def test_at_its_limit_a_reader_does_not_meet_the_fault(algorithm: Compression) -> None:
    data = batches(1000, 2000)
    channel = compress(data, algorithm)
    channel = channel + b"x" if algorithm is Compression.BROTLI else channel[:-1] + b"?"
    exactly = read(channel, len(data))
    assert (exactly.data, exactly.end) == (data, StreamEnd.CLIPPED)
    with_room = read(channel, len(data) + 1)
    assert with_room.data == data
    assert with_room.end in (StreamEnd.EXCESS, StreamEnd.CORRUPT)


# Broken zlib streams


@pytest.mark.parametrize("cut", range(1, 5))
def test_a_checksum_cut_short(cut: int) -> None:
    data = batches(100, 3000)
    result = read(zlib.compress(data)[:-cut])
    assert (result.data, result.end) == (data, StreamEnd.TRUNCATED)


def test_a_wrong_checksum() -> None:
    data = batches(100, 3000)
    result = read(zlib.compress(data)[:-4] + b"asdf")
    assert (result.data, result.end) == (data, StreamEnd.CORRUPT)


@pytest.mark.parametrize(
    ("sizes", "usable"),
    [
        ([4093], 4096),
        ([5000], 5003),
        ([20_000], 4096),
        ([40_000], 32_768),
        ([36_000], 36_003),
        ([32_765], 32_768),
        ([50, 40_000, 20_000], 44_150),
        ([50, 40_000, 3000], 43_057),
        ([50, 40_000, 30_000], 65_536),
    ],
)
def test_a_fault_costs_a_large_string_that_ends_with_the_data(sizes: list[int], usable: int) -> None:
    """It is read past the buffer, and a read that also returns an error counts for nothing."""
    data = batches(*sizes)
    for channel in (zlib.compress(data)[:-4] + b"asdf", zlib.compress(data)[:-1]):
        result = read(channel)
        assert result.data == data[:usable]


def test_it_costs_no_large_string_before_the_end() -> None:
    data = batches(20_000) + b"\xb8"
    result = read(zlib.compress(data)[:-4] + b"asdf")
    assert (result.data, result.end) == (data, StreamEnd.CORRUPT)


# Broken brotli streams


def test_every_truncation_of_a_brotli_stream() -> None:
    data = batches(100, 900, 2000)
    channel = BROTLI + brotli.compress(data)
    decoder = brotli.Decompressor()
    out = b""
    for i in range(1, len(channel)):
        result = read(channel[:i])
        assert (result.data, result.end) == (out, StreamEnd.TRUNCATED)
        out += decoder.process(channel[i : i + 1])
    assert out == data


def test_data_behind_brotli() -> None:
    data = batches(100, 3000)
    result = read(BROTLI + brotli.compress(data) + b"x")
    assert (result.data, result.end) == (data, StreamEnd.EXCESS)


def test_a_fault_in_the_first_portion_leaves_nothing() -> None:
    writer = BrotliWriter()
    writer.uncompressed(batches(3000))
    writer.put(8, 0xFF)
    result = read(BROTLI + writer.getvalue() + bytes(2000))
    assert (result.data, result.end) == (b"", StreamEnd.CORRUPT)


# Anything


@given(
    st.sampled_from([b"", b"\x78\x9c", b"\x78\x01", b"\x01", b"\x01\x0b", b"\x01\x1b"]),
    st.binary(max_size=400),
    st.sampled_from([0, 1, 10, 100]),
    st.booleans(),
)
def test_hostile_channels(head: bytes, rest: bytes, limit: int, brotli_allowed: bool) -> None:
    try:
        result = decompress_channel(head + rest, limit, brotli_allowed)
    except DecompressionError:
        return
    assert type(result.data) is bytes
    assert not limit or len(result.data) <= limit
    assert (result.end is StreamEnd.CLEAN) == (not result.detail)


@given(st.sampled_from(list(Compression)), st.integers(1, 20_000), st.binary(min_size=1, max_size=3))
def test_damage(algorithm: Compression, position: int, junk: bytes) -> None:
    channel = bytearray(compress(batches(60, 5000, 9000), algorithm))
    position = 2 + position % (len(channel) - 2)
    channel[position : position + len(junk)] = junk
    result, limited = read(bytes(channel)), read(bytes(channel), 15_000)
    assert len(limited.data) <= 15_000
    # A reader with a limit reads in other portions, so a fault may cost it less than one without.
    common = min(len(result.data), len(limited.data))
    assert limited.data[:common] == result.data[:common]
    if result.end is StreamEnd.CLEAN:
        assert limited.data == result.data[:15_000]


@pytest.mark.parametrize(("limit", "usable"), [(15_000, 14_115), (100_000_000, 8_192)])
def test_what_a_fault_costs_depends_on_the_limit(limit: int, usable: int) -> None:
    """The figures are Go's: a string that the limit forbids is not read in one go, and not lost."""
    channel = bytearray(compress(batches(60, 5000, 9000), Compression.ZLIB))
    channel[229:231] = b"\x00\x03"
    result = read(bytes(channel), limit)
    assert (len(result.data), result.end) == (usable, StreamEnd.CORRUPT)


BOMB = """
    import brotli, resource, sys, zlib
    from pyoprollup.derive.compression.decompress import decompress_channel
    limit, size = 20_000_000, int(sys.argv[2])
    channel = {
        "zlib": lambda: zlib.compress(bytes(size)),
        "truncated zlib": lambda: zlib.compress(bytes(size))[:-1],
        "brotli": lambda: b"\\x01" + brotli.compress(bytes(size), quality=5, lgwin=18),
        "truncated brotli": lambda: b"\\x01" + brotli.compress(bytes(size), quality=5, lgwin=18)[:-1],
        "brotli and more": lambda: b"\\x01" + brotli.compress(bytes(size), quality=5, lgwin=18) + b"x",
    }[sys.argv[1]]()
    spare = bytes(20_000_000)  # what compression has used is not counted twice
    del spare
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    data = decompress_channel(channel, limit, True).data
    print(len(data), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        ("zlib", 60_000_000),
        ("truncated zlib", 19_000_000),
        ("brotli", 60_000_000),
        ("truncated brotli", 19_000_000),
        ("brotli and more", 19_000_000),
    ],
)
def test_bombs_stay_within_two_and_a_half_limits(kind: str, size: int) -> None:
    command = [sys.executable, "-c", dedent(BOMB), kind, str(size)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    length, grown = map(int, answer.split())
    assert length >= 18_000_000
    assert grown < 2.5 * 20_000_000
