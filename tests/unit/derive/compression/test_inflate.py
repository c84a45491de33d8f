from __future__ import annotations

import random
import zlib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.derive.compression import inflate as module
from pyoprollup.derive.compression.inflate import WINDOW_SIZE, inflate
from pyoprollup.derive.compression.stream_end import StreamEnd
from tests.bit_writer import BitWriter, code_words

FIXED = code_words(
    {symbol: 8 if symbol < 144 else 9 if symbol < 256 else 7 if symbol < 280 else 8 for symbol in range(288)}
)
END = 256
CODE_LENGTH_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)

texts = st.binary(max_size=300) | st.lists(
    st.sampled_from([b"batch", b"\0\0\0\0\0\0\0\0", b"rollup", b"\xff", b"ab"]), max_size=200
).map(b"".join)
strategies = st.sampled_from(
    [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FILTERED]
)


def deflate(data: bytes, level: int = 9, strategy: int = 0, flushes: int = 0) -> bytes:
    stream = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    result = b""
    for i in range(flushes):
        result += stream.compress(data[i::flushes]) + stream.flush(zlib.Z_FULL_FLUSH)
    return result + (b"" if flushes else stream.compress(data)) + stream.flush()


def mixed(size: int, seed: int = 1) -> bytes:
    chance = random.Random(seed)
    data = bytearray()
    while len(data) < size:
        data += chance.randbytes(chance.randrange(40))
        start = chance.randrange(len(data) + 1)
        data += data[start : start + chance.randrange(60)]
    return bytes(data[:size])


def library_output(data: bytes) -> bytes:
    """What the C library gives when fed byte by byte, up to an error."""
    stream = zlib.decompressobj(-15)
    out = b""
    try:
        for i in range(len(data)):
            out += stream.decompress(data[i : i + 1])
    except zlib.error:
        pass
    return out


@given(texts, st.integers(0, 9), strategies, st.integers(0, 3))
def test_inflates_what_the_library_deflates(data: bytes, level: int, strategy: int, flushes: int) -> None:
    compressed = deflate(data, level, strategy, flushes)
    result = inflate(b"ab" + compressed + b"tail", 2)
    assert (result.out, result.end) == (zlib.decompress(compressed, -15), StreamEnd.CLEAN)
    assert result.position == 2 + len(compressed)


@pytest.mark.parametrize("level", [0, 1, 9])
def test_inflates_several_windows(level: int) -> None:
    data = mixed(5 * WINDOW_SIZE + 7)
    result = inflate(deflate(data, level))
    assert (result.out, result.end) == (data, StreamEnd.CLEAN)
    assert result.flushed == 5 * WINDOW_SIZE


@given(texts, st.integers(0, 9), strategies, st.data())
def test_truncated_output_is_a_little_less_than_the_library_s(
    data: bytes, level: int, strategy: int, draw: st.DataObject
) -> None:
    compressed = deflate(data, level, strategy)
    compressed = compressed[: draw.draw(st.integers(0, len(compressed) - 1))]
    result = inflate(compressed)
    assert result.end is StreamEnd.TRUNCATED
    library = library_output(compressed)
    assert library.startswith(result.out)
    # A symbol of one bit may wait for the fifteen bits of the end-of-block symbol, but no longer.
    assert len(library) - len(result.out) <= 15 * 258
    longer = inflate(compressed + b"\0\0\0").out
    assert longer.startswith(result.out)


@given(st.binary(max_size=200), st.integers(0, 7))
def test_arbitrary_bytes_end_somehow(data: bytes, head: int) -> None:
    result = inflate(bytes((head,)) + data)
    if result.end is not StreamEnd.CLEAN:
        assert result.detail
    assert result.flushed <= len(result.out)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(0, 7), st.integers(0, 2))
def test_damage_yields_what_was_decoded_before_it(position: int, bit: int, level: int) -> None:
    damaged = bytearray(deflate(mixed(9000), (1, 6, 9)[level]))
    damaged[position % len(damaged)] ^= 1 << bit
    result = inflate(bytes(damaged))
    library = library_output(bytes(damaged))
    assert library.startswith(result.out) or result.out.startswith(library)


@given(st.integers(0, 10_000), st.integers(0, 8), st.integers(0, 2), st.integers(0, 9000))
def test_the_quick_loop_does_what_single_symbols_do(position: int, bit: int, level: int, cut: int) -> None:
    """On sound data, on damaged data (a bit flipped), and on data that breaks off."""
    data = bytearray(deflate(mixed(9000), (1, 6, 9)[level]))
    data[position % len(data)] ^= (1 << bit) & 0xFF
    stream = bytes(data[: len(data) - cut])
    quick = inflate(stream)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module._Inflater, "_quick", lambda *_: False)
        assert inflate(stream) == quick


@pytest.mark.parametrize("more", [-1, 0, 1])
@pytest.mark.parametrize("data", [bytes(100_000), mixed(100_000)], ids=["zeros", "mixed"])
@pytest.mark.parametrize("level", [0, 9])
def test_stops_behind_the_limit(data: bytes, level: int, more: int) -> None:
    limit = len(data) + more
    result = inflate(deflate(data, level), 0, limit)
    assert result.out == data[: limit + 1]
    assert result.end is (StreamEnd.CLIPPED if more < 0 else StreamEnd.CLEAN)


def fixed_block(symbols: list[int]) -> BitWriter:
    """The only block, with the predefined codes."""
    writer = BitWriter()
    writer.put(3, 0b011)
    for symbol in symbols:
        writer.put(*FIXED[symbol])
    return writer


def test_a_symbol_waits_for_as_many_bits_as_the_end_of_the_block_has() -> None:
    """`a` has one bit and all its bits are there; the end has two, so one bit is not enough."""
    writer = dynamic_block({ord("a"): 1, END: 2, ord("b"): 2}, {})
    bits = 8 * len(writer.getvalue())
    words = code_words({ord("a"): 1, END: 2, ord("b"): 2})
    for _ in range(32):
        writer.put(*words[ord("a")])
    data = writer.getvalue()
    whole = data[: (bits + 7) // 8 + 2]
    decoded = len(inflate(whole).out)
    library = len(library_output(whole))
    assert library == decoded + 1


@pytest.mark.parametrize(
    ("symbols", "rest", "detail"),
    [
        ([65, 286], [], "no such length"),
        ([65, 257], [(5, 0b01111)], "no such distance"),
        ([65, 257], [(5, 0b10000)], "distance reaches before the data"),
    ],
)
def test_faults_in_a_block(symbols: list[int], rest: list[tuple[int, int]], detail: str) -> None:
    writer = fixed_block(symbols)
    for field in rest:
        writer.put(*field)
    writer.put(30, 0)
    for padding in (b"", bytes(200)):
        result = inflate(writer.getvalue() + padding)
        assert (result.out, result.end) == (b"A", StreamEnd.CORRUPT)
        assert result.detail.startswith(detail)


def test_reserved_block_type() -> None:
    assert inflate(b"\x07").end is StreamEnd.CORRUPT


def test_stored_block_with_a_wrong_length() -> None:
    result = inflate(b"\x01\x01\x00\xff\xff\x00")
    assert (result.out, result.end) == (b"", StreamEnd.CORRUPT)


def test_stored_block_cut_short() -> None:
    result = inflate(b"\x01\x05\x00\xfa\xffabc")
    assert (result.out, result.end) == (b"abc", StreamEnd.TRUNCATED)


@pytest.mark.parametrize("cut", range(1, 5))
def test_stored_header_cut_short(cut: int) -> None:
    assert inflate(b"\x01\x05\x00\xfa\xff"[:cut]).end is StreamEnd.TRUNCATED


def test_an_empty_stored_block_passes_the_output_on() -> None:
    flushed = deflate(b"hello", flushes=1)
    assert inflate(flushed[:-1]).flushed == 5
    assert inflate(flushed).flushed == 5
    final = b"\x00\x05\x00\xfa\xffhello" + b"\x01\x00\x00\xff\xff"
    assert inflate(final).flushed == 0, "but a final one ends the stream in the same breath"


def dynamic_block(literals: dict[int, int], distances: dict[int, int], *, final: bool = True) -> BitWriter:
    """A block header with these code lengths, written with a plain code of four bits each."""
    writer = BitWriter()
    writer.put(1, final)
    writer.put(2, 2)
    count, far = max(257, max(literals, default=0) + 1), max(distances, default=0) + 1
    writer.put(5, count - 257)
    writer.put(5, far - 1)
    writer.put(4, 15)
    for symbol in CODE_LENGTH_ORDER:
        writer.put(3, 4 if symbol < 16 else 0)
    words = code_words(dict.fromkeys(range(16), 4))
    for symbol in range(count):
        writer.put(*words[literals.get(symbol, 0)])
    for symbol in range(far):
        writer.put(*words[distances.get(symbol, 0)])
    return writer


def test_a_block_without_end_symbol_runs_on() -> None:
    """The C library refuses it; the reference decodes until the input ends."""
    writer = dynamic_block({ord("a"): 1, ord("b"): 1}, {})
    writer.put(1, 0)
    writer.align()
    result = inflate(writer.getvalue() + bytes(50))
    assert result.end is StreamEnd.TRUNCATED
    assert set(result.out) == {ord("a")}
    assert len(result.out) >= 400


def test_a_code_of_a_single_bit_has_no_other_word() -> None:
    writer = dynamic_block({END: 1}, {})
    writer.put(1, 1)
    result = inflate(writer.getvalue() + bytes(9))
    assert result.end is StreamEnd.CORRUPT
    writer = dynamic_block({END: 1}, {})
    writer.put(1, 0)
    assert inflate(writer.getvalue()).end is StreamEnd.CLEAN


def test_a_missing_distance_code_matters_when_it_is_used() -> None:
    lengths = {END: 1, ord("a"): 2, 257: 2}
    writer = dynamic_block(lengths, {})
    writer.put(*code_words(lengths)[257])
    result = inflate(writer.getvalue() + bytes(60))
    assert result.end is StreamEnd.CORRUPT


@pytest.mark.parametrize(
    "lengths", [{65: 1, END: 1, 66: 1}, {65: 2, END: 2}, {END: 2}], ids=["over", "under", "one of two bits"]
)
def test_incomplete_codes(lengths: dict[int, int]) -> None:
    for padding in (0, 80):
        result = inflate(dynamic_block(lengths, {}).getvalue() + bytes(padding))
        assert result.end is StreamEnd.CORRUPT


def test_too_many_symbols() -> None:
    assert inflate(dynamic_block({END: 1, 286: 1}, {}).getvalue()).end is StreamEnd.CORRUPT
    assert inflate(dynamic_block({END: 1}, {30: 1}).getvalue()).end is StreamEnd.CORRUPT


def test_more_output_for_more_input() -> None:
    compressed = deflate(mixed(3000), 6)
    lengths = [len(inflate(compressed[:i]).out) for i in range(len(compressed) + 1)]
    assert all(a <= b for a, b in pairwise(lengths))
    assert lengths[-1] == 3000
