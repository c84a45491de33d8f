"""The structure of span batches."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.derive.codec.bitlist import bits_to_bytes, count_ones
from pyoprollup.derive.codec.raw_span_batch import (
    RawSpanBatch,
    RawSpanBatchTxs,
    SpanBatchDecodeError,
    decode_raw_span_batch,
)
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch_builder import SpanBatchBuilder
from pyoprollup.derive.codec.uvarint import encode_uvarint, read_uvarint
from pyoprollup.derive.params import MAX_SPAN_BATCH_ELEMENT_COUNT as LIMIT
from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from tests.unit.derive.strategies import CHAIN_ID, block_runs

PREFIX = b"\x05\x06" + b"\x11" * 20 + b"\x22" * 20


def encoded(blocks: list[SingularBatch]) -> bytes:
    builder = SpanBatchBuilder(0, CHAIN_ID)
    for index, block in enumerate(blocks):
        builder.add_singular_batch(block, index)
    return builder.raw_span_batch().encode()


def decode_slowly(data: bytes) -> tuple[object, ...]:
    """Field by field, as the format says."""
    pos = 0
    end = len(data)

    def number() -> int:
        nonlocal pos
        value, pos = read_uvarint(data, pos, end)
        return value

    def take(size: int) -> bytes:
        nonlocal pos
        if pos + size > end:
            raise DecodeError("cut off")
        pos += size
        return data[pos - size : pos]

    def bits(count: int) -> bytes:
        raw = take((count + 7) // 8)
        if int.from_bytes(raw, "big") >> count:
            raise DecodeError("too many bits")
        return raw

    rel_timestamp, l1_origin_num = number(), number()
    parent, origin = take(20), take(20)
    block_count = number()
    if not 0 < block_count <= LIMIT:
        raise DecodeError("block count")
    origin_bits = bits(block_count)
    tx_counts = [number() for _ in range(block_count)]
    total = sum(tx_counts)
    if total > LIMIT or max(tx_counts) > LIMIT:
        raise DecodeError("transaction count")
    creations, parities = bits(total), bits(total)
    signatures = take(64 * total)
    tos = take(20 * (total - count_ones(creations)))
    datas, types = [], []
    for _ in range(total):
        start = pos
        kind = 0
        if pos < end and data[pos] < 0x80:
            kind = take(1)[0]
        is_list, _, stop = rlp.read_header(data, pos, end)
        if not is_list or stop - pos > LIMIT:
            raise DecodeError("not a list")
        pos = stop
        datas.append(data[start:pos])
        types.append(kind)
    nonces = [number() for _ in range(total)]
    gases = [number() for _ in range(total)]
    protected = bits(types.count(0))
    return (
        *(rel_timestamp, l1_origin_num, parent, origin, block_count, origin_bits, tx_counts),
        *(creations, parities, signatures, tos, datas, types, nonces, gases, protected),
    )


def shown(raw: RawSpanBatch) -> tuple[object, ...]:
    txs = raw.txs
    return (
        *(raw.rel_timestamp, raw.l1_origin_num, raw.parent_check, raw.l1_origin_check, raw.block_count),
        *(raw.origin_bits, list(raw.block_tx_counts)),
        *(txs.contract_creation_bits, txs.y_parity_bits, txs.signatures, txs.tos),
        [txs.buffer[a:b] for a, b in zip(txs.bounds, txs.bounds[1:], strict=False)],
        list(txs.types),
        [int.from_bytes(rlp.decode_bytes(item), "big") for item in txs.nonces],
        [int.from_bytes(rlp.decode_bytes(item), "big") for item in txs.gases],
        txs.protected_bits,
    )


def same(data: bytes) -> None:
    try:
        expected = decode_slowly(data)
    except DecodeError:
        with pytest.raises(SpanBatchDecodeError):
            decode_raw_span_batch(data)
    else:
        raw = decode_raw_span_batch(data)
        assert shown(raw) == expected
        # In place, amid other bytes, it is the same.
        assert shown(decode_raw_span_batch(b"??" + data + b"\x01\x02\x03", 2, 2 + len(data))) == expected


@settings(max_examples=60)
@given(block_runs())
def test_valid_batches(blocks: list[SingularBatch]) -> None:
    same(encoded(blocks))


@settings(max_examples=120)
@given(block_runs(max_blocks=3), st.data())
def test_mutated_batches(blocks: list[SingularBatch], draw: st.DataObject) -> None:
    data = bytearray(encoded(blocks))
    for _ in range(draw.draw(st.integers(0, 3))):
        where = st.integers(0, len(data) - 1) | st.integers(0, min(50, len(data) - 1))
        data[draw.draw(where)] = draw.draw(st.integers(0, 255))
    end = draw.draw(st.just(len(data)) | st.integers(0, len(data)))
    same(bytes(data[:end]) + draw.draw(st.binary(max_size=2)))


@settings(max_examples=120)
@given(st.binary(max_size=60).map(lambda tail: PREFIX + tail) | st.binary(max_size=60))
def test_arbitrary_bytes(data: bytes) -> None:
    same(data)


def test_every_truncation() -> None:
    data = PREFIX + b"\x02" + b"\x01" + b"\x01\x00" + b"\x00" + b"\x01" + bytes(64) + bytes(20)
    data += rlp.encode([b"", b"", b""]) + b"\x07" + b"\x08" + b"\x01"
    decode_raw_span_batch(data)
    for end in range(len(data)):
        with pytest.raises(SpanBatchDecodeError):
            decode_raw_span_batch(data[:end])
        with pytest.raises(SpanBatchDecodeError):
            decode_raw_span_batch(data, 0, end)


def test_bytes_after_the_batch_are_ignored() -> None:
    data = PREFIX + b"\x01\x00\x00"
    assert decode_raw_span_batch(data + b"more").encode() == data


def test_varints_may_be_longer_than_needed() -> None:
    data = b"\x85\x00" + PREFIX[1:] + b"\x81\x80\x00" + b"\x00" + b"\x80\x00"
    raw = decode_raw_span_batch(data)
    assert (raw.rel_timestamp, raw.block_count) == (5, 1)
    assert raw.encode() == PREFIX + b"\x01\x00\x00"


# --- Counts


@pytest.mark.parametrize(
    "tail",
    [
        encode_uvarint(0),  # no block
        encode_uvarint(LIMIT + 1) + bytes(2_000_000),
        encode_uvarint(2**64 - 1),
        encode_uvarint(LIMIT),  # claimed, not there
        encode_uvarint(LIMIT) + bytes(LIMIT // 8),
        b"\x01\x00" + encode_uvarint(LIMIT),
        b"\x01\x00" + encode_uvarint(LIMIT + 1),
        b"\x01\x00" + encode_uvarint(2**64 - 1),
        b"\x02\x00" + encode_uvarint(LIMIT) + encode_uvarint(1),
        b"\x02\x00" + encode_uvarint(2**63) * 2,
        b"\x01\x00" + encode_uvarint(LIMIT) + bytes(2 * (LIMIT // 8)),
    ],
)
def test_counts_are_not_trusted(tail: bytes) -> None:
    """A few bytes that claim millions of blocks or transactions cost next to nothing."""
    data = PREFIX + tail
    tracemalloc.start()
    try:
        with pytest.raises(SpanBatchDecodeError):
            decode_raw_span_batch(data)
        assert tracemalloc.get_traced_memory()[1] < 300_000 + 4 * len(tail)
    finally:
        tracemalloc.stop()


def test_many_empty_blocks() -> None:
    """What is really there counts: a million empty blocks take a megabyte."""
    count = 1_000_000
    data = PREFIX + encode_uvarint(count) + bytes(count // 8) + bytes(count)
    raw = decode_raw_span_batch(data)
    assert (raw.block_count, len(raw.block_tx_counts), len(raw.txs)) == (count, count, 0)


def test_transaction_counts_of_all_ones() -> None:
    """Continuation bytes where a million transaction counts should be."""
    count = 1_000_000
    with pytest.raises(SpanBatchDecodeError):
        decode_raw_span_batch(PREFIX + encode_uvarint(count) + bytes(count // 8) + b"\xff" * 2_000_000)


# --- Transaction data


def with_tx_data(data: bytes, protected: bytes = b"\x00") -> bytes:
    """A batch of one block with one transaction of this data."""
    head = PREFIX + b"\x01\x00\x01" + b"\x00\x00" + bytes(64) + bytes(20)
    return head + data + b"\x00\x00" + protected


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (rlp.encode([b"x"]), 0),
        (b"\x02" + rlp.encode([b"x"]), 2),
        (b"\x7f" + rlp.encode([b"x" * 60]), 0x7F),  # of an unknown type, which matters later
        (b"\x02" + rlp.encode([b"x" * 300]), 2),
        (b"\x02" + rlp.encode([b"x" * 70_000]), 2),
        (b"\x00" + rlp.encode([b"x"]), 0),
    ],
)
def test_transaction_data(data: bytes, kind: int) -> None:
    raw = decode_raw_span_batch(with_tx_data(data, b"" if kind else b"\x00"))
    assert list(raw.txs.types) == [kind]
    assert raw.txs.buffer[raw.txs.bounds[0] : raw.txs.bounds[1]] == data


@pytest.mark.parametrize(
    "data",
    [
        b"\x80",
        b"\x02",
        b"\x02\x02\xc0",
        b"\x02\x80",
        b"\x02\xbf" + b"\xff" * 8,
        b"\x02\xf8\x37" + bytes(55),  # long form of a short list
        b"\x02\xf9\x00\x38" + bytes(56),
        b"\x02\xfa\x00\x01\x00" + bytes(256),
        b"\x02\xfb\xff\xff\xff\xff",
        b"\x02\xff" + b"\xff" * 8,
        b"\xf8",
        b"\xf9\x01",
    ],
)
def test_malformed_transaction_data(data: bytes) -> None:
    same(with_tx_data(data, b""))
    with pytest.raises(SpanBatchDecodeError):
        decode_raw_span_batch(with_tx_data(data, b""))


def test_transaction_size_limit() -> None:
    """Of the list, its header included."""
    for size, valid in ((LIMIT - 4, True), (LIMIT - 3, False)):
        header = b"\xfa" + size.to_bytes(3, "big")
        data = with_tx_data(b"\x02" + header + bytes(size), b"")
        if valid:
            assert decode_raw_span_batch(data).txs.bounds[1] > LIMIT
        else:
            with pytest.raises(SpanBatchDecodeError, match="too large"):
                decode_raw_span_batch(data)


def test_columns_encode() -> None:
    txs = RawSpanBatchTxs(
        bits_to_bytes([0, 1]),
        bits_to_bytes([1, 0]),
        bytes(range(128)),
        b"\x33" * 20,
        b"skip" + rlp.encode([b""]) + b"\x02" + rlp.encode([b"x"]),
        [4, 6, 9],
        b"\x00\x02",
        [rlp.encode_uint(300), rlp.encode_uint(0)],
        [rlp.encode_uint(5), rlp.encode_uint(2**64 - 1)],
        b"\x01",
    )
    tail = encode_uvarint(300) + b"\0" + b"\x05" + encode_uvarint(2**64 - 1) + b"\x01"
    assert txs.encode() == b"\x02\x01" + bytes(range(128)) + b"\x33" * 20 + txs.buffer[4:] + tail
