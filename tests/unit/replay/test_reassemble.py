"""Channels put together from frames at hand, and all that is in them."""

from __future__ import annotations

import random
import zlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.derive.codec.batch import encode_batch
from pyoprollup.derive.codec.frame import Frame
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch_builder import SpanBatchBuilder
from pyoprollup.derive.compression.stream_end import StreamEnd
from pyoprollup.derive.drops import DropReason
from pyoprollup.eth.transactions import Transaction
from pyoprollup.replay.reassemble import read_channel, reassemble, rebuild
from pyoprollup.rollup import load_chain

CONFIG = load_chain("op-mainnet")
ID, OTHER = b"\1" * 16, b"\2" * 16
LIMIT = 100_000_000
TX = Transaction(2, 5, 10**9, 21_000, b"\3" * 20, 1, b"", 1, 7, 8, chain_id=10).encode()


def _batch(number: int, *txs: bytes) -> SingularBatch:
    time = CONFIG.genesis.l2_time + 2 * number
    return SingularBatch(bytes(32), 100 + number // 6, bytes(32), time, txs)


SINGULAR = b"".join(encode_batch(_batch(number, TX)) for number in range(3))


def _span(*txs: bytes) -> bytes:
    builder = SpanBatchBuilder(CONFIG.genesis.l2_time, 10)
    for number in range(4):
        builder.add_singular_batch(_batch(number, *txs), number)
    return encode_batch(builder.raw_span_batch())


def _frames(data: bytes, count: int, channel: bytes = ID) -> list[Frame]:
    size = -(-len(data) // count)
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    return [Frame(channel, index, part, index == len(parts) - 1) for index, part in enumerate(parts)]


# --- Frames to channels


def test_channels_of_mixed_frames() -> None:
    first, second = _frames(b"abcdef", 3), _frames(b"uvw", 1, OTHER)
    found = reassemble([(first[2], 1), (second[0], 2), (first[0], 2), (first[1], 3)])
    assert [(channel.id, channel.data) for channel in found] == [(ID, b"abcdef"), (OTHER, b"uvw")]
    assert [entry.origin for entry in found[0].frames] == [1, 2, 3]
    assert all(channel.is_ready and not channel.invalid_frames for channel in found)


def test_a_channel_with_a_gap_is_not_ready() -> None:
    first, _, last = _frames(b"abcdef", 3)
    (channel,) = reassemble([(first, ""), (last, "")])
    assert not channel.is_ready
    assert channel.data is None


def test_frames_that_are_not_taken_are_kept_with_the_reason() -> None:
    frames = _frames(b"abcdef", 3)
    (channel,) = reassemble([(frame, "") for frame in (*frames, frames[1], replace(frames[2], number=7))])
    assert channel.data == b"abcdef"
    assert channel.invalid_frames
    reasons = [entry.rejected for entry in channel.frames]
    assert reasons == [None, None, None, DropReason.FRAME_DUPLICATE, DropReason.FRAME_SECOND_LAST]
    assert "already there" in channel.frames[3].detail


def test_order_matters_only_if_it_is_asked_for() -> None:
    frames = [(frame, "") for frame in reversed(_frames(b"abcdef", 3))]
    assert reassemble(frames)[0].is_ready
    strict = reassemble(frames, require_in_order=True)[0]
    assert not strict.is_ready
    assert strict.frames[0].rejected is DropReason.FRAME_NOT_CONSECUTIVE


@given(st.binary(min_size=1, max_size=300), st.integers(1, 20), st.integers(0, 1 << 30))
@settings(max_examples=60)
def test_any_order_gives_the_same_channel(data: bytes, count: int, seed: int) -> None:
    frames = [(frame, "") for frame in _frames(data, count)]
    random.Random(seed).shuffle(frames)
    assert reassemble(frames)[0].data == data


# --- Channels to batches


def test_singular_batches() -> None:
    data = zlib.compress(SINGULAR)
    content = read_channel(data, CONFIG, LIMIT, False)
    assert (content.compression, content.size, content.end) == ("zlib", len(SINGULAR), StreamEnd.CLEAN)
    assert [batch.tx_count for batch in content.batches] == [1, 1, 1]
    assert [batch.block_count for batch in content.batches] == [1, 1, 1]
    assert not content.invalid_batches
    first = content.batches[0].source
    assert first is not None
    assert SINGULAR[first.start : first.end] == _batch(0, TX).encode()


def test_span_batches_are_rebuilt_for_the_chain() -> None:
    (batch,) = read_channel(zlib.compress(_span(TX)), CONFIG, LIMIT, False).batches
    assert (batch.block_count, batch.tx_count, batch.fault) == (4, 4, "")
    assert batch.span is not None
    assert [block.transactions for block in batch.span] == [(TX,)] * 4
    (other,) = read_channel(zlib.compress(_span(TX)), load_chain("base-mainnet"), LIMIT, False).batches
    assert other.span is not None
    assert other.span[0].transactions != (TX,)


def test_a_span_batch_that_cannot_be_rebuilt_is_kept() -> None:
    bad = _span(TX).replace(b"\2\xc9\1\x80\x84", b"\3\xc9\1\x80\x84")
    content = read_channel(zlib.compress(bad + SINGULAR), CONFIG, LIMIT, False)
    spoilt = content.batches[0]
    assert spoilt.span is None
    assert "type" in spoilt.fault
    assert (spoilt.block_count, spoilt.tx_count) == (4, 4)
    assert len(content.batches) == 4
    assert content.invalid_batches


def test_what_breaks_off_counts_as_far_as_it_goes() -> None:
    stream = zlib.compressobj(0)
    data = stream.compress(SINGULAR) + stream.flush(zlib.Z_SYNC_FLUSH)
    content = read_channel(data, CONFIG, LIMIT, False)
    assert content.end is StreamEnd.TRUNCATED
    assert len(content.batches) == 3
    content = read_channel(zlib.compress(SINGULAR[:-1]), CONFIG, LIMIT, False)
    assert content.end is StreamEnd.CLEAN
    assert len(content.batches) == 2
    assert "incomplete" in content.fault
    assert content.invalid_batches


def test_the_limit_clips() -> None:
    limit = len(encode_batch(_batch(0, TX))) + 5
    content = read_channel(zlib.compress(SINGULAR), CONFIG, limit, False)
    assert content.end is StreamEnd.CLIPPED
    assert content.size == limit
    assert len(content.batches) == 1


@pytest.mark.parametrize(
    ("data", "said"), [(b"", "empty"), (b"\x77", "compression"), (b"\1\x0b", "Fjord"), (b"\x78\0", "zlib")]
)
def test_channels_that_cannot_be_opened(data: bytes, said: str) -> None:
    content = read_channel(data, CONFIG, LIMIT, False)
    assert (content.compression, content.end, content.batches) == (None, None, ())
    assert said in content.fault == content.end_detail
    assert content.invalid_batches


def test_rebuild_leaves_singular_batches_alone() -> None:
    batch = rebuild(_batch(1, TX), CONFIG)
    assert (batch.raw, batch.span, batch.source, batch.fault) == (_batch(1, TX), None, None, "")


@given(st.binary(max_size=200), st.booleans(), st.integers(0, 300))
@settings(max_examples=150)
def test_no_channel_makes_it_raise(data: bytes, brotli: bool, limit: int) -> None:
    read_channel(data, CONFIG, limit, brotli)
    read_channel(zlib.compress(data), CONFIG, limit, brotli)


@given(st.integers(0, 10_000), st.integers(0, 255))
@settings(max_examples=100)
def test_mutated_channels_do_not_make_it_raise(place: int, byte: int) -> None:
    plain = bytearray(SINGULAR + _span(TX))
    plain[place % len(plain)] = byte
    content = read_channel(zlib.compress(bytes(plain), 1), CONFIG, LIMIT, True)
    assert len(content.batches) <= 4 or not content.fault
