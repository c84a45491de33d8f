"""Span batches in derived form, and the singular batches that they stand for."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.derive.codec.bitlist import bits_to_bytes
from pyoprollup.derive.codec.raw_span_batch import decode_raw_span_batch
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch import SpanBatch, SpanOriginUnknown, derive_span_batch
from pyoprollup.derive.codec.uvarint import encode_uvarint
from pyoprollup.derive.params import MAX_SPAN_BATCH_ELEMENT_COUNT
from pyoprollup.derive.provenance import BatchSource
from pyoprollup.eth.types import U64_MAX
from tests.unit.derive.support import l1_chain, name_hash

REFS = l1_chain(6)  # numbers 10 to 15


def empty_blocks(
    bits: list[int], last_epoch: int, rel_timestamp: int = 0, genesis_time: int = 1000, block_time: int = 2
) -> SpanBatch:
    """A span of empty blocks, by way of its encoding."""
    data = b"".join(
        [
            encode_uvarint(rel_timestamp),
            encode_uvarint(last_epoch),
            name_hash("parent")[:20],
            name_hash("L1 15")[:20],
            encode_uvarint(len(bits)),
            bits_to_bytes(bits),
            bytes(len(bits)),
        ]
    )
    return derive_span_batch(decode_raw_span_batch(data), block_time, genesis_time, 901)


@pytest.mark.parametrize(
    ("bits", "last", "epochs"),
    [
        ([0], 12, [12]),
        ([1], 12, [12]),  # the first bit is about the block before the span
        ([0, 1, 0, 1], 12, [10, 11, 11, 12]),
        ([1, 0, 0, 0], 12, [12, 12, 12, 12]),
        ([1, 1, 1], 2, [0, 1, 2]),
        ([0, 1, 1], 1, [U64_MAX, 0, 1]),  # unsigned 64-bit numbers wrap
        ([0], U64_MAX, [U64_MAX]),
    ],
)
def test_epochs(bits: list[int], last: int, epochs: list[int]) -> None:
    """Only the last one is given; each set bit is a step to the next."""
    batch = empty_blocks(bits, last)
    assert [element.epoch_num for element in batch] == epochs
    assert (batch.start_epoch_num, batch.end_epoch_num) == (epochs[0], last)


@given(st.integers(0, U64_MAX), st.integers(0, U64_MAX), st.integers(1, 100))
def test_timestamps(genesis: int, relative: int, block_time: int) -> None:
    batch = empty_blocks([0] * 4, 12, relative, genesis, block_time)
    expected = [(genesis + relative + index * block_time) % 2**64 for index in range(4)]
    assert [element.timestamp for element in batch] == expected
    assert batch.timestamp == expected[0]


def test_elements() -> None:
    batch = SpanBatch(b"p" * 20, b"o" * 20, 100, 2, [7, 8], [1, 2], [b"a", b"b", b"c"])
    assert len(batch) == 2
    assert batch.tx_count == 3
    assert [element.transactions for element in batch] == [(b"a",), (b"b", b"c")]
    assert batch.block_transactions(1) == [b"b", b"c"]
    for index in (-1, 2):
        with pytest.raises(IndexError):
            batch[index]


# --- Singular batches


def span(epochs: list[int], source: BatchSource | None = None) -> SpanBatch:
    counts = [index % 2 for index in range(len(epochs))]
    txs = [b"tx %d" % index for index in range(sum(counts))]
    return SpanBatch(b"p" * 20, b"o" * 20, 1000, 2, epochs, counts, txs, source)


def test_singular_batches() -> None:
    singles = span([10, 10, 11, 12]).singular_batches(REFS, safe_head_time=998)
    hashes = {ref.number: ref.hash for ref in REFS}
    assert list(singles) == [
        SingularBatch(bytes(32), 10, hashes[10], 1000, ()),
        SingularBatch(bytes(32), 10, hashes[10], 1002, (b"tx 0",)),
        SingularBatch(bytes(32), 11, hashes[11], 1004, ()),
        SingularBatch(bytes(32), 12, hashes[12], 1006, (b"tx 1",)),
    ]
    assert [singles.timestamp(index) for index in range(4)] == [1000, 1002, 1004, 1006]
    assert singles.batch(2, name_hash("parent")).parent_hash == name_hash("parent")


@pytest.mark.parametrize(
    ("safe", "count"), [(0, 4), (999, 4), (1000, 3), (1001, 3), (1005, 1), (1006, 0), (9999, 0)]
)
def test_blocks_that_are_safe_already(safe: int, count: int) -> None:
    singles = span([10, 10, 11, 12]).singular_batches(REFS, safe)
    assert [single.timestamp for single in singles] == [1000, 1002, 1004, 1006][4 - count :]


@pytest.mark.parametrize(
    ("epochs", "safe", "known"),
    [
        ([10, 11, 12], 998, True),
        ([9, 10, 11], 998, False),
        ([9, 10, 11], 1000, True),  # the unknown one is safe already
        ([10, 15, 15], 998, True),
        ([10, 16, 16], 998, False),
        ([12, 11, 11], 998, False),  # L1 origins never go back
    ],
)
def test_origins_must_be_in_view(epochs: list[int], safe: int, known: bool) -> None:
    if known:
        singles = span(epochs).singular_batches(REFS, safe)
        assert [single.epoch_num for single in singles] == epochs[3 - len(singles) :]
    else:
        with pytest.raises(SpanOriginUnknown):
            span(epochs).singular_batches(REFS, safe)


def test_no_origin_in_view() -> None:
    with pytest.raises(SpanOriginUnknown):
        span([10]).singular_batches([], 0)


def test_time_that_wraps() -> None:
    """The blocks after the wrap are before every safe head."""
    batch = SpanBatch(b"", b"", U64_MAX - 2, 2, [10] * 4, [0] * 4, [])
    times = [element.timestamp for element in batch]
    assert times == [U64_MAX - 2, U64_MAX, 1, 3]
    singles = batch.singular_batches(REFS, safe_head_time=2)
    assert [single.timestamp for single in singles] == [U64_MAX - 2, U64_MAX, 3]
    assert [single.timestamp for single in batch.singular_batches(REFS, U64_MAX - 1)] == [U64_MAX]


def test_provenance() -> None:
    source = BatchSource(None, 3, 10, 20, "zlib", None)
    singles = span([10, 10, 11], source).singular_batches(REFS, 1000)
    assert [single.source for single in singles] == [source.at_span_index(1), source.at_span_index(2)]


def test_many_empty_blocks() -> None:
    """Some bytes a block, since blocks are made on demand: forty times this is legal."""
    count = MAX_SPAN_BATCH_ELEMENT_COUNT // 40
    data = b"".join(
        [b"\0", encode_uvarint(10), bytes(40), encode_uvarint(count), bytes(count // 8), bytes(count)]
    )
    tracemalloc.start()
    try:
        batch = derive_span_batch(decode_raw_span_batch(data), 2, 1000, 901)
        assert tracemalloc.get_traced_memory()[1] < 30 * count
    finally:
        tracemalloc.stop()
    singles = batch.singular_batches(REFS, 998)
    assert len(singles) == count
    assert singles[count - 1].timestamp == 1000 + 2 * (count - 1)
