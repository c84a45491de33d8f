from __future__ import annotations

import random

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.derive.compression.stream_end import StreamEnd
from pyoprollup.derive.compression.unbrotli import FIRST_PORTION, PORTION, unbrotli, window_size
from pyoprollup.eth.rlp import encode_bytes
from tests.bit_writer import BrotliWriter
from tests.unit.derive.compression.unbrotli.support import library_output, mixed, portions


@settings(max_examples=60)
@given(st.integers(0, 5000), st.integers(0, 11), st.integers(10, 24), st.integers(0, 2), st.integers(0, 9))
def test_decodes_what_the_library_encodes(
    size: int, quality: int, window_bits: int, mode: int, seed: int
) -> None:
    data = mixed(size, seed)
    compressed = brotli.compress(data, mode=mode, quality=quality, lgwin=window_bits)
    result = unbrotli(compressed)
    assert (result.out, result.end) == (data, StreamEnd.CLEAN)


@pytest.mark.parametrize(("quality", "window_bits"), [(1, 16), (5, 10), (9, 18), (11, 22)])
def test_decodes_several_portions_and_windows(quality: int, window_bits: int) -> None:
    data = mixed(120_000)
    compressed = brotli.compress(data, quality=quality, lgwin=window_bits)
    assert len(portions(compressed)) > 1
    result = unbrotli(compressed)
    assert (result.out, result.end) == (data, StreamEnd.CLEAN)


@pytest.mark.parametrize("window_bits", range(10, 25))
def test_window_size(window_bits: int) -> None:
    assert window_size(BrotliWriter(window_bits).finish()) == 1 << window_bits


def test_large_windows_are_refused() -> None:
    assert unbrotli(b"\x11" + bytes(20)).end is StreamEnd.CORRUPT


def test_nothing_at_all() -> None:
    result = unbrotli(b"")
    assert (result.out, result.end) == (b"", StreamEnd.TRUNCATED)


@pytest.mark.parametrize("quality", [0, 5, 11])
def test_every_truncation_yields_what_the_library_does(quality: int) -> None:
    compressed = brotli.compress(mixed(900), quality=quality)
    for i in range(len(compressed)):
        result = unbrotli(compressed[:i])
        assert result.end is StreamEnd.TRUNCATED
        assert [bytes(result.out)] == library_output([compressed[:i]])


def test_a_fault_costs_what_came_out_of_its_portion() -> None:
    compressed = bytearray(brotli.compress(mixed(150_000), quality=5))
    after = library_output(portions(bytes(compressed)))
    assert len(after) == 3
    damaged = 0
    for seed in range(40):
        chance = random.Random(seed)
        bad = compressed.copy()
        start = chance.randrange(len(bad) - 20)
        bad[start : start + 9] = chance.randbytes(9)
        result = unbrotli(bytes(bad))
        if result.end is not StreamEnd.CORRUPT:
            continue
        damaged += 1
        library = library_output(portions(bytes(bad)))
        kept = library[-1] if library else b""
        # A symbol that straddles two portions is the exception; see test_commands.
        assert result.out[: len(kept)] == kept
        assert len(result.out) - len(kept) < 200
    assert damaged > 5


@given(st.binary(max_size=300))
def test_arbitrary_bytes_end_somehow(data: bytes) -> None:
    result = unbrotli(data)
    assert (result.end is StreamEnd.CLEAN) == (not result.detail)


@pytest.mark.parametrize("more", [-1, 0, 1])
@pytest.mark.parametrize("data", [bytes(70_000), mixed(70_000)], ids=["zeros", "mixed"])
def test_stops_behind_the_limit(data: bytes, more: int) -> None:
    limit = len(data) + more
    result = unbrotli(brotli.compress(data), limit)
    assert result.out == data[: limit + 1]
    assert result.end is (StreamEnd.CLIPPED if more < 0 else StreamEnd.CLEAN)


# Metablocks that no compressor makes


def test_uncompressed_and_metadata() -> None:
    writer = BrotliWriter()
    writer.metadata(b"")
    writer.uncompressed(b"hello ")
    writer.metadata(bytes(9000))
    writer.uncompressed(bytes(50_000))
    assert unbrotli(writer.finish()).out == b"hello " + bytes(50_000)


def test_a_full_ring_is_passed_on_even_before_a_fault() -> None:
    data = [mixed(60_000, seed) for seed in range(3)]
    writer = BrotliWriter(10)
    for piece in data:
        writer.uncompressed(piece)
    whole = writer.finish()
    assert unbrotli(whole).out == b"".join(data)
    broken = unbrotli(whole[:-1] + b"\xff")
    assert broken.end is StreamEnd.CORRUPT
    assert broken.out == b"".join(data)[: 180_000 // 1024 * 1024]
    writer = BrotliWriter(22)
    for piece in data:
        writer.uncompressed(piece)
    broken = unbrotli(writer.finish()[:-1] + b"\xff")
    assert len(broken.out) == FIRST_PORTION + 5 * PORTION - 9, "the input before, less three headers"


def raw_stream(data: bytes) -> bytes:
    writer = BrotliWriter()
    for i in range(0, len(data), 60_000):
        writer.uncompressed(data[i : i + 60_000])
    return writer.finish()


@pytest.mark.parametrize(
    ("size", "usable"), [(4000, 4054), (5000, 5054), (20_000, 4092), (40_000, 40_054), (50_000, 36_860)]
)
def test_data_behind_the_stream_costs_a_string_that_is_being_read_directly(size: int, usable: int) -> None:
    data = encode_bytes(bytes(50)) + encode_bytes(bytes(size))
    result = unbrotli(raw_stream(data) + b"x")
    assert result.end is StreamEnd.EXCESS
    assert len(result.out) == usable
    assert data.startswith(result.out)


def test_data_in_a_portion_behind_the_stream_costs_nothing() -> None:
    data = encode_bytes(bytes(FIRST_PORTION - 7))
    stream = raw_stream(data)
    assert len(stream) == FIRST_PORTION
    result = unbrotli(stream + b"x")
    assert (result.out, result.end) == (data, StreamEnd.EXCESS)
