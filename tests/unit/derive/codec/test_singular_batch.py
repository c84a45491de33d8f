"""Singular batches on the wire, and telling batches apart."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.derive.codec.batch import BatchError, decode_batch, encode_batch
from pyoprollup.derive.codec.singular_batch import SingularBatch, SingularBatchError, decode_singular_batch
from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import U64_MAX

u64 = st.integers(0, U64_MAX) | st.integers(0, 200)
hashes = st.binary(min_size=32, max_size=32)
transactions = st.lists(
    st.binary(max_size=70) | st.integers(50, 300).map(bytes) | st.sampled_from([b"", b"\x7f", b"\x80"]),
    max_size=6,
).map(tuple)
batches = st.builds(SingularBatch, hashes, u64, hashes, u64, transactions)

BATCH = SingularBatch(b"\x01" * 32, 5, b"\x02" * 32, 1000, (b"tx one", b"\x02"))


@given(batches)
def test_round_trip(batch: SingularBatch) -> None:
    data = batch.encode()
    assert decode_singular_batch(data, 1) == batch
    assert decode_batch(data) == batch
    start, stop = rlp.read_item(encode_batch(batch), expect_list=False)
    assert encode_batch(batch)[start:stop] == data


@given(batches)
def test_layout(batch: SingularBatch) -> None:
    """Against a general RLP encoder."""
    fields = [
        batch.parent_hash,
        rlp.decode_bytes(rlp.encode_uint(batch.epoch_num)),
        batch.epoch_hash,
        rlp.decode_bytes(rlp.encode_uint(batch.timestamp)),
        list(batch.transactions),
    ]
    assert batch.encode() == b"\0" + rlp.encode(fields)


def decode_slowly(data: bytes) -> SingularBatch:
    """Decode all, then look. Bytes after the list do not count."""
    _, _, end = rlp.read_header(data, 0, len(data))
    fields = rlp.decode(data[:end])
    if not isinstance(fields, list) or len(fields) != 5:
        raise DecodeError("not five fields")
    parent_hash, epoch_num, epoch_hash, timestamp, items = fields
    for field in (parent_hash, epoch_num, epoch_hash, timestamp):
        if isinstance(field, list):
            raise DecodeError("a list")
    if len(parent_hash) != 32 or len(epoch_hash) != 32:
        raise DecodeError("not a hash")
    if isinstance(items, bytes) or any(isinstance(item, list) for item in items):
        raise DecodeError("transactions are not a list of strings")
    return SingularBatch(
        bytes(parent_hash),
        rlp.decode_uint(epoch_num, 64),
        bytes(epoch_hash),
        rlp.decode_uint(timestamp, 64),
        tuple(items),
    )


def same(data: bytes) -> None:
    try:
        expected = decode_slowly(data)
    except DecodeError:
        with pytest.raises(SingularBatchError):
            decode_singular_batch(data)
    else:
        assert decode_singular_batch(data) == expected


@given(st.binary(max_size=100))
def test_arbitrary_bytes(data: bytes) -> None:
    same(data)


@settings(max_examples=200)
@given(batches, st.data())
def test_mutated_bytes(batch: SingularBatch, draw: st.DataObject) -> None:
    """What is accepted and what it means agree with decoding everything first."""
    data = bytearray(batch.encode()[1:])
    for _ in range(draw.draw(st.integers(1, 3))):
        position = draw.draw(st.integers(0, len(data) - 1) | st.integers(0, min(6, len(data) - 1)))
        data[position] = draw.draw(
            st.integers(0, 255)
            | st.sampled_from([0x00, 0x80, 0x81, 0xB7, 0xB8, 0xB9, 0xC0, 0xF7, 0xF8, 0xF9])
        )
    same(bytes(data[: draw.draw(st.integers(0, len(data)))]) if draw.draw(st.booleans()) else bytes(data))


def fields(**changes: rlp.RlpItem) -> bytes:
    values: dict[str, rlp.RlpItem] = {
        "parent_hash": b"\x01" * 32,
        "epoch_num": b"\x05",
        "epoch_hash": b"\x02" * 32,
        "timestamp": b"\x07\x08",
        "transactions": [b"tx"],
        **changes,
    }
    return rlp.encode(list(values.values()))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80",
        fields(parent_hash=b"\x01" * 31),
        fields(parent_hash=b""),
        fields(epoch_hash=b"\x02" * 33),
        fields(epoch_num=b"\x00"),
        fields(epoch_num=b"\x00\x05"),
        fields(epoch_num=b"\x01" * 9),
        fields(timestamp=[]),
        fields(transactions=b"tx"),
        fields(transactions=[[b"tx"]]),
        fields(extra=b""),
        rlp.encode([b"\x01" * 32, b"\x05", b"\x02" * 32, b"\x07"]),
        fields()[:-1],
    ],
)
def test_malformed(data: bytes) -> None:
    with pytest.raises(SingularBatchError):
        decode_singular_batch(data)


def test_bytes_after_the_list_are_ignored() -> None:
    assert decode_singular_batch(fields() + b"more") == decode_singular_batch(fields())


def test_bounds_are_respected() -> None:
    """A batch is decoded in place: what stands behind its end must not complete it."""
    data = fields()
    for end in range(len(data)):
        with pytest.raises(SingularBatchError):
            decode_singular_batch(b"??" + data, 2, 2 + end)
    transactions = rlp.encode_list([rlp.string_header(5)])
    head = fields(transactions=[])[1:-1]
    payload = head + transactions
    cut = b"\xf8" + bytes([len(payload)]) + payload
    with pytest.raises(SingularBatchError):
        decode_singular_batch(cut + b"12345", 0, len(cut))


def test_epoch() -> None:
    assert BATCH.epoch == BlockID(b"\x02" * 32, 5)


# --- Batches of either kind


def test_kinds() -> None:
    assert decode_batch(BATCH.encode()) == BATCH
    for data in (b"", b"\x02", b"\xff" + BATCH.encode()[1:]):
        with pytest.raises(BatchError):
            decode_batch(data)
    with pytest.raises(BatchError):
        decode_batch(BATCH.encode(), 3, 3)
    with pytest.raises(DecodeError):
        decode_batch(b"\x01")


def test_source_is_kept() -> None:
    assert replace(decode_singular_batch(BATCH.encode(), 1), source=None) == BATCH


def test_lengths_are_not_trusted() -> None:
    tracemalloc.start()
    try:
        for size in (b"\xfb\xff\xff\xff\xff", b"\xff" + b"\xff" * 8, b"\xf9\xff\xff"):
            with pytest.raises(SingularBatchError):
                decode_singular_batch(size + bytes(100))
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_many_transactions() -> None:
    batch = replace(BATCH, transactions=(b"x" * 60,) * 100_000)
    assert decode_singular_batch(batch.encode(), 1) == batch
